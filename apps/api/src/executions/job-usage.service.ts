import type { JobUsageSeries } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';

import type { Caller } from '../auth/policy';
import { EnforcementActions } from '../enforcement/enforcement-actions';
import { JobAccess } from './job-access';
import { JobUsageStore } from './job-usage-store';

@Injectable()
export class JobUsageService {
  constructor(
    private readonly access: JobAccess,
    private readonly store: JobUsageStore,
    private readonly actions: EnforcementActions,
  ) {}

  /** @throws DomainError `job_not_found` when there is none that the caller may see */
  async series(caller: Caller, jobId: string, samples: number): Promise<JobUsageSeries> {
    await this.access.find(caller, jobId);
    const [series, enforcement] = await Promise.all([
      this.store.series(jobId, samples),
      this.actions.ofJob(jobId),
    ]);
    return { ...series, enforcement };
  }
}
