import {
  type ExecutionMonitor as ExecutionMonitorDto,
  executionMonitorSchema,
  routes,
} from '@cronium/contracts';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Permits } from '../auth/access.decorators';
import { Answers } from '../http/openapi.decorators';
import { ExecutionMonitor } from './execution-monitor';

@ApiTags('monitoring')
@Controller()
export class MonitoringController {
  constructor(private readonly monitor: ExecutionMonitor) {}

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
}
