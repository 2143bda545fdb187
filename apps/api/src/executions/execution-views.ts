import type { Execution, ExecutionSummary } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';

import { ExecutionsRepository } from './executions.repository';

/** What the realtime feature shows of executions. Authorisation is the caller's. */
@Injectable()
export class ExecutionViews {
  constructor(private readonly repository: ExecutionsRepository) {}

  full(id: string): Promise<Execution | null> {
    return this.repository.read(id);
  }

  summary(id: string): Promise<{ ownerId: string; summary: ExecutionSummary } | null> {
    return this.repository.summaryOf(id);
  }
}
