import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import type {
  DashboardFailures,
  DashboardHeatMap,
  DashboardSummary,
  DashboardTrend,
  FailureGroup,
  UserRole,
} from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { Realtime } from '../../core/realtime/realtime';
import { HomePage } from './home-page';

// echarts draws nothing without a browser; what it is given has a spec of its own.
jest.mock('../../shared/charts/echarts-view', () => ({
  EChartsView: class {
    draw = () => undefined;
    destroy = () => undefined;
  },
}));

const id = (number: number) => `019abe00-0000-7000-8000-0000000000${number}`;
const person = { id: id(70), name: 'Ada' };
const none = { p50Seconds: null, p95Seconds: null };
const figures = (succeeded: number, failed: number) => ({
  ...{ succeeded, failed, cancelled: 0, skipped: 0 },
  ...{ run: { p50Seconds: 2, p95Seconds: 8 }, wait: none },
});
const summary = (total: number): DashboardSummary => ({
  events: { total, scheduled: 2, paused: 1 },
  running: {
    count: 1,
    items: [
      {
        ...{ id: id(31), eventId: id(51), eventName: 'Backup', eventType: 'BASH', state: 'running' },
        ...{ startedAt: new Date().toISOString(), createdAt: new Date().toISOString() },
      },
    ],
  },
  queued: 3,
  nextRuns: [
    {
      ...{ eventId: id(52), eventName: 'Report', eventType: 'PYTHON', description: 'Every hour.' },
      ...{ at: new Date(Date.now() + 1_800_000).toISOString(), owner: person },
    },
  ],
});
const group = (change: Partial<FailureGroup>): FailureGroup => ({
  ...{ eventId: id(51), eventName: 'Backup', owner: person, state: 'failed', code: null, exitCode: 1 },
  ...{ signal: null, message: null, count: 4, lastAt: new Date().toISOString(), lastExecutionId: id(32) },
  ...change,
});
const failures = (groups: FailureGroup[], counted = 4): DashboardFailures => ({
  ...{ counted, since: '2026-01-01T00:00:00.000Z', groups },
});
const heatMap: DashboardHeatMap = {
  asOf: '2026-01-02T12:00:00.000Z',
  dates: ['2026-01-01', '2026-01-02'],
  hours: [
    {
      ...{ date: '2026-01-01', hour: 3, succeeded: 5, failed: 1 },
      ...{ since: '2026-01-01T02:00:00.000Z', until: '2026-01-01T03:00:00.000Z' },
    },
    {
      ...{ date: '2026-01-02', hour: 3, succeeded: 5, failed: 0 },
      ...{ since: '2026-01-02T02:00:00.000Z', until: '2026-01-02T03:00:00.000Z' },
    },
  ],
};
const trend = (succeeded: number, failed: number): DashboardTrend => ({
  asOf: '2026-01-02T12:00:00.000Z',
  days: [{ date: '2026-01-02', ...figures(succeeded, failed) }],
  total: figures(succeeded, failed),
  before: figures(9, 1),
});

describe('HomePage', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<HomePage>;

  const open = (inputs: Record<string, string> = {}, role: UserRole = 'ADMIN') => {
    window.matchMedia = () =>
      ({
        ...{ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined },
      }) as unknown as MediaQueryList;
    TestBed.configureTestingModule({
      imports: [HomePage],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: { listen: () => () => undefined } },
        { provide: SessionStore, useValue: { user: signal({ id: id(70), role }) } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(HomePage);
    for (const [name, value] of Object.entries(inputs)) fixture.componentRef.setInput(name, value);
    fixture.detectChanges();
  };
  const ask = (part: string) => http.expectOne(({ url }) => url === `/api/dashboard/${part}`);
  const settle = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const answer = async (
    { events = 3, ran = trend(98, 2), failed = failures([group({})]) } = {},
    inputs: Record<string, string> = {},
    role: UserRole = 'ADMIN',
  ) => {
    open(inputs, role);
    ask('summary').flush(
      events === 0 ? { ...summary(0), running: { count: 0, items: [] } } : summary(events),
    );
    ask('failures').flush(failed);
    ask('heatmap').flush(heatMap);
    ask('trend').flush(ran);
    await settle();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const text = (element: Element | null = page()) => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
  const links = (testId: string) =>
    [...page().querySelectorAll(`[data-testid=${testId}]`)].map(
      (one) => (one.matches('a') ? one : one.querySelector('a'))?.getAttribute('href') ?? '',
    );

  it('asks for the period and the scope of its address, and of a user only for their own', () => {
    open({ days: '30', scope: 'all' });
    const { params } = ask('trend').request;
    expect([params.get('days'), params.get('scope')]).toEqual(['30', 'all']);
    expect(params.get('timezone')).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    TestBed.resetTestingModule();
    open({ days: '1000', scope: 'all' }, 'USER');
    const mine = ask('heatmap').request.params;
    expect([mine.get('days'), mine.get('scope')]).toEqual(['14', 'mine']);
    expect(page().querySelector('[data-testid=scope-all]')).toBeNull();
  });

  it('has figures beside those before, what runs and what comes', async () => {
    await answer();
    const tiles = text(page().querySelector('[data-testid=tiles]'));
    for (const words of [
      '3 waiting',
      '2 scheduled',
      '1 paused',
      'in 14 days Before: 10',
      '98.0 %',
      '2 failed Before: 90.0 %',
      '95 % below 8.0 s',
    ])
      expect(tiles).toContain(words);
    expect(links('running-now')).toEqual([`/executions/${id(31)}`]);
    expect(links('next-run')).toEqual([`/events/${id(52)}`]);
    expect(text(page().querySelector('[data-testid=next-run]'))).toContain('in 30 min');
  });

  it('groups failures by cause, and opens their executions', async () => {
    const groups = [
      group({}),
      group({ state: 'timed_out', code: 'timeout', exitCode: null, message: 'It took too long.' }),
      group({ eventId: null, signal: 'SIGKILL', exitCode: null, lastExecutionId: id(33) }),
    ];
    await answer({ failed: failures(groups, 1000) });
    const rows = [...page().querySelectorAll('[data-testid=failure-group]')].map((row) => text(row));
    expect(rows[0]).toMatch(/^Backup ?Failed ?exit 1 ?4 ?just now$/);
    expect(rows[1]).toContain('Out of time');
    expect(rows[2]).toContain('Ended by SIGKILL');
    expect(links('failure-group')).toEqual([
      `/executions?eventId=${id(51)}&state=failed&since=2026-01-01T00:00:00.000Z`,
      `/executions?eventId=${id(51)}&state=timed_out&since=2026-01-01T00:00:00.000Z`,
      `/executions/${id(33)}`,
    ]);
    expect(text()).toContain('Of the newest 1000 failures');
    expect(text()).toContain('988 more had other causes.');
  });

  it('has a cell for each hour, which opens its executions and is reached by arrows', async () => {
    await answer();
    expect(links('heat-cell')).toEqual([
      '/executions?since=2026-01-01T02:00:00.000Z&until=2026-01-01T03:00:00.000Z',
      '/executions?since=2026-01-02T02:00:00.000Z&until=2026-01-02T03:00:00.000Z',
    ]);
    const [first, second] = page().querySelectorAll<HTMLElement>('[data-testid=heat-cell]');
    expect(first?.getAttribute('aria-label')).toMatch(/03:00: 5 succeeded, 1 failed$/);
    expect([first?.tabIndex, second?.tabIndex]).toEqual([0, -1]);
    document.body.append(page());
    first?.focus();
    first?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    expect(document.activeElement).toBe(second);
    page().remove();
  });

  it('keeps the choice of period, scope and measure in the address', async () => {
    await answer();
    const navigate = jest.spyOn(TestBed.inject(Router), 'navigate').mockResolvedValue(true);
    const press = (words: string) =>
      [...page().querySelectorAll('button')].find((button) => text(button) === words)?.click();
    for (const words of ['30 days', '14 days', 'Everyone’s', 'Waiting']) press(words);
    expect(navigate.mock.calls.map(([, extras]) => extras?.queryParams)).toEqual([
      { days: '30' },
      { days: null },
      { scope: 'all' },
      { metric: 'wait' },
    ]);
  });

  it('says what the page is for when there is nothing yet', async () => {
    const nothing = { ...trend(0, 0), before: figures(0, 0) };
    await answer({ events: 0, ran: nothing }, {}, 'USER');
    expect(text()).toContain('You have no events yet');
    expect(page().querySelector('a.primary')?.getAttribute('href')).toBe('/events/new');
    TestBed.resetTestingModule();
    await answer({ events: 0, ran: nothing }, {}, 'VIEWER');
    expect(page().querySelector('a.primary')).toBeNull();
  });

  it('shows the other parts when one could not be loaded, and tries that again', async () => {
    open();
    ask('summary').flush(summary(3));
    ask('failures').flush({ detail: 'Not now.' }, { status: 503, statusText: 'Unavailable' });
    ask('heatmap').flush(heatMap);
    ask('trend').flush(trend(1, 0));
    await settle();
    expect(text()).toContain('The failures could not be loaded');
    expect(links('next-run')).toHaveLength(1);
    [...page().querySelectorAll('button')].find((button) => text(button) === 'Try again')?.click();
    fixture.detectChanges();
    ask('failures').flush(failures([]));
    await settle();
    expect(text()).toContain('Nothing failed in this time.');
  });
});
