import { HttpClient, HttpContext, HttpContextToken } from '@angular/common/http';
import { Injectable, computed, inject, signal } from '@angular/core';
import { routes, type LoginRequest, type Session, type User } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../http/api-url';
import { toApiProblem, type ApiProblem } from '../http/problem';

/** Who is here, as one of four states. The access token lives in memory only; the refresh token is an httpOnly cookie. */
export type SessionState =
  | { readonly kind: 'restoring' }
  | { readonly kind: 'signed-in'; readonly user: User; readonly token: string; readonly expiresAt: number }
  | { readonly kind: 'signed-out'; readonly expired: boolean }
  | { readonly kind: 'unavailable'; readonly problem: ApiProblem };

/** Set on the requests that make a session, which carry no token and are not retried. */
export const ANONYMOUS = new HttpContextToken<boolean>(() => false);

const anonymous = () => new HttpContext().set(ANONYMOUS, true);
const refreshLock = 'cronium.refresh';
/** A token that ends sooner than this is renewed before it is used for a connection. */
const leewayMs = 20_000;

/** Tabs share the refresh cookie, which rotates: they renew one after the other. */
function oneTabAtATime<T>(task: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator>).locks;
  return locks === undefined ? task() : locks.request(refreshLock, task);
}

@Injectable({ providedIn: 'root' })
export class SessionStore {
  private readonly http = inject(HttpClient);
  private readonly current = signal<SessionState>({ kind: 'restoring' });
  private refreshing: Promise<string | null> | null = null;

  readonly state = this.current.asReadonly();
  readonly user = computed(() => {
    const state = this.current();
    return state.kind === 'signed-in' ? state.user : null;
  });
  readonly token = computed(() => {
    const state = this.current();
    return state.kind === 'signed-in' ? state.token : null;
  });

  async signIn(credentials: LoginRequest): Promise<void> {
    const url = apiUrl(routes.auth.login);
    this.begin(await firstValueFrom(this.http.post<Session>(url, credentials, { context: anonymous() })));
  }

  /** The person has changed what the session shows of them. */
  rename(user: User): void {
    this.current.update((state) => (state.kind === 'signed-in' ? { ...state, user } : state));
  }

  /** Ends the session here at once; the server is told, but not waited for. */
  signOut(): void {
    const url = apiUrl(routes.auth.logout);
    this.http.post(url, {}, { context: anonymous() }).subscribe({
      error: (error: unknown) => console.warn('Sign-out did not reach the server.', error),
    });
    this.current.set({ kind: 'signed-out', expired: false });
  }

  /** Renews the session by its cookie. Concurrent callers share one request. The new token, or null when signed out. */
  refresh(): Promise<string | null> {
    this.refreshing ??= oneTabAtATime(() => this.renew()).finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  /** A token for a connection that is about to be opened, renewed when it is about to end. */
  async freshToken(): Promise<string | null> {
    const state = this.current();
    if (state.kind === 'signed-in' && state.expiresAt - Date.now() > leewayMs) return state.token;
    return this.refresh();
  }

  private async renew(): Promise<string | null> {
    const wasSignedIn = this.current().kind === 'signed-in';
    try {
      const url = apiUrl(routes.auth.refresh);
      return this.begin(await firstValueFrom(this.http.post<Session>(url, {}, { context: anonymous() })));
    } catch (error) {
      const problem = toApiProblem(error);
      if (problem.status === 401 || problem.status === 403) {
        this.current.set({ kind: 'signed-out', expired: wasSignedIn });
      } else if (!wasSignedIn) {
        this.current.set({ kind: 'unavailable', problem });
      } else {
        // The session may still be good: the caller's request fails, and the next one tries again.
        throw problem;
      }
      return null;
    }
  }

  private begin(session: Session): string {
    this.current.set({
      kind: 'signed-in',
      user: session.user,
      token: session.accessToken,
      expiresAt: Date.now() + session.expiresInSeconds * 1000,
    });
    return session.accessToken;
  }
}
