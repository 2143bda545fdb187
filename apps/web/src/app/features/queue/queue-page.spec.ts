import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { QueuedJob, QueueTurn } from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { Realtime } from '../../core/realtime/realtime';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Toasts } from '../../shared/feedback/toasts';
import { QueuePage } from './queue-page';

const turn = (change: Partial<QueueTurn>): QueueTurn => ({
  reason: 'server_busy',
  message: 'It waits for a place.',
  position: 1,
  expectedWaitSeconds: null,
  notBefore: null,
  ...change,
});
const id = (number: number) => `019abe00-0000-7000-8000-0000000000${number}`;
const job = (number: number, change: Partial<QueuedJob> = {}): QueuedJob => ({
  id: id(10 + number),
  executionId: id(30 + number),
  eventId: id(50 + number),
  eventName: `Event ${number}`,
  owner: { id: id(70), name: 'Ada' },
  server: { id: id(80), name: 'web-01' },
  attempt: 1,
  priority: 'normal',
  queuedAt: '2026-01-01T00:00:00.000Z',
  queue: turn({ position: number }),
  waitingFor: null,
  ...change,
});

describe('QueuePage', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<QueuePage>;
  let hear: () => void;
  let told: string[];

  const open = async (items: QueuedJob[], role = 'ADMIN') => {
    told = [];
    const realtime = {
      state: signal('connected'),
      listen: (listeners: { 'execution.listed': () => void }) => {
        hear = listeners['execution.listed'];
        return () => undefined;
      },
    };
    TestBed.configureTestingModule({
      imports: [QueuePage],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: realtime },
        { provide: SessionStore, useValue: { user: signal({ id: id(70), role }) } },
        { provide: Dialogs, useValue: { confirm: () => Promise.resolve(true) } },
        { provide: Toasts, useValue: { show: (text: string) => told.push(text) } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(QueuePage);
    fixture.detectChanges();
    for (const url of ['/api/servers', '/api/events'])
      http.expectOne((request) => request.url === url).flush({ items: [], nextCursor: null });
    await answer(items);
  };
  const answer = async (items: QueuedJob[]) => {
    http.expectOne(({ url }) => url === '/api/queue').flush({ items, nextCursor: null });
    await settle();
  };
  const settle = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const text = () => page().textContent.replace(/\s+/g, ' ');
  /** Cells of each row, but for those that choose and cancel. */
  const rows = () =>
    [...page().querySelectorAll('[data-testid="queue-row"]')].map((row) =>
      [...row.querySelectorAll('td:not(.check, .act)')].map((cell) =>
        cell.textContent.replace(/\s+/g, ' ').trim(),
      ),
    );
  /** While a request is under way, the page does not become stable. */
  const passTime = async (milliseconds = 0) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    fixture.detectChanges();
  };

  it('says what the page is for when nothing waits', async () => {
    await open([]);
    expect(text()).toContain('Nothing waits');
  });

  it('groups by server in the order of turns, with the reason and the expected wait', async () => {
    await open([
      job(2, { queue: turn({ position: 2, expectedWaitSeconds: 130 }) }),
      job(1, { queue: turn({ reason: 'event_busy', position: 1 }) }),
      job(3, { server: { id: id(81), name: 'web-02' }, attempt: 2, priority: null }),
    ]);
    expect(text()).toContain('2 jobs: 1 for a place, 1 for their event');
    expect(rows()).toEqual([
      ['2nd', 'Event 2', 'Server is busy', 'in about 2 min', 'Normal', 'Ada', 'Jan 1, 2026'],
      ['–', 'Event 1', 'Event is busy', 'when a run of its event ends', 'Normal', 'Ada', 'Jan 1, 2026'],
      ['3rd', 'Event 3attempt 2', 'Server is busy', 'not known', 'Has begun', 'Ada', 'Jan 1, 2026'],
    ]);
  });

  it('says of a server that is away how long it is waited for', async () => {
    const until = new Date(Date.now() + 300_000).toISOString();
    const waitingFor = {
      reason: 'server_unhealthy',
      code: 'host_unreachable',
      message: 'No answer.',
    } as const;
    await open([job(1, { queue: null, waitingFor: { ...waitingFor, since: until, until } })]);
    expect(rows()[0]?.slice(0, 4)).toEqual([
      ...['–', 'Event 1', 'Server is away'],
      expect.stringMatching(/^when it is back, within (5m 00s|4m 59s)$/),
    ]);
  });

  it('cancels what was chosen, an execution once, and tells what did not work', async () => {
    await open([job(1), job(2), job(4, { executionId: id(31) })]);
    page().querySelector<HTMLInputElement>('thead input')?.click();
    await settle();
    const button = page().querySelector<HTMLButtonElement>('[data-testid="cancel-chosen"]');
    expect(button?.textContent.trim()).toBe('Cancel 2 runs…');
    button?.click();
    await passTime();
    http.expectOne(`/api/executions/${id(31)}/cancel`).flush({});
    const refused = { status: 403, statusText: 'Forbidden' };
    http
      .expectOne(`/api/executions/${id(32)}/cancel`)
      .flush({ code: 'forbidden', title: 'No', detail: 'It is not yours.' }, refused);
    await passTime();
    expect(told).toEqual(['1 of 2 runs could not be cancelled. It is not yours.']);
    await answer([job(2)]);
    expect(rows()).toHaveLength(1);
    expect(page().querySelector('[data-testid="cancel-chosen"]')).toBeNull();
  });

  it('offers nothing to cancel, and no owners, to those who may only look', async () => {
    await open([job(1)], 'VIEWER');
    expect(page().querySelector('input[type="checkbox"], .act')).toBeNull();
    expect(text()).not.toContain('Ada');
  });

  it('reads the queue again when an execution changes', async () => {
    await open([job(1)]);
    hear();
    await passTime(750);
    await answer([]);
    expect(text()).toContain('Nothing waits');
  });

  it('says why it could not be loaded', async () => {
    await open([job(1)]);
    hear();
    await passTime(750);
    http
      .expectOne(({ url }) => url === '/api/queue')
      .flush({ detail: 'The database does not answer.' }, { status: 503, statusText: 'Unavailable' });
    await settle();
    expect(page().querySelector('[role="alert"]')).not.toBeNull();
    expect(rows()).toHaveLength(1);
  });
});
