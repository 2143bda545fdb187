import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { EventVersionEntry, Problem, UserRole } from '@cronium/contracts';

import { SessionStore } from '../../../core/auth/session';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { Toasts } from '../../../shared/feedback/toasts';
import { EventHistory } from './event-history';

const id = '019abe00-0000-7000-8000-000000000099';
const entry = (version: number, change: Partial<EventVersionEntry> = {}): EventVersionEntry => ({
  version,
  at: '2026-01-01T00:00:00.000Z',
  author: { id: 'ada', name: 'Ada' },
  note: null,
  changes: version === 1 ? [] : ['content', 'tags'],
  ...change,
});

const unusable: Problem = {
  ...{ type: 'urn:cronium:problem:version_unusable', title: 'No', status: 409, code: 'version_unusable' },
  ...{ detail: 'It runs on “Gone”.', instance: '/api', requestId: '1' },
};

describe('EventHistory', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<EventHistory>;
  const confirm = jest.fn<Promise<boolean>, [{ text: string }]>();
  const show = jest.fn<void, [string]>();

  const setUp = (role: UserRole) => {
    confirm.mockReset().mockResolvedValue(true);
    show.mockReset();
    TestBed.configureTestingModule({
      imports: [EventHistory],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: { user: signal({ role }) } },
        { provide: Dialogs, useValue: { confirm } },
        { provide: Toasts, useValue: { show } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(EventHistory);
    fixture.componentRef.setInput('id', id);
  };
  const element = () => fixture.nativeElement as HTMLElement;
  /** Not `whenStable`, which waits for the requests that a test leaves open. */
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    fixture.detectChanges();
  };
  const button = (text: string) =>
    [...element().querySelectorAll('button')].find((one) => one.textContent.includes(text));

  /** The list and the event are there; what of single versions is asked for stays open. */
  async function open(entries: EventVersionEntry[], current = entries.length): Promise<void> {
    fixture.detectChanges();
    http.expectOne(`/api/events/${id}`).flush({ id, name: 'Backup', version: current });
    http
      .expectOne(({ url }) => url === `/api/events/${id}/versions`)
      .flush({ items: entries, nextCursor: null });
    await settle();
  }

  it('lists versions with author, note and what they changed, and opens the newest against the one before', async () => {
    setUp('USER');
    await open([entry(3, { note: 'Why not' }), entry(2), entry(1)], 3);
    const rows = [...element().querySelectorAll('[data-testid=version]')].map((row) => row.textContent);
    expect(rows[0]).toMatch(/Version 3\s*Current.*Ada.*Why not.*Script, Tags/s);
    expect(rows[2]).toContain('Created');
    http.expectOne(`/api/events/${id}/versions/3`);
    http.expectOne(`/api/events/${id}/versions/2`);
    expect(button('Restore')).toBeUndefined();
  });

  it('compares the versions of its address', async () => {
    setUp('USER');
    fixture.componentRef.setInput('version', '1');
    fixture.componentRef.setInput('with', '3');
    await open([entry(3), entry(2), entry(1)]);
    http.expectOne(`/api/events/${id}/versions/1`);
    http.expectOne(`/api/events/${id}/versions/3`);
  });

  it('restores a version when it is confirmed, from what was seen', async () => {
    setUp('USER');
    fixture.componentRef.setInput('version', '1');
    await open([entry(2), entry(1)]);
    button('Restore version 1')?.click();
    await settle();
    expect(confirm.mock.calls[0]?.[0].text).toContain('saved as version 3');
    const { request } = http.expectOne(`/api/events/${id}/versions/1/restore`);
    expect(request.body).toEqual({ currentVersion: 2 });
  });

  it('says why a version could not be restored', async () => {
    setUp('USER');
    fixture.componentRef.setInput('version', '1');
    await open([entry(2), entry(1)]);
    button('Restore version 1')?.click();
    await settle();
    http
      .expectOne(`/api/events/${id}/versions/1/restore`)
      .flush(unusable, { status: 409, statusText: 'Conflict' });
    await settle();
    expect(show.mock.calls[0]?.[0]).toContain('It runs on “Gone”.');
  });

  it('restores nothing without a yes, and nothing for a viewer', async () => {
    setUp('VIEWER');
    fixture.componentRef.setInput('version', '1');
    await open([entry(2), entry(1)]);
    expect(button('Restore')).toBeUndefined();
    TestBed.resetTestingModule();
    setUp('ADMIN');
    confirm.mockResolvedValue(false);
    fixture.componentRef.setInput('version', '1');
    await open([entry(2), entry(1)]);
    button('Restore version 1')?.click();
    await settle();
    http.expectNone(`/api/events/${id}/versions/1/restore`);
  });
});
