import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';

import { SessionStore } from '../../core/auth/session';
import { Toasts } from '../../shared/feedback/toasts';
import { containerServer } from './container-fixture';
import { JoinServer } from './join-server';

describe('JoinServer', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<JoinServer>;
  let navigate: jest.SpyInstance;

  const open = async (role = 'ADMIN') => {
    TestBed.configureTestingModule({
      imports: [JoinServer],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: { user: signal({ role }) } },
        { provide: Toasts, useValue: { show: () => undefined } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    navigate = jest.spyOn(TestBed.inject(Router), 'navigate').mockResolvedValue(true);
    fixture = TestBed.createComponent(JoinServer);
    await settled();
  };
  const settled = async () => {
    fixture.detectChanges();
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const fill = (label: string, value: string) => {
    const field = [...page().querySelectorAll('cr-field')].find((one) => one.textContent.includes(label));
    const control = field?.querySelector<HTMLInputElement | HTMLTextAreaElement>('input, textarea');
    if (!control) throw new Error(`There is no field “${label}”.`);
    control.value = value;
    control.dispatchEvent(new Event('input'));
  };
  const join = async () => {
    page().querySelector<HTMLButtonElement>('button[type=submit]')?.click();
    await settled();
  };
  const fillAll = () => {
    fill('Name', 'Second machine');
    fill('Address', 'tls://runner-2:5443');
    fill('Join token', 'cronium-join-1.abc');
  };

  afterEach(() => http.verify());

  it('joins the broker and opens the server', async () => {
    await open();
    fillAll();
    expect(fixture.componentInstance.hasUnsavedChanges()).toBe(true);
    await join();
    const request = http.expectOne({ method: 'POST', url: '/api/servers' });
    expect(request.request.body).toMatchObject({
      type: 'container',
      name: 'Second machine',
      broker: { address: 'tls://runner-2:5443', joinToken: 'cronium-join-1.abc' },
    });
    const server = containerServer();
    request.flush(server);
    await settled();
    http.expectOne({ method: 'POST', url: `/api/servers/${server.id}/check` }).flush({});
    await settled();
    await settled();
    expect(navigate).toHaveBeenCalledWith(['/servers', server.id]);
    expect(fixture.componentInstance.hasUnsavedChanges()).toBe(false);
  });

  it('says at its field what is missing, and asks for nothing', async () => {
    await open();
    await join();
    expect(page().textContent).toContain('Give the server a name.');
    expect(page().textContent).toContain('Give the join token.');
    expect(page().textContent).toContain('Write it as tls://host:port');
  });

  it('says at its field why the broker refused, and keeps what was entered', async () => {
    await open();
    fillAll();
    await join();
    const message = 'The join token was used. Make a new one.';
    http.expectOne('/api/servers').flush(
      {
        ...{
          type: 'about:blank',
          title: 'Bad Request',
          status: 400,
          code: 'broker_not_joined',
          detail: message,
        },
        errors: [{ path: 'body.broker.joinToken', message }],
      },
      { status: 400, statusText: 'Bad Request' },
    );
    await settled();
    await settled(); // the refusal, and then what the form makes of it
    expect(page().textContent).toContain(message);
    expect(page().querySelector<HTMLInputElement>('input')?.value).toBe('Second machine');
    expect(navigate).not.toHaveBeenCalled();
  });

  it('is for administrators', async () => {
    await open('USER');
    expect(page().querySelector('form')).toBeNull();
    expect(page().textContent).toContain('added by administrators');
  });
});
