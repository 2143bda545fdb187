import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type Caller, mayAccessOwned } from '../auth/policy';
import { notFound } from '../http/domain-error';
import { Execution } from './execution.entity';
import { Job } from './job.entity';

/** Jobs, for who may see their execution. */
@Injectable()
export class JobAccess {
  constructor(private readonly database: DataSource) {}

  /** @throws DomainError `job_not_found` when there is none that the caller may see */
  async find(caller: Caller, jobId: string): Promise<Job> {
    const job = await this.database.getRepository(Job).findOneBy({ id: jobId });
    const owned = job && (await this.database.getRepository(Execution).findOneBy({ id: job.executionId }));
    if (!job || !owned || !mayAccessOwned(caller, owned)) throw notFound('job', jobId);
    return job;
  }
}
