import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';

import { SessionStore, type SessionState } from '../../../core/auth/session';
import { FakeTerminalSocket } from './fake-terminal-socket';
import { TERMINAL_SOCKETS } from './terminal-socket';
import { TerminalSession } from './terminal-session';

const size = { columns: 80, rows: 24 };
const user = { id: 'u', email: 'a@example.com', name: 'Ada', role: 'USER', status: 'ACTIVE' } as const;
const signedIn = (token: string, lifeSeconds = 900): SessionState => ({
  kind: 'signed-in',
  user: { ...user, createdAt: '2026-01-01T00:00:00Z' } as never,
  token,
  expiresAt: Date.now() + lifeSeconds * 1000,
});

describe('TerminalSession', () => {
  const sockets: FakeTerminalSocket[] = [];
  const state = signal<SessionState>({ kind: 'restoring' });
  const refresh = jest.fn<Promise<string | null>, []>();
  let session: TerminalSession;
  let written: [text: string, shown: () => void][];

  beforeEach(() => {
    jest.useFakeTimers();
    sockets.splice(0);
    state.set(signedIn('first'));
    refresh.mockReset().mockResolvedValue('second');
    written = [];
    TestBed.configureTestingModule({
      providers: [
        TerminalSession,
        {
          provide: SessionStore,
          useValue: { state, refresh, freshToken: () => Promise.resolve('first') },
        },
        {
          provide: TERMINAL_SOCKETS,
          useValue: (token: string) => {
            const socket = new FakeTerminalSocket(token);
            sockets.push(socket);
            return Promise.resolve(socket.asSocket);
          },
        },
      ],
    });
    session = TestBed.inject(TerminalSession);
    TestBed.tick();
  });
  afterEach(() => {
    TestBed.resetTestingModule();
    jest.useRealTimers();
  });

  async function open(): Promise<FakeTerminalSocket> {
    await session.open('s', size, {
      write: (data, shown) => written.push([new TextDecoder().decode(data), shown]),
    });
    const socket = sockets.at(-1)!;
    socket.last('open').answer({ ok: true, idleSeconds: 1800 });
    return socket;
  }

  it('opens a shell of the screen’s size, with the token of the session', async () => {
    const socket = await open();
    expect(socket.token).toBe('first');
    expect(socket.last('open').body).toEqual({ serverId: 's', ...size });
    expect(session.state()).toEqual({ kind: 'open', idleSeconds: 1800 });
  });

  it('acknowledges output when the screen has drawn it', async () => {
    const socket = await open();
    const shown = jest.fn();
    socket.tell('output', new TextEncoder().encode('hello').buffer, shown);
    expect(written[0]?.[0]).toBe('hello');
    expect(shown).not.toHaveBeenCalled();
    written[0]?.[1]();
    expect(shown).toHaveBeenCalledTimes(1);
  });

  it('says why it was refused, and tries again on another socket', async () => {
    await session.open('s', size, { write: jest.fn() });
    sockets[0]!.last('open').answer({ ok: false, code: 'host_unreachable', message: 'Nobody answers.' });
    expect(session.state()).toEqual({
      kind: 'refused',
      code: 'host_unreachable',
      message: 'Nobody answers.',
    });
    expect(sockets[0]!.disconnected).toBe(true);
    await open();
    expect(sockets).toHaveLength(2);
    expect(session.state().kind).toBe('open');
  });

  it('says how it ended, and types nothing more', async () => {
    const socket = await open();
    const end = { reason: 'access_lost', message: 'You may no longer manage “Host”.' };
    socket.tell('closed', end);
    expect(session.state()).toEqual({ kind: 'ended', end });
    session.type('id\r');
    expect(socket.sent.map(({ name }) => name)).toEqual(['open']);
  });

  it('tells a lost connection from an end', async () => {
    (await open()).tell('disconnect');
    expect(session.state()).toEqual({ kind: 'lost' });
    await session.open('s', size, { write: jest.fn() });
    sockets.at(-1)!.tell('connect_error');
    expect(session.state()).toMatchObject({ kind: 'refused', code: 'unreachable' });
  });

  it('asks for another token when its own is not accepted', async () => {
    const socket = await open();
    socket.active = false;
    socket.tell('connect_error');
    expect(session.state()).toMatchObject({ kind: 'refused', code: 'unauthenticated' });
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('warns of idleness until somebody is there', async () => {
    const socket = await open();
    const warn = () => socket.tell('idle', { closesInSeconds: 120 });
    warn();
    expect(session.closesAt()).toBe(Date.now() + 120_000);
    session.stay();
    expect(socket.last('stay').body).toEqual({});
    expect(session.closesAt()).toBeNull();
    warn();
    session.type('x');
    expect(session.closesAt()).toBeNull();
  });

  it('renews its token before it ends, and again when that does not succeed', async () => {
    const socket = await open();
    refresh.mockRejectedValueOnce(new Error('away'));
    await jest.advanceTimersByTimeAsync(779_000);
    expect(refresh).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(refresh).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(refresh).toHaveBeenCalledTimes(2);
    state.set(signedIn('second'));
    TestBed.tick();
    expect(socket.last('renew').body).toEqual({ token: 'second' });
  });

  it('hangs up with its page', async () => {
    const socket = await open();
    TestBed.resetTestingModule();
    expect(socket.disconnected).toBe(true);
  });
});
