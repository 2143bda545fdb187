import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import type { Server } from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { Dialogs } from '../../shared/dialog/dialogs';
import type { Confirmation } from '../../shared/dialog/confirm-dialog';
import { Toasts } from '../../shared/feedback/toasts';
import { containerServer } from './container-fixture';
import { EditServer } from './edit-server';
import { mayEditServer } from './may-edit';

describe('EditServer, with a container server', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<EditServer>;
  let sure: boolean;
  let navigate: jest.SpyInstance;
  const confirm = jest.fn<Promise<boolean>, [Confirmation]>(() => Promise.resolve(sure));

  const open = async (server: Server, role = 'ADMIN') => {
    confirm.mockClear();
    sure = false;
    TestBed.configureTestingModule({
      imports: [EditServer],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: { user: signal({ role }) } },
        { provide: Dialogs, useValue: { confirm } },
        { provide: Toasts, useValue: { show: () => undefined } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    navigate = jest.spyOn(TestBed.inject(Router), 'navigate').mockResolvedValue(true);
    fixture = TestBed.createComponent(EditServer);
    fixture.componentRef.setInput('id', server.id);
    fixture.detectChanges();
    http.expectOne(`/api/servers/${server.id}`).flush(server);
    await settled();
  };
  const settled = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const words = () => page().textContent.replace(/\s+/g, ' ');
  const choose = async (isolation: string) => {
    page().querySelector<HTMLInputElement>(`input[type=radio][value=${isolation}]`)?.click();
    await settled();
  };
  const save = async () => {
    page().querySelector<HTMLButtonElement>('button[type=submit]')?.click();
    await settled();
  };
  const patch = () => http.expectOne({ method: 'PATCH', url: `/api/servers/${containerServer().id}` });

  afterEach(() => http.verify());

  it('says of each isolation what is weaker with it, and which one there is', async () => {
    await open(containerServer({ isolation: 'namespace' }));
    const radios = [
      ...page().querySelectorAll<HTMLInputElement>('[aria-labelledby=isolation] input[type=radio]'),
    ];
    expect(radios.map(({ value, checked }) => [value, checked])).toEqual([
      ['job', false],
      ['namespace', true],
      ['shared', false],
    ]);
    expect(words()).toContain('mount, unshare, sethostname');
    expect(words()).toContain('read each other’s files');
  });

  it('offers gVisor, says what it costs, and refuses it where it cannot be', async () => {
    await open(containerServer());
    expect(words()).toContain('What it costs:System calls take several times as long');
    await choose('runsc');
    await choose('namespace');
    await save();
    const alert = page().querySelector('[aria-labelledby=runtime] [role=alert]');
    expect(alert?.textContent).toContain('Choose isolation “job”');
    await choose('job');
    expect(page().querySelector('[aria-labelledby=runtime] [role=alert]')).toBeNull();
    await save();
    const request = patch();
    expect(request.request.body).toEqual({ containerConfig: { runtime: 'runsc' } });
    request.flush(containerServer({ runtime: 'runsc' }));
  });

  it('asks before scripts meet the machine’s kernel again', async () => {
    await open(containerServer({ runtime: 'runsc' }));
    await choose('runc');
    await save();
    expect(confirm.mock.calls[0]?.[0].text).toContain('within reach of scripts again');
    expect(fixture.componentInstance.hasUnsavedChanges()).toBe(true);
  });

  it('does not offer to rename what comes with Cronium', async () => {
    const labels = () => [...page().querySelectorAll('cr-field > label')].map((label) => label.textContent);
    await open(containerServer());
    expect(labels()).not.toContain('Name');
    TestBed.resetTestingModule();
    await open(containerServer({}, { isSystemManaged: false }));
    expect(labels()).toContain('Name');
  });

  it('asks before jobs are kept apart less, and saves nothing when that was not meant', async () => {
    await open(containerServer());
    await choose('namespace');
    await save();
    expect(confirm).toHaveBeenCalledTimes(1);
    const [question] = confirm.mock.calls[0] ?? [];
    expect(question?.text).toContain('From “A container for each job” to “Namespaces for each job”');
    expect(question?.text).toContain('• Memory and processes of one job are watched by its runner');
    expect(navigate).not.toHaveBeenCalled();
    expect(fixture.componentInstance.hasUnsavedChanges()).toBe(true);

    sure = true;
    await save();
    const request = patch();
    expect(request.request.body).toEqual({ containerConfig: { isolation: 'namespace' } });
    request.flush(containerServer({ isolation: 'namespace' }));
    await settled();
    expect(navigate).toHaveBeenCalled();
    expect(fixture.componentInstance.hasUnsavedChanges()).toBe(false);
  });

  it.each(['job', 'namespace'])('asks nothing for the stronger %s', async (isolation) => {
    await open(containerServer({ isolation: 'shared' }));
    await choose(isolation);
    await save();
    expect(confirm).not.toHaveBeenCalled();
    patch().flush(containerServer());
  });

  it('shows what the API refuses at its field, or above the form', async () => {
    await open(containerServer({ isolation: 'shared' }));
    await choose('job');
    await save();
    const refusal = {
      ...{ type: 'about:blank', title: 'Forbidden', status: 403, code: 'forbidden', requestId: 'r' },
      detail: 'Only administrators configure container servers.',
    };
    patch().flush(refusal, { status: 403, statusText: 'Forbidden' });
    await settled();
    expect(page().querySelector('cr-notice')?.textContent).toContain('Only administrators configure');
  });

  it.each([
    ['manage', 'USER', 'Container servers are configured by administrators.'],
    ['use', 'USER', 'not manage it'],
  ] as const)('offers no form to who may %s it as %s', async (access, role, reason) => {
    await open(containerServer({}, { access, isSystemManaged: false }), role);
    expect(page().querySelector('form')).toBeNull();
    expect(words()).toContain(reason);
  });
});

describe('who is shown “Edit”', () => {
  it.each([
    ['container', 'manage', 'ADMIN', true],
    ['container', 'manage', 'USER', false],
    ['container', 'use', 'USER', false],
    ['ssh', 'manage', 'USER', true],
    ['ssh', 'use', 'USER', false],
  ] as const)('a %s server that one may %s, as %s: %s', (type, access, role, may) => {
    expect(mayEditServer({ type, access }, { role })).toBe(may);
  });
});
