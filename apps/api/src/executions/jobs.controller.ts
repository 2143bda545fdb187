import { Readable } from 'node:stream';

import {
  type IdParams,
  idParamsSchema,
  type JobUsageQuery,
  jobUsageQuerySchema,
  type JobUsageSeries,
  jobUsageSeriesSchema,
  type LogPage,
  logPageSchema,
  type LogQuery,
  logQuerySchema,
  type RawLogQuery,
  rawLogQuerySchema,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { JobLogsService } from './job-logs.service';
import { JobUsageService } from './job-usage.service';

@ApiTags('jobs')
@Controller(routes.jobs)
export class JobsController {
  constructor(
    private readonly logs: JobLogsService,
    private readonly jobUsage: JobUsageService,
  ) {}

  @Permits('execution.read')
  @Get(':id/log')
  @Answers('Entries of a job’s log after a sequence number.', 200, logPageSchema, [400, 401, 403, 404])
  log(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: logQuerySchema }) query: LogQuery,
  ): Promise<LogPage> {
    return this.logs.page(caller, id, query);
  }

  @Permits('execution.read')
  @Get(':id/usage')
  @Answers('What a job used while it ran, second by second.', 200, jobUsageSeriesSchema, [400, 401, 403, 404])
  usage(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: jobUsageQuerySchema }) { samples }: JobUsageQuery,
  ): Promise<JobUsageSeries> {
    return this.jobUsage.series(caller, id, samples);
  }

  @Permits('execution.read')
  @Get(':id/log/raw')
  @ApiProduces('application/octet-stream')
  @Answers('A job’s whole log so far, byte for byte.', 200, undefined, [400, 401, 403, 404])
  async raw(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: rawLogQuerySchema }) { stream }: RawLogQuery,
  ): Promise<StreamableFile> {
    const pieces = await this.logs.raw(caller, id, stream);
    return new StreamableFile(Readable.from(pieces, { objectMode: false }), {
      type: 'application/octet-stream',
      disposition: `attachment; filename="job-${id}.log"`,
    });
  }
}
