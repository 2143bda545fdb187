import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { Alert } from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { Realtime } from '../../core/realtime/realtime';
import { alertOf, FakeRealtime, id } from './alert-fixture';
import { AlertList } from './alert-list';

describe('AlertList', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<AlertList>;
  let realtime: FakeRealtime;

  const open = async (items: Alert[], inputs: Record<string, string> = {}, role = 'ADMIN') => {
    realtime = new FakeRealtime();
    TestBed.configureTestingModule({
      imports: [AlertList],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: realtime },
        { provide: SessionStore, useValue: { user: signal({ id: id(70), role }) } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(AlertList);
    for (const [name, value] of Object.entries(inputs)) fixture.componentRef.setInput(name, value);
    fixture.detectChanges();
    return answer(items);
  };
  const answer = async (items: Alert[]) => {
    const request = http.expectOne(({ url }) => url === '/api/alerts');
    request.flush({ items, nextCursor: null });
    await fixture.whenStable();
    fixture.detectChanges();
    return request.request.params;
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const words = (element: Element) => element.textContent.replace(/\s+/g, ' ').trim();
  const rows = () =>
    [...page().querySelectorAll('[data-testid="alert-row"]')].map((row) =>
      [...row.querySelectorAll('td')].slice(0, 5).map(words),
    );

  it('says what the page is for when there is none, and which there are', async () => {
    await open([]);
    expect(words(page())).toContain('Nothing needs you');
    TestBed.resetTestingModule();
    await open([
      alertOf(1),
      alertOf(2, {
        ...{ kind: 'failure_streak', severity: 'warning', state: 'acknowledged', count: 3 },
        ...{ server: null, event: { id: id(50), name: 'Nightly' } },
      }),
      alertOf(3, { kind: 'backup_old', severity: 'info', state: 'resolved', server: null }),
    ]);
    expect(rows()).toEqual([
      ['Critical', 'Alert 1', 'Open', 'Server unhealthy', 'web-01'],
      ['Warning', 'Alert 23 ×', 'Acknowledged', 'Failure streak', 'Nightly'],
      ['Info', 'Alert 3', 'Resolved', 'Backup old', 'Installation'],
    ]);
  });

  it('asks for what the address says, and for nothing that is no filter', async () => {
    const params = await open([], { open: 'true', severity: 'critical', kind: 'fire', serverId: 'x' });
    expect(params.keys().sort()).toEqual(['open', 'severity']);
    expect(words(page())).toContain('No alert matches');
    expect(page().querySelector<HTMLSelectElement>('[aria-label="Filter by state"]')?.value).toBe(
      'unresolved',
    );
  });

  it('follows what it hears: in place, or by reading anew', async () => {
    await open([alertOf(1)]);
    realtime.tell(alertOf(1, { state: 'acknowledged' }));
    await fixture.whenStable();
    fixture.detectChanges();
    expect(rows()[0]?.[2]).toBe('Acknowledged');
    realtime.tell(alertOf(2));
    fixture.detectChanges();
    await answer([alertOf(2), alertOf(1)]);
    expect(rows()).toHaveLength(2);
  });

  it.each([
    ['ADMIN', ['Alerts', 'Silences', 'Rules', 'Channels', 'Deliveries']],
    ['USER', ['Alerts', 'Silences']],
  ])('leads %s to %j', async (role, tabs) => {
    await open([], {}, role);
    expect([...page().querySelectorAll('cr-alert-tabs a')].map(words)).toEqual(tabs);
  });
});
