import { provideHttpClient, withInterceptors } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import type { AlertRule } from '@cronium/contracts';

import { problemInterceptor } from '../../../core/http/problem';
import { id } from '../alert-fixture';
import { RuleDialog } from './rule-dialog';

const rule: AlertRule = {
  ...{ id: id(10), kind: 'disk_short', enabled: true, threshold: 90, criticalThreshold: 97, forSeconds: 300 },
  ...{
    severity: 'warning',
    recipients: { who: 'owner' },
    channelIds: null,
    updatedAt: '2026-01-01T00:00:00Z',
  },
};

describe('RuleDialog', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<RuleDialog>;
  let closed: unknown[];

  const open = async (data: AlertRule) => {
    closed = [];
    TestBed.configureTestingModule({
      imports: [RuleDialog],
      providers: [
        provideHttpClient(withInterceptors([problemInterceptor])),
        provideHttpClientTesting(),
        { provide: MAT_DIALOG_DATA, useValue: data },
        { provide: MatDialogRef, useValue: { close: (result: unknown) => closed.push(result) } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(RuleDialog);
    fixture.detectChanges();
    const nobody = { items: [{ id: id(20), name: 'Ada', email: 'ada@example.com' }], nextCursor: null };
    http.expectOne(({ url }) => url === '/api/users').flush(nobody);
    http.expectOne(({ url }) => url === '/api/alert-channels').flush({ items: [], nextCursor: null });
    await settle();
  };
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    fixture.detectChanges();
  };
  const page = () => fixture.nativeElement as HTMLElement;
  const field = (label: string) => {
    const found = [...page().querySelectorAll('cr-field')].find(
      (one) => one.querySelector('label')?.textContent === label,
    );
    return found?.querySelector<HTMLInputElement>('.input');
  };
  const fill = async (label: string, value: string) => {
    const input = field(label);
    if (!input) throw new Error(`There is no field ${label}.`);
    input.value = value;
    input.dispatchEvent(new Event('input'));
    input.dispatchEvent(new Event('change'));
    await settle();
  };
  const save = async () => {
    page().querySelector('form')?.dispatchEvent(new Event('submit'));
    await settle();
    return http.match(`/api/alert-rules/${id(10)}`)[0];
  };

  it('sends what the rule is then, and gives it back as saved', async () => {
    await open(rule);
    await fill('From how many percent on', '80');
    await fill('Critical from', '');
    const request = await save();
    expect(request?.request.body).toEqual({
      ...{ threshold: 80, criticalThreshold: null, forSeconds: 300, severity: 'warning' },
      ...{ recipients: { who: 'owner' }, channelIds: null },
    });
    request?.flush({ ...rule, threshold: 80 });
    await settle();
    expect(closed).toEqual([{ ...rule, threshold: 80 }]);
  });

  it('wants people when they are to be named', async () => {
    await open(rule);
    await fill('Who hears of it by e-mail', 'users');
    expect(await save()).toBeUndefined();
    page().querySelector<HTMLInputElement>('fieldset input')?.click();
    await settle();
    expect((await save())?.request.body).toMatchObject({ recipients: { who: 'users', userIds: [id(20)] } });
  });

  it('shows what the API refuses at its field', async () => {
    await open(rule);
    await fill('From how many percent on', '101');
    const errors = [{ path: 'body.threshold', message: 'Give 1 to 100 percent.' }];
    const problem = { code: 'validation_failed', title: 'No', detail: 'No', errors };
    (await save())?.flush(problem, { status: 400, statusText: 'Bad Request' });
    await settle();
    expect(page().querySelector('[role="alert"]')?.textContent).toBe('Give 1 to 100 percent.');
    expect(closed).toEqual([]);
  });

  it('asks for no threshold and no duration where there is none', async () => {
    await open({ ...rule, kind: 'did_not_run', threshold: null, criticalThreshold: null, forSeconds: 0 });
    expect(field('For how long, in seconds')).toBeUndefined();
    expect(field('Critical from')).toBeUndefined();
    expect((await save())?.request.body).toMatchObject({ threshold: null, forSeconds: 0 });
  });
});
