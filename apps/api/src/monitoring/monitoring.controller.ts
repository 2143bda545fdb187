import {
  type ExecutionMonitor as ExecutionMonitorDto,
  executionMonitorSchema,
  routes,
  type SuccessMetrics as SuccessMetricsDto,
  successMetricsSchema,
  type SuccessQuery,
  successQuerySchema,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Permits } from '../auth/access.decorators';
import { Answers } from '../http/openapi.decorators';
import { ExecutionMonitor } from './execution-monitor';
import { SuccessMetrics } from './success-metrics';

@ApiTags('monitoring')
@Controller()
export class MonitoringController {
  constructor(
    private readonly monitor: ExecutionMonitor,
    private readonly metrics: SuccessMetrics,
  ) {}

  @Permits('monitoring.read')
  @Get(routes.monitoring.execution)
  @Answers(
    'Servers and the jobs that run on them as they are now, for administrators. The socket pushes the same as `health`.',
    200,
    executionMonitorSchema,
    [401, 403],
  )
  execution(): Promise<ExecutionMonitorDto> {
    return this.monitor.snapshot();
  }

  @Permits('monitoring.read')
  @Get(routes.monitoring.success)
  @Answers(
    'How the product does what it promises: overhead, platform failures, lateness and waits, by day, server, event and user.',
    200,
    successMetricsSchema,
    [400, 401, 403],
  )
  success(@Query({ schema: successQuerySchema }) query: SuccessQuery): Promise<SuccessMetricsDto> {
    return this.metrics.read(query);
  }
}
