import type { Request } from 'express';

/** The route as it is declared, `/api/events/:id`; undefined when no route answered. Known when the answer is sent. */
export function routeOf(request: Request): string | undefined {
  const { route } = request as { route?: { path?: unknown } };
  return typeof route?.path === 'string' && route.path.startsWith('/') ? route.path : undefined;
}
