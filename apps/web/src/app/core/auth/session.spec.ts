import { HttpClient, provideHttpClient, withInterceptors } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { Session } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { authInterceptor } from './auth-interceptor';
import { SessionStore } from './session';

const session = (accessToken: string): Session => ({
  accessToken,
  expiresInSeconds: 900,
  user: { id: '019abe00-0000-7000-8000-000000000004', email: 'ada@example.com', name: 'Ada', role: 'USER' },
});

/** Lets promises that are already settled be heard. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

describe('the session', () => {
  let http: HttpTestingController;
  let store: SessionStore;

  beforeEach(() => {
    TestBed.configureTestingModule({
      providers: [
        provideRouter([{ path: 'sign-in', children: [] }]),
        provideHttpClient(withInterceptors([authInterceptor])),
        provideHttpClientTesting(),
      ],
    });
    http = TestBed.inject(HttpTestingController);
    store = TestBed.inject(SessionStore);
  });
  afterEach(() => http.verify());

  async function signIn(): Promise<void> {
    const done = store.signIn({ email: 'ada@example.com', password: 'secret' });
    http.expectOne('/api/auth/login').flush(session('first'));
    await done;
  }

  it('renews a token that has ended once, for all requests that wait for it', async () => {
    await signIn();
    const client = TestBed.inject(HttpClient);
    const answers = Promise.all(
      ['/api/events', '/api/servers'].map((url) => firstValueFrom(client.get(url))),
    );
    for (const url of ['/api/events', '/api/servers']) {
      const request = http.expectOne(url);
      expect(request.request.headers.get('Authorization')).toBe('Bearer first');
      request.flush(null, { status: 401, statusText: 'Unauthorized' });
    }
    http.expectOne('/api/auth/refresh').flush(session('second'));
    await turn();
    for (const url of ['/api/events', '/api/servers']) {
      const request = http.expectOne(url);
      expect(request.request.headers.get('Authorization')).toBe('Bearer second');
      request.flush({});
    }
    await answers;
    expect(store.token()).toBe('second');
  });

  it('is over when it cannot be renewed, and says that it had been there', async () => {
    await signIn();
    const answer = firstValueFrom(TestBed.inject(HttpClient).get('/api/events')).catch(
      (error: unknown) => error,
    );
    http.expectOne('/api/events').flush(null, { status: 401, statusText: 'Unauthorized' });
    http.expectOne('/api/auth/refresh').flush(null, { status: 401, statusText: 'Unauthorized' });
    expect(await answer).toMatchObject({ status: 401 });
    expect(store.state()).toEqual({ kind: 'signed-out', expired: true });
  });

  it('tells a server that is away from a session that has ended', async () => {
    const restored = store.refresh();
    http.expectOne('/api/auth/refresh').error(new ProgressEvent('error'));
    expect(await restored).toBeNull();
    expect(store.state().kind).toBe('unavailable');
  });

  it('sends no token to other hosts', async () => {
    await signIn();
    const answer = firstValueFrom(TestBed.inject(HttpClient).get('https://elsewhere.example/api/x'));
    const request = http.expectOne('https://elsewhere.example/api/x');
    expect(request.request.headers.has('Authorization')).toBe(false);
    request.flush({});
    await answer;
  });
});
