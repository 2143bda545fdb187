import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import type { LogHit, LogHitPage } from '@cronium/contracts';

import { LogSearchPage } from './log-search-page';

const jobId = '019abe00-0000-7000-8000-000000000011';
const executionId = '019abe00-0000-7000-8000-000000000012';
const hit = (seq: number, change: Partial<LogHit> = {}): LogHit => ({
  ...{ jobId, seq, executionId, eventId: null, eventName: 'Nightly', serverName: 'web-01' },
  ...{
    state: 'failed',
    stream: 'stderr',
    at: '2026-01-01T00:00:00.000Z',
    text: `disk ${seq} full`,
    ranges: [[0, 4]],
  },
  ...change,
});

describe('LogSearchPage', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<LogSearchPage>;

  beforeEach(() => {
    TestBed.configureTestingModule({
      imports: [LogSearchPage],
      providers: [provideRouter([]), provideHttpClient(), provideHttpClientTesting()],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(LogSearchPage);
  });

  const element = () => fixture.nativeElement as HTMLElement;
  const settle = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const open = (inputs: Record<string, string>) => {
    for (const [name, value] of Object.entries(inputs)) fixture.componentRef.setInput(name, value);
    fixture.detectChanges();
    const none = { items: [], nextCursor: null };
    http.expectOne(({ url }) => url === '/api/events').flush(none);
    http.expectOne(({ url }) => url === '/api/servers').flush(none);
  };
  const asked = () => http.expectOne(({ url }) => url === '/api/logs/search');
  const answer = async (page: Partial<LogHitPage>) => {
    const request = asked();
    request.flush({ items: [], nextCursor: null, searchedBackTo: null, ...page });
    await settle();
    return request.request.params;
  };

  it('asks nothing without words, says how to search, and is ready for typing', async () => {
    document.body.append(element());
    open({});
    await settle();
    http.expectNone(({ url }) => url === '/api/logs/search');
    expect(element().textContent).toContain('Search what scripts wrote');
    expect(document.activeElement).toBe(element().querySelector('input[type=search]'));
    element().remove();
  });

  it('asks with the words and filters of its address, and leaves out what is no filter', async () => {
    open({ q: ' disk ', state: 'failed', stream: 'stderr', eventId: 'x', range: '24h', until: '2026-01-01' });
    const params = await answer({});
    expect(params.get('q')).toBe('disk');
    expect([params.get('state'), params.get('stream')]).toEqual(['failed', 'stderr']);
    expect(params.has('eventId')).toBe(false);
    expect(Date.parse(params.get('from') ?? '')).toBeLessThan(Date.now());
    expect(params.has('to')).toBe(false);
  });

  it('shows hits by job, marked, each a link to its line', async () => {
    open({ q: 'disk' });
    await answer({ items: [hit(7), hit(3), hit(1, { jobId: executionId, eventName: 'Other' })] });
    const lines = [...element().querySelectorAll<HTMLAnchorElement>('[data-testid=log-hit]')];
    expect(lines.map((line) => line.querySelector('.text')?.textContent)).toEqual([
      'disk 7 full',
      'disk 3 full',
      'disk 1 full',
    ]);
    expect(lines[0]?.querySelector('mark')?.textContent).toBe('disk');
    expect(lines[0]?.getAttribute('href')).toBe(`/executions/${executionId}?job=${jobId}&line=7`);
    expect(element().querySelectorAll('section')).toHaveLength(2);
  });

  it('goes from the field to the hits with the arrow keys', async () => {
    document.body.append(element());
    open({ q: 'disk' });
    await answer({ items: [hit(7), hit(3)] });
    const press = (key: string) =>
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    const lines = element().querySelectorAll('.hit');
    press('ArrowDown');
    press('ArrowDown');
    expect(document.activeElement).toBe(lines[1]);
    press('ArrowUp');
    expect(document.activeElement).toBe(lines[0]);
    press('ArrowUp');
    expect(document.activeElement).toBe(element().querySelector('input[type=search]'));
    element().remove();
  });

  it('searches further back by itself until it has something', async () => {
    open({ q: 'disk' });
    await answer({ nextCursor: 'a', searchedBackTo: '2026-01-01T00:00:00.000Z' });
    expect(element().textContent).toContain('searching further back');
    const second = await answer({
      items: [hit(1)],
      nextCursor: 'b',
      searchedBackTo: '2025-01-01T00:00:00.000Z',
    });
    expect(second.get('cursor')).toBe('a');
    expect(element().textContent).toContain('disk 1 full');
    http.expectNone(({ url }) => url === '/api/logs/search');
    expect(element().textContent).toContain('Show older lines');
  });

  it('offers a wider search where there is nothing', async () => {
    const navigate = jest.spyOn(TestBed.inject(Router), 'navigate').mockResolvedValue(true);
    open({ q: 'tim' });
    await answer({});
    expect(element().textContent).toContain('No line has this');
    element().querySelector<HTMLButtonElement>('cr-placeholder button')?.click();
    expect(navigate).toHaveBeenCalledWith([], expect.objectContaining({ queryParams: { q: 'tim*' } }));
  });

  it('says what cannot be searched for, and what failed', async () => {
    open({ q: 'a*' });
    const [path, message] = ['query.q', 'Give at least 2 letters.'];
    asked().flush(
      { code: 'validation_failed', title: 'x', detail: 'x', errors: [{ path, message }] },
      { status: 400, statusText: 'Bad Request' },
    );
    await settle();
    expect(element().textContent).toContain('This cannot be searched for');
    expect(element().textContent).toContain(message);
    fixture.componentRef.setInput('q', 'ab*');
    fixture.detectChanges();
    asked().flush({}, { status: 503, statusText: 'Unavailable' });
    await settle();
    expect(element().textContent).toContain('could not be loaded');
  });
});
