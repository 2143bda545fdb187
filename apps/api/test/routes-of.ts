import type { NestExpressApplication } from '@nestjs/platform-express';

export interface Route {
  /** In lower case. */
  readonly method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** As Express has it: `/api/events/:id`. */
  readonly path: string;
}

/** The part of Express' router that is read here: it has no public list of its routes. */
interface Router {
  readonly stack: readonly {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }[];
}

/** Methods of a route of ours; what Nest mounts as middleware, under every method there is, answers nothing. */
const mostMethods = 3;

/** Every route that the running application answers, as its router has them. */
export function routesOf(app: NestExpressApplication): Route[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: Router };
  return router.stack.flatMap(({ route }) =>
    route && Object.keys(route.methods).length <= mostMethods
      ? Object.keys(route.methods).map((method) => ({ method: method as Route['method'], path: route.path }))
      : [],
  );
}

/** Documentation, which is itself no part of what is documented. */
export function isDocumentation({ path }: Route): boolean {
  return /^\/api\/(docs(\/|$)|openapi\.json$)/.test(path);
}
