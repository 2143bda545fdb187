import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { Alert, OpenAlerts } from '@cronium/contracts';

import { SessionStore } from '../auth/session';
import { Realtime } from '../realtime/realtime';
import { AlertBell } from './alert-bell';

const id = '019abe00-0000-7000-8000-000000000001';
const alert: Alert = {
  ...{ id, kind: 'server_unhealthy', severity: 'critical', state: 'open', title: '“Web” is not healthy' },
  ...{ details: {}, server: { id, name: 'Web' }, event: null, count: 1 },
  ...{ openedAt: '2026-01-01T00:00:00.000Z', acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null },
};

describe('AlertBell', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<AlertBell>;
  let hear: (alert: Alert) => void;

  const open = async (role: string) => {
    const realtime = {
      state: signal('connected'),
      listen: (listeners: { 'alert.changed': (alert: Alert) => void }) => {
        hear = listeners['alert.changed'];
        return () => undefined;
      },
    };
    TestBed.configureTestingModule({
      imports: [AlertBell],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: realtime },
        { provide: SessionStore, useValue: { user: signal({ role }) } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(AlertBell);
    fixture.detectChanges();
    await answer({ counts: { critical: 1, warning: 2, info: 0 }, items: [alert] });
  };
  const answer = async (alerts: OpenAlerts) => {
    http.expectOne('/api/alerts/open').flush(alerts);
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const bell = () => (fixture.nativeElement as HTMLElement).querySelector<HTMLElement>('.bell');
  const menu = () => document.querySelector('.alert-menu');

  afterEach(() => document.querySelector<HTMLElement>('.cdk-overlay-backdrop')?.click());

  it('counts, in the colour of the worst, and reads anew when it hears of a change', async () => {
    await open('USER');
    expect(bell()?.getAttribute('aria-label')).toBe('3 open alerts');
    expect(bell()?.querySelector('.count')?.className).toContain('failed');
    hear(alert);
    hear(alert);
    await new Promise((resolve) => setTimeout(resolve, 450));
    await answer({ counts: { critical: 0, warning: 0, info: 0 }, items: [] });
    expect(bell()?.getAttribute('aria-label')).toBe('No open alerts');
    expect(bell()?.querySelector('.count')).toBeNull();
  });

  it.each([
    ['USER', true],
    ['VIEWER', false],
  ])('shows %s a short list, to acknowledge from: %s', async (role, may) => {
    await open(role);
    bell()?.click();
    await fixture.whenStable();
    expect(menu()?.textContent).toContain('“Web” is not healthy');
    const mark = menu()?.querySelector<HTMLElement>('.mark');
    expect(mark !== null && mark !== undefined).toBe(may);
    mark?.click();
    if (!may) return;
    http.expectOne(`/api/alerts/${id}/acknowledge`).flush({});
    await new Promise((resolve) => setTimeout(resolve));
    await answer({ counts: { critical: 0, warning: 2, info: 0 }, items: [] });
    expect(bell()?.getAttribute('aria-label')).toBe('2 open alerts');
  });
});
