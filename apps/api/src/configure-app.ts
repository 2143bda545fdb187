import { apiPrefix, routes } from '@cronium/contracts';
import { RequestMethod } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import cookieParser from 'cookie-parser';
import helmet from 'helmet';
import { Logger } from 'nestjs-pino';

import { Config } from './config/config';
import { correlateRequests } from './http/correlate-requests';
import { measureRequests } from './http/measure-requests';
import { serveOpenApi } from './http/openapi';
import { guardAgainstOutages } from './http/outage-guard';
import { ProblemFilter } from './http/problem.filter';
import { ValidationPipe } from './http/validation.pipe';
import { serveWebApp } from './http/web-app';

/** All that stands around the routes: the same for the product and for every test. */
export function configureApp(app: NestExpressApplication): void {
  const { webRoot, log, trustedProxies } = app.get(Config);
  app.set('trust proxy', (address: string) => trustedProxies.trusts(address));
  app.useLogger(app.get(Logger));
  app.setGlobalPrefix(apiPrefix, {
    exclude: [{ path: routes.metrics, method: RequestMethod.GET }],
  });
  // A line a request tells an operator little and costs a tenth of the request.
  correlateRequests(app, log.level === 'debug' || log.level === 'trace');
  measureRequests(app);
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurity }, strictTransportSecurity: false }));
  guardAgainstOutages(app);
  app.use(cookieParser());
  app.use(compression());
  app.useBodyParser('json', { limit: '4mb' });
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  serveOpenApi(app);
  if (webRoot !== undefined) serveWebApp(app, webRoot);
}

/** Nothing is loaded from another host. Angular and CodeMirror write style elements; Swagger UI has data: images. */
const contentSecurity = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'upgrade-insecure-requests': null,
};
