import type { JobUsageSeries } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';

import type { Caller } from '../auth/policy';
import { JobAccess } from './job-access';
import { JobUsageStore } from './job-usage-store';

@Injectable()
export class JobUsageService {
  constructor(
    private readonly access: JobAccess,
    private readonly store: JobUsageStore,
  ) {}

  /** @throws DomainError `job_not_found` when there is none that the caller may see */
  async series(caller: Caller, jobId: string, samples: number): Promise<JobUsageSeries> {
    await this.access.find(caller, jobId);
    return this.store.series(jobId, samples);
  }
}
