import type { LogHitPage, LogSearchQuery } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, QueryFailedError } from 'typeorm';

import { type Caller, ownerFilter } from '../auth/policy';
import { errorCode } from '../error-code';
import { DomainError } from '../http/domain-error';
import { prepareSearch } from './block-search';
import { LogSearch } from './log-search';
import { parseSearch } from './search-query';

/** For one statement, in milliseconds. The search answers with what it has long before, but between statements only. */
const statementMs = 2000;

@Injectable()
export class LogSearchService {
  constructor(private readonly database: DataSource) {}

  /** Lines that the caller may see and that have what is asked for, newest first. */
  async search(caller: Caller, query: LogSearchQuery): Promise<LogHitPage> {
    const sought = parseSearch(query.q);
    try {
      return await this.database.transaction(async (transaction) => {
        await prepareSearch(transaction, statementMs);
        return new LogSearch(transaction, { sought, query, ownerId: ownerFilter(caller) }).page();
      });
    } catch (error) {
      // query_canceled, of Postgres' list of error codes.
      if (!(error instanceof QueryFailedError) || errorCode(error.driverError) !== '57014') throw error;
      throw new DomainError(
        'invalid',
        'search_too_broad',
        'Too many lines have these words. Narrow the search by time or event, or add a word.',
        [{ path: 'query.q', message: 'Too many lines have these words.' }],
      );
    }
  }
}
