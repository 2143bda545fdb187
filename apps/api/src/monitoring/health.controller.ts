import { type Liveness, livenessSchema, type Readiness, readinessSchema, routes } from '@cronium/contracts';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { Public } from '../auth/access.decorators';
import { retryAfterSeconds } from '../http/domain-error';
import { Answers } from '../http/openapi.decorators';
import { version } from '../http/version';
import { HealthService } from './health.service';

@ApiTags('health')
@Public()
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get(routes.health.live)
  @Answers('The process runs.', 200, livenessSchema, [])
  live(): Liveness {
    return { status: 'ok', version };
  }

  @Get(routes.health.ready)
  @Answers(
    'Requests can be served. The state of each dependency, also with 503.',
    200,
    readinessSchema,
    [503],
  )
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await this.health.readiness();
    if (readiness.status !== 'ok') response.status(503).setHeader('Retry-After', retryAfterSeconds);
    return readiness;
  }
}
