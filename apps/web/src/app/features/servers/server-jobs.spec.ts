import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { ServerJob } from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { ServerJobs } from './server-jobs';

const me = '019abe00-0000-7000-8000-000000000001';
const other = '019abe00-0000-7000-8000-000000000002';

const job = (number: number, change: Partial<ServerJob> = {}): ServerJob => ({
  id: `019abe00-0000-7000-8000-0000000000${10 + number}`,
  executionId: `019abe00-0000-7000-8000-0000000000${20 + number}`,
  eventName: `Event ${number}`,
  owner: { id: me, name: 'Ada' },
  state: 'running',
  queuedAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:01.000Z',
  waitingFor: null,
  ...change,
});

describe('ServerJobs', () => {
  let fixture: ComponentFixture<ServerJobs>;

  const show = async (
    items: ServerJob[],
    { role = 'USER', count = items.length, isEverybodys = true } = {},
  ) => {
    TestBed.configureTestingModule({
      imports: [ServerJobs],
      providers: [provideRouter([]), { provide: SessionStore, useValue: { user: signal({ id: me, role }) } }],
    });
    fixture = TestBed.createComponent(ServerJobs);
    fixture.componentRef.setInput('jobs', { count, items });
    fixture.componentRef.setInput('isEverybodys', isEverybodys);
    await fixture.whenStable();
    return (fixture.nativeElement as HTMLElement).textContent.replace(/\s+/g, ' ');
  };
  const links = () =>
    [...(fixture.nativeElement as HTMLElement).querySelectorAll('a')].map((link) => link.textContent);

  it('names event and owner, and opens only what the person may see', async () => {
    const text = await show([job(1), job(2, { owner: { id: other, name: 'Bo' } })]);
    expect(text).toContain('Event 2 Bo');
    expect(links()).toEqual(['Event 1']);
  });

  it('opens everything for administrators', async () => {
    await show([job(1), job(2, { owner: { id: other, name: 'Bo' } })], { role: 'ADMIN' });
    expect(links()).toEqual(['Event 1', 'Event 2']);
  });

  it('says what waits for the server, and how many more there are', async () => {
    const waitingFor = {
      ...({ reason: 'server_unhealthy', code: 'host_unreachable', message: 'It is away.' } as const),
      ...{ since: new Date().toISOString(), until: new Date().toISOString() },
    };
    const text = await show([job(1, { state: 'queued', startedAt: null, waitingFor })], { count: 7 });
    expect(text).toContain('Queued');
    expect(text).toMatch(/has waited \d+ s for the server/);
    expect(text).toContain('and 6 more');
  });

  it('says whose nothing it is', async () => {
    expect(await show([], { isEverybodys: false })).toContain('Nothing of yours runs here now.');
  });
});
