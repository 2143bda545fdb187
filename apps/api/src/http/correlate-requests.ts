import { randomUUID } from 'node:crypto';

import { apiPrefix, routes } from '@cronium/contracts';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

import { correlate } from '../tracing/correlation';
import { parseTraceContext } from '../tracing/trace-context';
import { type Span, Tracing } from '../tracing/tracing';
import { routeOf } from './route-of';

const header = 'X-Request-Id';
/** What may stand in a log and in a header as it is. */
const wellFormed = /^[\w.:/+=@~-]{1,128}$/;
/** What a machine asks for all the time is no part of anybody's trace. */
const untraced = [routes.health.live, routes.health.ready].map((path) => `/${apiPrefix}/${path}`);
/** As OpenTelemetry's conventions name the methods. */
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

/**
 * Gives each request an id, the caller's if it sent a well-formed one, and a span, within the caller's trace if there is one. Whatever is
 * logged or begun on its behalf has both.
 */
export function correlateRequests(app: NestExpressApplication, logsRequests: boolean): void {
  const tracing = app.get(Tracing);
  const logger = new Logger('Request');
  app.use((request: Request, response: Response, next: NextFunction) => {
    const given = request.get(header);
    const requestId = given !== undefined && wellFormed.test(given) ? given : randomUUID();
    request.id = requestId;
    response.setHeader(header, requestId);
    const span = isTraced(request.path) ? beginSpan(tracing, request, response) : null;
    correlate({ requestId, trace: span?.context ?? null }, () => {
      if (logsRequests) logWhenOver(logger, request, response);
      next();
    });
  });
}

/** The id that the request has in the log and in the header of its answer. */
export function requestIdOf({ id }: Request): string {
  return typeof id === 'string' ? id : '';
}

function isTraced(path: string): boolean {
  return path.startsWith(`/${apiPrefix}/`) && !untraced.includes(path);
}

function beginSpan(tracing: Tracing, request: Request, response: Response): Span {
  const method = methods.has(request.method) ? request.method : '_OTHER';
  const name = method === '_OTHER' ? 'HTTP' : method;
  const span = tracing.begin(name, {
    kind: 'server',
    parent: parseTraceContext(request.get('traceparent'), request.get('tracestate')),
    attributes: { 'http.request.method': method, 'url.scheme': request.protocol },
  });
  response.once('close', () => {
    // Only the route as it is declared: an address may hold what is nobody's business, and there are as many as there are ids.
    const route = routeOf(request);
    if (route !== undefined) span.rename(`${name} ${route}`);
    span.set({ 'http.route': route, 'http.response.status_code': response.statusCode });
    if (response.statusCode >= 500) span.fail(String(response.statusCode));
    span.end();
  });
  return span;
}

function logWhenOver(logger: Logger, request: Request, response: Response): void {
  const { method, originalUrl: url } = request;
  const begun = performance.now();
  response.once('close', () => {
    const responseTime = Math.round(performance.now() - begun);
    const words = response.writableFinished ? 'request completed' : 'request aborted';
    logger.debug({ method, url, statusCode: response.statusCode, responseTime }, words);
  });
}
