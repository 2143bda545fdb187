import { HttpErrorResponse, type HttpInterceptorFn, type HttpRequest } from '@angular/common/http';
import { inject } from '@angular/core';
import { Router } from '@angular/router';
import { apiPrefix } from '@cronium/contracts';
import { catchError, from, switchMap, throwError } from 'rxjs';

import { ANONYMOUS, SessionStore } from './session';
import { signInTree } from './auth-guard';

function withToken(request: HttpRequest<unknown>, token: string | null): HttpRequest<unknown> {
  return token === null ? request : request.clone({ setHeaders: { Authorization: `Bearer ${token}` } });
}

/** Adds the token; on a 401 renews the session once, repeats the request, and otherwise asks for a new sign-in. */
export const authInterceptor: HttpInterceptorFn = (request, next) => {
  if (request.context.get(ANONYMOUS) || !request.url.startsWith(`/${apiPrefix}/`)) return next(request);
  const session = inject(SessionStore);
  const router = inject(Router);
  return next(withToken(request, session.token())).pipe(
    catchError((error: unknown) => {
      if (!(error instanceof HttpErrorResponse) || error.status !== 401) return throwError(() => error);
      return from(session.refresh()).pipe(
        switchMap((token) => {
          if (token !== null) return next(withToken(request, token));
          void router.navigateByUrl(signInTree(router, router.url));
          return throwError(() => error);
        }),
      );
    }),
  );
};
