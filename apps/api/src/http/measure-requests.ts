import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

import { Metrics } from '../monitoring/metrics';
import { routeOf } from './route-of';

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

/** Counts how long requests take, by route as it is declared: `/api/events/:id`. What no route answers is one. */
export function measureRequests(app: NestExpressApplication): void {
  const seconds = app
    .get(Metrics)
    .histogram(
      'cronium_http_request_seconds',
      'From a request until its answer is sent, or given up; a request that waits for an end takes as long.',
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
      'method',
      'route',
      'status',
    );
  app.use((request: Request, response: Response, next: NextFunction) => {
    const end = seconds.startTimer();
    response.once('close', () => {
      end({
        method: methods.has(request.method) ? request.method : 'other',
        route: routeOf(request) ?? 'none',
        status: `${Math.floor(response.statusCode / 100)}xx`,
      });
    });
    next();
  });
}
