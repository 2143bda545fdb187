import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import type { ImportPreview } from '@cronium/contracts';

import { CalendarImport } from './calendar-import';

const found: ImportPreview = {
  name: 'Holidays',
  timezone: null,
  rules: Array.from({ length: 10 }, (_, day) => ({
    ...{ kind: 'dates', label: `Day ${day + 1}` },
    ...{ from: `2026-05-1${day}`, to: `2026-05-1${day}` },
  })),
  from: '2025-05-01T00:00:00.000Z',
  until: '2031-05-01T00:00:00.000Z',
  leftOut: 2,
};

describe('CalendarImport', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<CalendarImport>;
  const used: unknown[] = [];

  beforeEach(() => {
    TestBed.configureTestingModule({
      imports: [CalendarImport],
      providers: [provideHttpClient(), provideHttpClientTesting()],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(CalendarImport);
    fixture.componentRef.setInput('timezone', 'Europe/Berlin');
    fixture.componentRef.setInput('act', 'Use them');
    fixture.componentInstance.use.subscribe((chosen) => used.push(chosen));
    fixture.detectChanges();
  });

  const page = () => fixture.nativeElement as HTMLElement;
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const choose = async (text: string) => {
    const picker = page().querySelector<HTMLInputElement>('input[type=file]');
    const file = { name: 'holidays.ics', text: () => Promise.resolve(text) };
    Object.defineProperty(picker, 'files', { value: [file], configurable: true });
    picker?.dispatchEvent(new Event('change'));
    await settle();
  };

  it('shows what a file holds, and hands it on when the person says so', async () => {
    await choose('BEGIN:VCALENDAR');
    const asked = http.expectOne('/api/calendars/import-preview');
    expect(asked.request.body).toEqual({ ics: 'BEGIN:VCALENDAR', timezone: 'Europe/Berlin' });
    asked.flush(found);
    await settle();
    expect(page().textContent).toContain('holds 10 times');
    expect(page().textContent).toContain('2 entries left out');
    expect(page().textContent).toContain('Day 1 (10 May 2026)');
    expect(page().textContent).toContain('and 2 more');
    page().querySelector<HTMLButtonElement>('.acts .button')?.click();
    await settle();
    expect(used).toEqual([{ file: { ics: 'BEGIN:VCALENDAR', fileName: 'holidays.ics' }, found }]);
    expect(page().textContent).toContain('Choose an .ics file');
  });

  it('says why a file cannot be imported', async () => {
    await choose('a,b,c');
    const detail = 'The file cannot be imported. It is not an iCalendar file.';
    http.expectOne('/api/calendars/import-preview').flush(
      {
        type: 'x',
        title: 'Not valid',
        status: 400,
        code: 'ics_invalid',
        detail,
        instance: '',
        requestId: '',
      },
      { status: 400, statusText: 'Bad Request' },
    );
    await settle();
    expect(page().querySelector('[role=alert]')?.textContent).toContain(detail);
  });
});
