import { join } from 'node:path';

import { apiPrefix, routes } from '@cronium/contracts';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type Request, type Response, type NextFunction } from 'express';

/** What is no page. */
const others = [`/${apiPrefix}/`, '/socket.io/', `/${routes.metrics}`];

/** Serves the built SPA: hashed files for ever, and index.html for every path that is one of its pages. */
export function serveWebApp(app: NestExpressApplication, root: string): void {
  app.use(express.static(root, { index: false, setHeaders: setCaching }));
  app.use((request: Request, response: Response, next: NextFunction) => {
    const isPage = request.method === 'GET' && request.accepts(['html', 'json']) === 'html';
    const isOurs = !others.some((path) => request.path.startsWith(path));
    if (!isPage || !isOurs) {
      next();
      return;
    }
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile(join(root, 'index.html'));
  });
}

/** Angular puts a content hash into each file name but index.html's and the assets'. */
function setCaching(response: Response, path: string): void {
  const hashed = /-[A-Z0-9]{8}\.(js|css|woff2)$/.test(path);
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
