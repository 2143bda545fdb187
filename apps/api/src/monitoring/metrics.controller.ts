import { routes } from '@cronium/contracts';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Permits } from '../auth/access.decorators';
import { Metrics } from './metrics';
import { openMetricsType, prometheusType, toOpenMetrics } from './open-metrics';

/** Outside `/api`, where Prometheus looks for it. Each process tells its own. */
@ApiExcludeController()
@Controller(routes.metrics)
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** OpenMetrics for who asks for it, as Prometheus does; its older text format for everybody else. */
  @Permits('metrics.read')
  @Get()
  async text(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const text = await this.metrics.text();
    const isOpen = accept?.includes('application/openmetrics-text') ?? false;
    response.setHeader('Content-Type', isOpen ? openMetricsType : prometheusType);
    return isOpen ? toOpenMetrics(text) : text;
  }
}
