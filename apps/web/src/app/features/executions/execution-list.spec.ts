import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { ExecutionSummary } from '@cronium/contracts';

import { Realtime } from '../../core/realtime/realtime';
import { ExecutionList } from './execution-list';

const summary = (number: number, change: Partial<ExecutionSummary> = {}): ExecutionSummary => ({
  id: `019abe00-0000-7000-8000-0000000000${10 + number}`,
  eventId: '019abe00-0000-7000-8000-000000000099',
  eventName: `Event ${number}`,
  eventType: 'BASH',
  version: 1,
  state: 'succeeded',
  trigger: 'manual',
  triggeredBy: null,
  triggers: 1,
  plannedAt: null,
  createdAt: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
  startedAt: null,
  lateSeconds: null,
  endedAt: null,
  servers: ['Local Execution'],
  error: null,
  exitCode: null,
  waitingFor: null,
  ...change,
});

describe('ExecutionList', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<ExecutionList>;
  let hear: (execution: ExecutionSummary) => void;

  beforeEach(() => {
    const realtime = {
      state: signal('connected'),
      listen: (listeners: { 'execution.listed': typeof hear }) => {
        hear = listeners['execution.listed'];
        return () => undefined;
      },
    };
    TestBed.configureTestingModule({
      imports: [ExecutionList],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: realtime },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(ExecutionList);
  });

  const page = (): string => (fixture.nativeElement as HTMLElement).textContent;
  const settle = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };

  async function answer(items: ExecutionSummary[]): Promise<void> {
    fixture.detectChanges();
    http.expectOne(({ url }) => url === '/api/events').flush({ items: [], nextCursor: null });
    http.expectOne(({ url }) => url === '/api/executions').flush({ items, nextCursor: null });
    await settle();
  }

  it('asks with the filters of its address', () => {
    fixture.componentRef.setInput('state', 'failed');
    fixture.componentRef.setInput('eventId', 'not an id');
    fixture.detectChanges();
    const { request } = http.expectOne(({ url }) => url === '/api/executions');
    expect(request.params.get('state')).toBe('failed');
    expect(request.params.has('eventId')).toBe(false);
  });

  it('takes a span of time from its address, and lets it be removed', async () => {
    fixture.componentRef.setInput('since', '2026-01-01T14:00:00.000Z');
    fixture.componentRef.setInput('until', '2026-01-01T15:00:00.000Z');
    fixture.detectChanges();
    http.expectOne(({ url }) => url === '/api/events').flush({ items: [], nextCursor: null });
    const asked = http.expectOne(({ url }) => url === '/api/executions');
    expect(asked.request.params.get('since')).toBe('2026-01-01T14:00:00.000Z');
    expect(asked.request.params.get('until')).toBe('2026-01-01T15:00:00.000Z');
    asked.flush({ items: [summary(1)], nextCursor: null });
    await settle();
    const span = (fixture.nativeElement as HTMLElement).querySelector('button.span');
    expect(span?.textContent).toMatch(/Jan 1.*–|1 Jan.*–/);
    // What begins now is not of that time.
    hear(summary(2, { createdAt: '2026-02-01T00:00:00.000Z' }));
    await settle();
    expect(page()).not.toContain('Event 2');
  });

  it('says what the page is for when nothing has run', async () => {
    await answer([]);
    expect(page()).toContain('Nothing has run yet');
  });

  it('changes a row in place, and shows a new one at the top', async () => {
    await answer([summary(1, { state: 'running' })]);
    hear(summary(1, { state: 'failed', exitCode: 3 }));
    hear(summary(2));
    await settle();
    expect(page()).toContain('exit 3');
    expect(page().indexOf('Event 2')).toBeGreaterThan(-1);
    expect(page().indexOf('Event 2')).toBeLessThan(page().indexOf('Event 1'));
  });

  it('says live which run waits for its server, and when it waits no more', async () => {
    const waitingFor = {
      ...({ reason: 'server_unhealthy', code: 'host_unreachable', message: 'It is away.' } as const),
      ...{ since: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:10:00.000Z' },
    };
    await answer([summary(1, { state: 'queued' })]);
    hear(summary(1, { state: 'queued', waitingFor }));
    await settle();
    expect(page()).toContain('Waits for its server');
    hear(summary(1, { state: 'running' }));
    await settle();
    expect(page()).not.toContain('Waits for its server');
  });

  it('tells no failed attempt of one that succeeded, and names its server once', async () => {
    const servers = ['web-01', 'web-01'];
    await answer([summary(1, { exitCode: 75, servers, triggers: 3 })]);
    expect(page()).not.toContain('exit 75');
    expect(page()).not.toContain('web-01, web-01');
    expect(page()).toContain('3 triggers');
  });

  it('says why it could not be loaded, and tries again', async () => {
    fixture.detectChanges();
    http.expectOne(({ url }) => url === '/api/events').flush({ items: [], nextCursor: null });
    http
      .expectOne(({ url }) => url === '/api/executions')
      .flush({ detail: 'The database does not answer.' }, { status: 503, statusText: 'Unavailable' });
    await settle();
    expect(page()).toContain('could not be loaded');
    (fixture.nativeElement as HTMLElement).querySelector<HTMLButtonElement>('cr-load-error button')?.click();
    fixture.detectChanges();
    http.expectOne(({ url }) => url === '/api/executions').flush({ items: [summary(7)], nextCursor: null });
    await settle();
    expect(page()).toContain('Event 7');
  });
});
