import { Logger } from '@nestjs/common';
import { setImmediate as tick } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

import { type Notification, Notifications } from '../database/notifications';
import { Patience } from '../database/patience';
import type { Terminal } from './terminal';
import type { TerminalAccess, TerminalAccessReader } from './terminal-access';
import type { TerminalAudit } from './terminal-audit';
import { TerminalLimits } from './terminal-limits';
import type { TerminalSocket } from './terminal-socket';
import { TerminalWatch, type WatchedTerminal } from './terminal-watch';

const server = { name: 'Host', ownerId: 'me', isSystemManaged: false, share: null, way: 'a' };
const granted: TerminalAccess = { role: 'USER', isSignedIn: true, server };

/** A watch over terminals whose access the test decides. */
function setUp(read: () => Promise<TerminalAccess[]>) {
  const limits = new TerminalLimits();
  const notifications = new Notifications({} as DataSource, new Patience());
  const access = { read: jest.fn(read) };
  const audit = { flush: jest.fn(() => Promise.resolve()) };
  const watch = new TerminalWatch(
    access as unknown as TerminalAccessReader,
    audit as unknown as TerminalAudit,
    limits,
    notifications,
  );
  watch.onModuleInit();
  const end = jest.fn<undefined, [reason: string]>();
  const one: WatchedTerminal = {
    terminal: { end } as unknown as Terminal,
    socket: { data: { caller: { id: 'me' }, sessionId: 's' } } as unknown as TerminalSocket,
    serverId: 'x',
    way: 'a',
  };
  const reasons = () => end.mock.calls.map(([reason]) => reason);
  return { limits, notifications, access, audit, watch, one, reasons };
}

describe('TerminalWatch', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('asks nothing while no terminal is open', () => {
    const { watch, access } = setUp(() => Promise.resolve([granted]));
    watch.wake();
    expect(access.read).not.toHaveBeenCalled();
  });

  it.each<[Notification['kind'], boolean]>([
    ['server.changed', true],
    ['access.changed', true],
    ['reconnected', true],
    ['job.queued', false],
  ])('asks when it is told %s: %s', async (kind, asks) => {
    const { watch, access, notifications, one } = setUp(() => Promise.resolve([granted]));
    await watch.watch(one);
    notifications.receive({ kind } as Notification);
    await tick();
    expect(access.read).toHaveBeenCalledTimes(asks ? 2 : 1);
  });

  it.each<[string, Partial<TerminalAccess>]>([
    ['account_disabled', { role: null }],
    ['server_deleted', { server: null }],
    ['access_lost', { role: 'VIEWER' }],
    ['access_lost', { server: { ...server, ownerId: 'another', share: 'use' } }],
    ['signed_out', { isSignedIn: false }],
    ['server_changed', { server: { ...server, way: 'b' } }],
  ])('ends as %s with %j', async (reason, change) => {
    const { watch, one, reasons } = setUp(() => Promise.resolve([{ ...granted, ...change }]));
    await watch.watch(one);
    expect(reasons()).toEqual([reason]);
  });

  it('holds no terminal for which it cannot ask at the beginning', async () => {
    const { watch, one, reasons } = setUp(() => Promise.reject(new Error('away')));
    await expect(watch.watch(one)).rejects.toThrow('away');
    expect(reasons()).toEqual(['access_unknown']);
  });

  it('bears a database that is away for a moment, and not for longer', async () => {
    const { watch, one, reasons, access, limits } = setUp(() => Promise.resolve([granted]));
    await watch.watch(one);
    access.read.mockRejectedValue(new Error('away'));
    watch.wake();
    await tick();
    expect(reasons()).toEqual([]);
    Object.assign(limits, { uncheckedMilliseconds: 0 });
    watch.wake();
    await tick();
    expect(reasons()).toEqual(['access_unknown']);
  });

  it('ends all, and what comes too late, when the process stops, and waits for the record', async () => {
    const { watch, one, reasons, audit } = setUp(() => Promise.resolve([granted]));
    await watch.watch(one);
    await watch.beforeApplicationShutdown();
    await watch.watch(one);
    expect(reasons()).toEqual(['shutting_down', 'shutting_down']);
    expect(audit.flush).toHaveBeenCalledTimes(1);
  });
});
