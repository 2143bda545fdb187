import { inject } from '@angular/core';
import { Router, type CanActivateFn, type UrlTree } from '@angular/router';

import { SessionStore } from './session';

/** The sign-in page, which leads back to where one wanted to go. */
export function signInTree(router: Router, returnTo: string): UrlTree {
  const elsewhere = returnTo !== '/' && !returnTo.startsWith('/sign-in');
  return router.createUrlTree(['/sign-in'], { queryParams: elsewhere ? { returnTo } : {} });
}

/** Only a path of this application, never another host. */
export function safeReturn(returnTo: string | null | undefined): string {
  return returnTo?.startsWith('/') === true && !/^\/[/\\]/.test(returnTo) ? returnTo : '/';
}

export const signedInGuard: CanActivateFn = async (_route, state) => {
  const session = inject(SessionStore);
  const router = inject(Router);
  if (session.state().kind === 'restoring') await session.refresh();
  switch (session.state().kind) {
    case 'signed-in':
      return true;
    case 'unavailable':
      return router.createUrlTree(['/unavailable'], { queryParams: { returnTo: state.url } });
    default:
      return signInTree(router, state.url);
  }
};

/** For pages whose every request only an administrator may make. After `signedInGuard`. */
export const adminGuard: CanActivateFn = () =>
  inject(SessionStore).user()?.role === 'ADMIN' || inject(Router).parseUrl('/');

export const signedOutGuard: CanActivateFn = async (route) => {
  const session = inject(SessionStore);
  const router = inject(Router);
  if (session.state().kind === 'restoring') await session.refresh();
  if (session.state().kind !== 'signed-in') return true;
  return router.parseUrl(safeReturn(route.queryParamMap.get('returnTo')));
};
