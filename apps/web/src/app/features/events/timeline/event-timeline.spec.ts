import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';

import { Realtime } from '../../../core/realtime/realtime';
import { EventTimeline } from './event-timeline';

describe('EventTimeline', () => {
  it('tells the reason of a mark that the keyboard reaches', async () => {
    TestBed.configureTestingModule({
      imports: [EventTimeline],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Realtime, useValue: { listen: () => () => undefined } },
      ],
    });
    const http = TestBed.inject(HttpTestingController);
    const fixture = TestBed.createComponent(EventTimeline);
    const element = fixture.nativeElement as HTMLElement;
    fixture.componentRef.setInput('eventId', 'e');
    fixture.componentRef.setInput('version', 1);
    document.body.append(element);
    fixture.detectChanges();
    const hour = 3_600_000;
    const ago = (hours: number) => new Date(Date.now() - hours * hour).toISOString();
    const run = { ...{ eventId: 'e', eventName: 'Event', plannedAt: null, startedAt: null }, endedAt: null };
    const error = { code: 'missed', message: 'Cronium did not run.', platform: false };
    http
      .expectOne(({ url }) => url === '/api/executions')
      .flush({
        items: [
          { ...run, id: '2', state: 'succeeded', createdAt: ago(3), error: null, exitCode: null },
          { ...run, id: '1', state: 'skipped', createdAt: ago(6), error, exitCode: null },
        ],
        nextCursor: null,
      });
    const planned = { runs: [new Date(Date.now() + 5 * hour).toISOString()], hours: [], paused: false };
    http.expectOne(({ url }) => url === '/api/schedules/upcoming').flush({ events: [planned] });
    await fixture.whenStable();
    fixture.detectChanges();

    const marks = [...element.querySelectorAll<HTMLElement>('.mark')];
    expect(marks.map((mark) => mark.getAttribute('aria-label')?.split(': ').at(-1))).toEqual([
      ...['1 skipped', '1 succeeded', '1 planned'],
    ]);
    expect(marks.map((mark) => mark.tabIndex)).toEqual([-1, -1, 0]);
    marks[2]?.focus();
    for (let step = 0; step < 2; step += 1) {
      document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }),
      );
    }
    await fixture.whenStable();
    fixture.detectChanges();
    expect(document.activeElement).toBe(marks[0]);
    expect(element.querySelector('.detail')?.textContent).toContain('Cronium did not run.');
    expect(element.querySelector('.detail a')?.getAttribute('href')).toBe('/executions/1');
    element.remove();
  });
});
