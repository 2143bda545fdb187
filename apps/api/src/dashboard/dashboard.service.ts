import type {
  DashboardFailures,
  DashboardHeatMap,
  DashboardPeriodQuery,
  DashboardScope,
  DashboardSummary,
  DashboardTrend,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';

import type { Caller } from '../auth/policy';
import { errorCode } from '../error-code';
import { DomainError } from '../http/domain-error';
import { FailureGroups } from './failure-groups';
import type { Period } from './period';
import { Present } from './present';
import { RolledUpFigures } from './rolled-up-figures';

/** What the home page shows: of the caller's own events, or of everybody's for an administrator who asks. */
@Injectable()
export class DashboardService {
  constructor(
    private readonly present: Present,
    private readonly failureGroups: FailureGroups,
    private readonly figures: RolledUpFigures,
  ) {}

  async summary(caller: Caller, scope: DashboardScope): Promise<DashboardSummary> {
    return this.present.summary(ownerOf(caller, scope));
  }

  async failures(caller: Caller, query: DashboardPeriodQuery): Promise<DashboardFailures> {
    return inKnownZone(query, () => this.failureGroups.list(periodOf(caller, query)));
  }

  async heatMap(caller: Caller, query: DashboardPeriodQuery): Promise<DashboardHeatMap> {
    return inKnownZone(query, () => this.figures.heatMap(periodOf(caller, query)));
  }

  async trend(caller: Caller, query: DashboardPeriodQuery): Promise<DashboardTrend> {
    return inKnownZone(query, () => this.figures.trend(periodOf(caller, query)));
  }
}

function periodOf(caller: Caller, { scope, days, timezone }: DashboardPeriodQuery): Period {
  return { ownerId: ownerOf(caller, scope), days, timezone, now: new Date() };
}

function ownerOf(caller: Caller, scope: DashboardScope): string | null {
  if (scope === 'mine') return caller.id;
  if (caller.role === 'ADMIN') return null;
  throw new DomainError('forbidden', 'forbidden', 'Only administrators may see everyone’s figures.');
}

/** Node may know a zone that Postgres does not (invalid_parameter_value), when one of their databases of zones is older. */
async function inKnownZone<T>({ timezone }: DashboardPeriodQuery, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof QueryFailedError) || errorCode(error.driverError) !== '22023') throw error;
    const message = `The database does not know the time zone ${timezone}.`;
    throw new DomainError('invalid', 'validation_failed', message, [{ path: 'query.timezone', message }]);
  }
}
