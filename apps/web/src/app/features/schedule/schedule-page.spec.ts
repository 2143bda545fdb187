import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import type { Upcoming, UpcomingEvent } from '@cronium/contracts';

import { SchedulePage } from './schedule-page';

const event = (name: string, runs: string[], change: Partial<UpcomingEvent> = {}): UpcomingEvent => ({
  ...{ id: name, name, type: 'BASH', serverTag: null, targetStrategy: 'all' },
  servers: [{ id: 's', name: 'web-1', type: 'container' }],
  schedule: { kind: 'manual' },
  paused: false,
  owner: { id: 'ada', name: 'Ada' },
  description: 'Every day.',
  runs,
  hours: [],
  ...change,
});

describe('SchedulePage', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<SchedulePage>;
  let isPhone: boolean;

  beforeEach(() => {
    isPhone = false;
    window.matchMedia = () =>
      ({
        ...{ matches: isPhone, addEventListener: () => undefined, removeEventListener: () => undefined },
      }) as unknown as MediaQueryList;
    TestBed.configureTestingModule({
      imports: [SchedulePage],
      providers: [provideRouter([]), provideHttpClient(), provideHttpClientTesting()],
    });
    http = TestBed.inject(HttpTestingController);
  });

  const element = () => fixture.nativeElement as HTMLElement;
  const open = (inputs: Record<string, string>) => {
    fixture = TestBed.createComponent(SchedulePage);
    for (const [name, value] of Object.entries(inputs)) fixture.componentRef.setInput(name, value);
    fixture.detectChanges();
    return http.expectOne(({ url }) => url === '/api/schedules/upcoming');
  };
  const answer = async (inputs: Record<string, string>, events: UpcomingEvent[], capacity = 5) => {
    const servers = [{ id: 's', name: 'web-1', maxConcurrentJobs: capacity }];
    open(inputs).flush({ from: '', to: '', events, servers, omittedEvents: 0 } satisfies Upcoming);
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const chips = () => [...element().querySelectorAll('[data-testid=planned-run]')];
  const day = { view: 'day', date: '2126-03-29', zone: 'Europe/Berlin' };

  it('asks for the day or the week of its address, from midnight to midnight in its zone', () => {
    const spanOf = ({ request }: ReturnType<typeof open>) => [
      request.params.get('from'),
      request.params.get('to'),
    ];
    expect(spanOf(open({ view: 'day', date: '2026-03-29', zone: 'Europe/Berlin' }))).toEqual([
      ...['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ]);
    expect(spanOf(open({ date: '2026-03-29', zone: 'Europe/Berlin' }))).toEqual([
      ...['2026-03-22T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ]);
  });

  it('has each run at its time, says when it is paused, and links to its event', async () => {
    await answer(day, [
      event('Backup', ['2126-03-29T02:05:00Z']),
      event('Report', ['2126-03-29T05:00:00Z'], { paused: true }),
    ]);
    const words = chips().map((chip) => chip.getAttribute('aria-label'));
    expect(words[0]).toMatch(/^0[34]:05 Backup, on web-1\. Every day\.$/);
    expect(words[1]).toContain('Paused: it is not started.');
    expect(chips()[0]?.getAttribute('href')).toBe('/events/Backup');
  });

  it('marks runs that are more than their server runs at one time', async () => {
    const at = ['2126-03-29T02:00:00Z'];
    await answer(day, [event('A', at), event('B', at)], 1);
    expect(element().querySelector('[data-testid=crowded]')?.textContent).toContain('In one minute');
    expect(chips()[0]?.getAttribute('aria-label')).toContain(
      '2 runs start on web-1 in this minute: “A”, “B”.',
    );
  });

  it('shows a week as a grid, and on a phone as a list of days', async () => {
    await answer({ date: '2126-03-29', zone: 'UTC' }, [event('A', ['2126-03-29T02:00:00Z'])]);
    expect(element().querySelectorAll('cr-week-grid tbody tr')).toHaveLength(24);
    isPhone = true;
    await answer({ date: '2126-03-29', zone: 'UTC' }, [event('A', ['2126-03-29T02:00:00Z'])]);
    expect(element().querySelector('cr-week-grid')).toBeNull();
    expect(element().querySelectorAll('cr-day-agenda')).toHaveLength(7);
  });

  it('moves by the keyboard, but not while someone types', async () => {
    const navigate = jest.spyOn(TestBed.inject(Router), 'navigate').mockResolvedValue(true);
    await answer(day, []);
    const press = (key: string, target: EventTarget = document) =>
      target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    const last = () => navigate.mock.calls.at(-1)?.[1]?.queryParams;
    press('ArrowRight');
    expect(last()).toEqual({ date: '2126-03-30' });
    press('ArrowLeft');
    expect(last()).toEqual({ date: '2126-03-28' });
    press('t');
    expect(last()).toEqual({ date: null });
    const count = navigate.mock.calls.length;
    document.body.append(element());
    press('ArrowLeft', element().querySelector('select') ?? document);
    element().remove();
    expect(navigate.mock.calls).toHaveLength(count);
  });

  it('says what the page is for when nothing is planned, and why it could not be loaded', async () => {
    await answer(day, []);
    expect(element().textContent).toContain('Nothing is planned');
    open(day).flush({ detail: 'The database does not answer.' }, { status: 503, statusText: 'Unavailable' });
    await fixture.whenStable();
    fixture.detectChanges();
    expect(element().textContent).toContain('The schedule could not be loaded');
  });
});
