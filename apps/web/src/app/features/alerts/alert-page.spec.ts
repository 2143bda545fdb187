import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { AlertDetails } from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { Realtime } from '../../core/realtime/realtime';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Toasts } from '../../shared/feedback/toasts';
import { alertOf, FakeRealtime, id } from './alert-fixture';
import { AlertPage } from './alert-page';

const details = (change: Partial<AlertDetails> = {}): AlertDetails => ({
  ...alertOf(1, { details: { message: 'It does not answer.' } }),
  history: [
    {
      ...{ id: id(30), at: '2026-01-01T00:00:00.000Z', kind: 'opened', severity: 'critical', by: null },
      ...{ note: null, silencedBy: 'New cables' },
    },
  ],
  deliveries: [],
  mayChange: true,
  ...change,
});

describe('AlertPage', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<AlertPage>;
  let realtime: FakeRealtime;
  let result: unknown;

  const open = async (shown: AlertDetails, role = 'ADMIN') => {
    realtime = new FakeRealtime();
    result = undefined;
    TestBed.configureTestingModule({
      imports: [AlertPage],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: realtime },
        { provide: SessionStore, useValue: { user: signal({ role }) } },
        { provide: Dialogs, useValue: { open: () => Promise.resolve(result) } },
        { provide: Toasts, useValue: { show: () => undefined } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(AlertPage);
    fixture.componentRef.setInput('id', id(11));
    fixture.detectChanges();
    await answer(shown);
  };
  const answer = async (shown: AlertDetails) => {
    http.expectOne(`/api/alerts/${id(11)}`).flush(shown);
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const words = () => page().textContent.replace(/\s+/g, ' ');
  const button = (name: string) => page().querySelector<HTMLElement>(`[data-testid="${name}"]`);

  it('says what it is about, what became of it, and why nobody was told', async () => {
    await open(details());
    expect(words()).toContain('Cause It does not answer.');
    expect(words()).toContain('silenced, “New cables”');
    expect(words()).toContain('Nobody was told');
  });

  it.each<[string, Partial<AlertDetails>, boolean, boolean]>([
    ['open', {}, true, true],
    ['acknowledged', { state: 'acknowledged' }, false, true],
    ['resolved', { state: 'resolved' }, false, false],
    ['another’s', { mayChange: false }, false, false],
  ])('offers of one that is %s what may be done', async (_, change, acknowledges, resolves) => {
    await open(details(change));
    expect([button('acknowledge') !== null, button('resolve') !== null]).toEqual([acknowledges, resolves]);
  });

  it('shows it as it is after it was acknowledged, and after it changed elsewhere', async () => {
    await open(details(), 'USER');
    expect(words()).toContain('Nothing was sent to you');
    result = details({ state: 'acknowledged' });
    button('acknowledge')?.click();
    // The dialog is loaded first.
    while (button('acknowledge') !== null) {
      await new Promise((resolve) => setTimeout(resolve));
      fixture.detectChanges();
    }
    realtime.tell(alertOf(1));
    fixture.detectChanges();
    await answer(details({ state: 'resolved' }));
    expect(button('resolve')).toBeNull();
  });
});
