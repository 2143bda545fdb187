import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { SchedulePreview } from '@cronium/contracts';

import { EventDraft } from './event-draft';
import { EventSchedule } from './event-schedule';

const calendar = { id: '019abe00-0000-7000-8000-000000000001', name: 'Weekend', kind: 'blackout' as const };

@Component({ imports: [EventSchedule], template: '<cr-event-schedule [form]="draft.form" />' })
class Page {
  readonly draft = new EventDraft();
}

describe('EventSchedule', () => {
  it('asks for a preview with the chosen calendars, and says who stops what', async () => {
    TestBed.configureTestingModule({
      imports: [Page],
      providers: [provideRouter([]), provideHttpClient(), provideHttpClientTesting()],
    });
    const http = TestBed.inject(HttpTestingController);
    const fixture = TestBed.createComponent(Page);
    const page = fixture.nativeElement as HTMLElement;
    const settle = async (pauseMs = 0) => {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      fixture.detectChanges();
      TestBed.tick();
    };
    const { form } = fixture.componentInstance.draft;
    form.schedule.kind().value.set('cron');
    form.schedule.timezone().value.set('UTC');
    await settle();
    http
      .expectOne((request) => request.url === '/api/calendars')
      .flush({ items: [calendar], nextCursor: null });
    await settle();
    page.querySelector<HTMLInputElement>('cr-calendar-choice input')?.click();
    // The preview waits for a pause in typing.
    await settle(350);
    await settle();
    // A slow machine has asked before the choice, too: that request is given up.
    const asked = http.match('/api/schedules/preview').find((request) => !request.cancelled);
    expect(asked?.request.body).toMatchObject({ calendarIds: [calendar.id] });
    const stoppedBy = { ...calendar, rule: 'Rest (Sat, Sun 00:00–24:00)' };
    const preview: SchedulePreview = {
      description: 'At 02:00 (UTC).',
      runs: [
        {
          ...{ at: '2026-05-02T02:00:00.000Z', local: '2026-05-02T02:00:00+00:00', mark: null },
          ...{ stoppedBy, until: '2026-05-04T02:00:00.000Z' },
        },
        {
          ...{ at: '2026-05-04T02:00:00.000Z', local: '2026-05-04T02:00:00+00:00', mark: null },
          ...{ stoppedBy: null, until: null },
        },
      ],
      gaveUpAt: '2029-05-04T02:00:00.000Z',
    };
    asked?.flush(preview);
    await settle();
    const text = page.querySelector('[data-testid=schedule-preview]')?.textContent ?? '';
    expect(text).toContain('“Weekend” stops it: Rest (Sat, Sun 00:00–24:00)');
    expect(text).toMatch(/and more, until\s+Mon, 4 May 2026/);
    expect(text).toContain('Calendars stop every planned time that was looked at');
    expect(page.querySelectorAll('.stopped')).toHaveLength(1);
  });
});
