import type { ShellClose } from '@cronium/execution';

import { Terminal, type TerminalEnd, type TerminalViewer } from './terminal';
import { TerminalLimits } from './terminal-limits';

/** A terminal between a shell and a viewer in the hands of a test. */
function setUp() {
  const limits = new TerminalLimits();
  const shown: (() => void)[] = [];
  const taken: (() => void)[] = [];
  const told: string[] = [];
  const ends: TerminalEnd[] = [];
  let say: (data: Buffer) => void = () => undefined;
  let close: (end: ShellClose) => void = () => undefined;
  const shell = {
    write: jest.fn((_: string | Buffer, done: () => void) => taken.push(done)),
    resize: jest.fn(),
    onData: (listener: typeof say) => (say = listener),
    onClose: (listener: typeof close) => (close = listener),
    pause: jest.fn(),
    resume: jest.fn(),
    close: jest.fn(),
  };
  const viewer = {
    emit: (name: string, _: unknown, acknowledge?: () => void) => {
      told.push(name);
      if (acknowledge) shown.push(acknowledge);
    },
  };
  const terminal = new Terminal(shell, viewer as unknown as TerminalViewer, limits, (end) => ends.push(end));
  return {
    ...{ terminal, limits, shell, shown, taken, told, ends },
    say: (text: string) => say(Buffer.from(text)),
    close: (end: ShellClose) => close(end),
  };
}

describe('Terminal', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('reads the host from its start on, and no more of it while much is unshown, however small', () => {
    const { terminal, shell, say, shown } = setUp();
    expect(shell.resume).not.toHaveBeenCalled();
    terminal.start();
    shell.resume.mockClear();
    for (let count = 0; count < 256; count += 1) say('x');
    expect(shell.pause).not.toHaveBeenCalled();
    say('x');
    expect(shell.pause).toHaveBeenCalledTimes(1);
    shown.splice(0, 128).forEach((acknowledge) => acknowledge());
    expect(shell.resume).not.toHaveBeenCalled();
    shown.shift()?.();
    expect(shell.resume).toHaveBeenCalledTimes(1);
  });

  it('takes no more input than the host may be behind, however small', () => {
    const { terminal, shell, taken } = setUp();
    terminal.start();
    for (let count = 0; count < 1024; count += 1) void terminal.write('x');
    expect(() => terminal.write('x')).toThrow('does not take input that fast');
    expect(shell.write).toHaveBeenCalledTimes(1024);
    taken.shift()?.();
    expect(() => terminal.write('x')).not.toThrow();
  });

  it('takes nothing before its start and after its end', () => {
    const { terminal } = setUp();
    const acts = [
      () => terminal.write('x'),
      () => terminal.resize({ columns: 80, rows: 24 }),
      () => terminal.stay(),
    ];
    for (const act of acts) expect(act).toThrow('No terminal is open');
    terminal.start();
    terminal.end('idle', 'x');
    for (const act of acts) expect(act).toThrow('No terminal is open');
  });

  it('ends once, for the first reason, and hangs up', () => {
    const { terminal, shell, told, ends, close } = setUp();
    terminal.start();
    terminal.end('access_lost', 'You may no longer.');
    close({ code: 0, signal: undefined, cause: undefined });
    terminal.end('idle', 'Nobody was there.');
    expect(ends).toMatchObject([{ reason: 'access_lost', message: 'You may no longer.' }]);
    expect(told).toEqual(['closed']);
    expect(shell.close).toHaveBeenCalledTimes(1);
    jest.runAllTimers();
    expect(told).toEqual(['closed']);
  });

  it.each<[ShellClose, object]>([
    [
      { code: 3, signal: undefined, cause: undefined },
      { reason: 'exited', exitCode: 3 },
    ],
    [
      { code: undefined, signal: 'HUP', cause: undefined },
      { reason: 'exited', message: /HUP/ },
    ],
    [
      { code: undefined, signal: undefined, cause: new Error('gone') },
      { reason: 'host_lost', message: /gone/ },
    ],
  ])('tells %j as %j', (end, expected) => {
    const { terminal, ends, close } = setUp();
    terminal.start();
    close(end);
    const { message, ...others } = expected as { message?: RegExp };
    expect(ends[0]).toMatchObject(others);
    expect(ends[0]?.message).toMatch(message ?? /ended/);
  });
});
