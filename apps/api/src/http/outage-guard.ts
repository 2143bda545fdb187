import { apiPrefix, routes } from '@cronium/contracts';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

import { DatabaseWatch } from '../database/database-watch';
import { answerProblem } from './answer-problem';
import { DomainError } from './domain-error';

/** Says what it is without the database. */
const withoutDatabase = [routes.health.live, routes.health.ready, routes.openapi].map(
  (path) => `/${apiPrefix}/${path}`,
);

/**
 * While the database is away every route that needs it answers 503 at once, and so do the requests that wait for it when it goes: a database
 * that neither answers nor breaks its connections would keep them for as long as it likes.
 */
export function guardAgainstOutages(app: NestExpressApplication): void {
  const watch = app.get(DatabaseWatch);
  const underWay = new Set<Response>();
  watch.gone.subscribe(() => underWay.forEach(refuse));
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (!request.path.startsWith(`/${apiPrefix}/`) || withoutDatabase.includes(request.path)) {
      next();
      return;
    }
    if (watch.isAway) {
      refuse(response);
      return;
    }
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    next();
  });
}

function refuse(response: Response): void {
  if (response.headersSent) return;
  const detail = 'The database does not answer. What runs goes on. Try again shortly.';
  answerProblem(response.req, response, new DomainError('unavailable', 'database_unavailable', detail));
}
