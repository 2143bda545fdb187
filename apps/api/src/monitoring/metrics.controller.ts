import { routes } from '@cronium/contracts';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

import { Permits } from '../auth/access.decorators';
import { Metrics } from './metrics';

/** Outside `/api`, where Prometheus looks for it. Each process tells its own. */
@ApiExcludeController()
@Controller(routes.metrics)
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Permits('metrics.read')
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  text(): Promise<string> {
    return this.metrics.text();
  }
}
