import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { Component, input, output, signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { TerminalSizeMessage } from '@cronium/contracts';

import { SessionStore, type SessionState } from '../../../core/auth/session';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { FakeTerminalSocket } from './fake-terminal-socket';
import { leaveTerminal } from './leave-terminal';
import { TerminalPage } from './terminal-page';
import { TerminalScreen } from './terminal-screen';
import { TERMINAL_SOCKETS } from './terminal-socket';

/** xterm needs a browser that lays out. */
@Component({
  selector: 'cr-terminal-screen',
  template: '',
  providers: [{ provide: TerminalScreen, useExisting: FakeScreen }],
})
class FakeScreen {
  readonly live = input.required<boolean>();
  readonly ready = output<TerminalSizeMessage>();
  readonly typed = output<string>();
  readonly resized = output<TerminalSizeMessage>();
  readonly left = output();
  readonly copied = output<string>();
  readonly write = jest.fn();
  readonly reset = jest.fn();
  readonly focus = jest.fn();
}

const id = '019abe00-0000-7000-8000-000000000042';
const server = {
  ...{ id, name: 'Host', type: 'ssh', access: 'manage' },
  connection: { username: 'deploy', host: 'web-01', port: 22 },
};

describe('TerminalPage', () => {
  const session = signal({ kind: 'signed-in', token: 't', expiresAt: Date.now() + 900_000 } as SessionState);
  const confirm = jest.fn(() => Promise.resolve(false));
  let fixture: ComponentFixture<TerminalPage>;
  let sockets: FakeTerminalSocket[];

  beforeEach(() => {
    sockets = [];
    confirm.mockClear();
    TestBed.configureTestingModule({
      imports: [TerminalPage],
      providers: [
        provideRouter([]),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: Dialogs, useValue: { confirm } },
        { provide: SessionStore, useValue: { state: session, freshToken: () => Promise.resolve('t') } },
        {
          provide: TERMINAL_SOCKETS,
          useValue: (token: string) => {
            sockets.push(new FakeTerminalSocket(token));
            return Promise.resolve(sockets.at(-1)!.asSocket);
          },
        },
      ],
    });
    TestBed.overrideComponent(TerminalPage, {
      remove: { imports: [TerminalScreen] },
      add: { imports: [FakeScreen] },
    });
    fixture = TestBed.createComponent(TerminalPage);
    fixture.componentRef.setInput('id', id);
  });

  const element = () => fixture.nativeElement as HTMLElement;
  const settle = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };
  const screen = (): FakeScreen => {
    const found = fixture.debugElement.query(({ name }) => name === 'cr-terminal-screen');
    return found.componentInstance as FakeScreen;
  };
  const press = async (text: string) => {
    const buttons = [...element().querySelectorAll('button')];
    buttons.find((button) => button.textContent.includes(text))?.click();
    await settle();
  };

  async function show(change: object = {}): Promise<void> {
    fixture.detectChanges();
    TestBed.inject(HttpTestingController)
      .expectOne(`/api/servers/${id}`)
      .flush({ ...server, ...change });
    await settle();
  }

  async function open(answer: object = { ok: true, idleSeconds: 1800 }): Promise<FakeTerminalSocket> {
    await show();
    screen().ready.emit({ columns: 100, rows: 30 });
    await settle();
    sockets[0]!.last('open').answer(answer);
    await settle();
    return sockets[0]!;
  }

  it.each([
    ['a server that one may only use', { access: 'use', connection: null }, 'for those who may manage'],
    ['a container server', { type: 'container', connection: null }, 'is not an ssh server'],
  ])('opens none on %s, and says so', async (_, change, text) => {
    await show(change);
    expect(element().textContent).toContain(text);
    expect(element().querySelector('cr-terminal-screen')).toBeNull();
    expect(sockets).toEqual([]);
  });

  it('connects when the screen knows its size, and then takes keys', async () => {
    await show();
    expect(element().textContent).toContain('Connecting to');
    screen().ready.emit({ columns: 100, rows: 30 });
    await settle();
    expect(sockets[0]?.last('open').body).toEqual({ serverId: id, columns: 100, rows: 30 });
    expect(screen().live()).toBe(false);
    sockets[0]?.last('open').answer({ ok: true, idleSeconds: 1800 });
    await settle();
    expect(element().textContent).toContain('Connected to deploy@web-01');
    expect(element().textContent).toContain('Closes after 30 minutes without a key');
    expect([screen().live(), screen().focus.mock.calls.length]).toEqual([true, 1]);
    screen().typed.emit('ls\r');
    expect(sockets[0]?.last('input').body).toEqual({ data: 'ls\r' });
    screen().resized.emit({ columns: 60, rows: 20 });
    expect(sockets[0]?.last('resize').body).toEqual({ columns: 60, rows: 20 });
  });

  it('gives the focus out of the terminal, to the button that ends it', async () => {
    document.body.append(element());
    const socket = await open();
    screen().left.emit();
    expect(document.activeElement?.textContent).toContain('End session');
    await press('End session');
    expect(socket.disconnected).toBe(true);
    expect(element().textContent).toContain('You have ended it.');
    element().remove();
  });

  it('says why it could not be opened, and tries again', async () => {
    await open({ ok: false, code: 'host_unreachable', message: 'Nobody answers there.' });
    const refused = element().querySelector('[data-testid="terminal-refused"]');
    expect(refused?.textContent).toContain('Nobody answers there.');
    await press('Try again');
    expect(sockets).toHaveLength(2);
    expect(element().querySelector('[data-testid="terminal-refused"]')).toBeNull();
  });

  it('says why it ended, keeps what it shows until it is opened again', async () => {
    const socket = await open();
    screen().reset.mockClear();
    socket.tell('closed', { reason: 'access_lost', message: 'You may no longer manage “Host”.' });
    await settle();
    const ended = element().querySelector('[data-testid="terminal-ended"]');
    expect(ended?.textContent).toContain('You have lost access');
    expect(ended?.textContent).toContain('You may no longer manage “Host”.');
    expect([screen().live(), screen().reset.mock.calls.length]).toEqual([false, 0]);
    await press('Open again');
    expect([sockets.length, screen().reset.mock.calls.length]).toEqual([2, 1]);
  });

  it('warns before it closes an idle one, and lets the person stay', async () => {
    const socket = await open();
    socket.tell('idle', { closesInSeconds: 120 });
    await settle();
    expect(element().textContent).toContain('Are you still there?');
    await press('Stay');
    expect(socket.last('stay').body).toEqual({});
    expect(element().textContent).not.toContain('Are you still there?');
  });

  it('asks before an open one is left, by a link or with the tab', async () => {
    const leave = () =>
      TestBed.runInInjectionContext(() => leaveTerminal(fixture.componentInstance, ...noRoute));
    const unload = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    await show();
    expect([leave(), unload()]).toEqual([true, true]);
    screen().ready.emit({ columns: 100, rows: 30 });
    await settle();
    sockets[0]?.last('open').answer({ ok: true, idleSeconds: 1800 });
    await settle();
    expect([await leave(), unload()]).toEqual([false, false]);
    expect(confirm).toHaveBeenCalledTimes(1);
  });
});

const noRoute = [{}, {}, {}] as unknown as [never, never, never];
