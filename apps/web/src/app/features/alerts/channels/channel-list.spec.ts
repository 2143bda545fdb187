import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { AlertChannel, AlertChannelTest } from '@cronium/contracts';

import { SessionStore } from '../../../core/auth/session';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { Toasts } from '../../../shared/feedback/toasts';
import { id } from '../alert-fixture';
import { ChannelList } from './channel-list';

const hook: AlertChannel = {
  ...{ id: id(10), name: 'Operations', enabled: true, kind: 'webhook' },
  webhook: { url: 'https://hooks.example.com/x', hasSecret: true },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
};

describe('ChannelList', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<ChannelList>;

  const open = async (items: AlertChannel[]) => {
    TestBed.configureTestingModule({
      imports: [ChannelList],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: { user: signal({ role: 'ADMIN' }) } },
        { provide: Dialogs, useValue: { confirm: () => Promise.resolve(true) } },
        { provide: Toasts, useValue: { show: () => undefined } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(ChannelList);
    fixture.detectChanges();
    http.expectOne('/api/alert-channels').flush({ items, nextCursor: null });
    await settle();
  };
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    fixture.detectChanges();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const click = (selector: string) => page().querySelector<HTMLElement>(selector)?.click();
  const test = async (result: Partial<AlertChannelTest>) => {
    click('[aria-label="Test Operations"]');
    fixture.detectChanges();
    http.expectOne(`/api/alert-channels/${id(10)}/test`).flush(result);
    await settle();
    return page().querySelector('[data-testid="test-result"]')?.textContent.replace(/\s+/g, ' ').trim();
  };

  it('says what a channel is for when there is none', async () => {
    await open([]);
    expect(page().textContent).toContain('Alerts stay in the product');
  });

  it('tests one, and says what the other side said', async () => {
    await open([hook]);
    expect(await test({ delivered: false, error: 'It answered 410: Gone', recipient: 'x' })).toBe(
      '“Operations” does not work It answered 410: Gone',
    );
    expect(await test({ delivered: true, error: null, recipient: 'hooks.example.com' })).toBe(
      '“Operations” works hooks.example.com has accepted the test.',
    );
  });

  it('switches one off, and deletes it', async () => {
    await open([hook]);
    click('[aria-label="Operations is on"]');
    const change = http.expectOne(`/api/alert-channels/${id(10)}`);
    expect(change.request.body).toEqual({ enabled: false });
    change.flush({ ...hook, enabled: false });
    await settle();
    expect(page().querySelector('[data-testid="channel-row"]')?.className).toContain('off');
    click('[aria-label="Delete Operations"]');
    await settle();
    http.expectOne({ method: 'DELETE', url: `/api/alert-channels/${id(10)}` }).flush(null);
    await settle();
    expect(page().textContent).toContain('Alerts stay in the product');
  });
});
