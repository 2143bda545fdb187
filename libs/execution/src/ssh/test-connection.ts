import type { HostKey } from '@cronium/server-types';

import type { ExecutorContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import { readRunnerFiles } from '../runner/runner-files';
import { ConnectionPool } from './connection-pool';
import { withoutPythonNotice } from './health';
import { startRunner } from './remote-runner';
import { runShell } from './shell-command';
import type { SshServer } from './ssh-server';

export const CONNECTION_STEPS = [
  'resolve',
  'connect',
  'host_key',
  'authenticate',
  'runner',
  'interpreters',
] as const;
type Step = (typeof CONNECTION_STEPS)[number];

/** What a test found; the shape of the API's `ConnectionTest`. */
export interface SshConnectionTest {
  /** No step failed. */
  readonly ok: boolean;
  /** Every step in order; those after a failure are `skipped`. */
  readonly steps: {
    readonly step: Step;
    readonly state: 'passed' | 'failed' | 'warning' | 'skipped';
    readonly durationMs: number;
    readonly message: string;
  }[];
  /** What the host has shown, also when it is not the approved one. */
  readonly hostKey: HostKey | null;
  /** Version by name, null where there is none. Empty when it was not come to. */
  readonly interpreters: Record<string, string | null>;
}

const VERSIONS = `
bash --version 2>/dev/null | { read -r line && echo "bash $line"; }
python3 -I -S -c 'import platform; print("python3", platform.python_version())' 2>/dev/null
node --version 2>/dev/null | { read -r line && echo "node $line"; }
`;

/** Connects as a job would, step by step, with what each found. Never rejects for what is wrong with the host. */
export async function testSshConnection(
  server: SshServer,
  context: Pick<ExecutorContext, 'runnerFolders' | 'onHostKeyOffered'>,
): Promise<SshConnectionTest> {
  const record = new StepRecord();
  let hostKey: HostKey | null = null;
  let interpreters: Record<string, string | null> = {};
  const pool = new ConnectionPool(server, (id, offered) => context.onHostKeyOffered(id, offered), {
    onStep: (step, message) => record.pass(step, message),
    onHostKey: (key) => (hostKey = key),
  });
  try {
    const files = await readRunnerFiles(context.runnerFolders);
    await pool.connect();
    const start = await startRunner(server, pool, files, 'check', 'check');
    if (start.kind === 'ready') {
      start.channel.close();
    }
    const remarks = [
      start.kind === 'no_python' && withoutPythonNotice(start.reason),
      start.kind !== 'gone' &&
        start.noise &&
        `Its login prints something before every command: ${start.noise.slice(0, 200)}`,
      start.kind === 'ready' &&
        start.replaced &&
        `Its copy of the runner was not to be trusted and was replaced: ${start.replaced}`,
    ].filter(Boolean);
    if (remarks.length > 0) {
      record.pass('runner', remarks.join(' '), 'warning');
    } else {
      record.pass('runner', 'The runner is placed and starts.');
    }
    interpreters = parseVersions(await runShell(server, pool, VERSIONS));
    const missing = Object.keys(interpreters).filter((name) => interpreters[name] === null);
    const found = Object.entries(interpreters).flatMap(([name, version]) =>
      version ? [`${name} ${version}`] : [],
    );
    record.pass(
      'interpreters',
      `Found ${found.join(', ') || 'none'}.${missing.length > 0 ? ` Not found: ${missing.join(', ')}.` : ''}`,
      missing.length > 0 ? 'warning' : 'passed',
    );
  } catch (error) {
    if (!(error instanceof ExecutionError)) {
      throw error;
    }
    record.fail(error.message);
  } finally {
    await pool.close();
  }
  return { ok: record.ok, steps: record.all(), hostKey, interpreters };
}

function parseVersions(text: string): Record<string, string | null> {
  const version = (name: string) => new RegExp(`^${name} .*?(\\d+(\\.\\d+)+)`, 'm').exec(text)?.[1] ?? null;
  return { bash: version('bash'), python3: version('python3'), node: version('node') };
}

/** The steps so far, each with the time since the one before. */
class StepRecord {
  ok = true;
  private readonly done: SshConnectionTest['steps'] = [];
  private since = performance.now();

  pass(step: Step, message: string, state: 'passed' | 'warning' = 'passed'): void {
    // A second connection tells of its steps, too.
    if (!this.done.some((found) => found.step === step)) {
      this.add(step, state, message);
    }
  }

  /** The step that is under way failed. */
  fail(message: string): void {
    this.ok = false;
    this.add(CONNECTION_STEPS[this.done.length] ?? 'interpreters', 'failed', message);
  }

  all(): SshConnectionTest['steps'] {
    const rest = CONNECTION_STEPS.slice(this.done.length);
    return [
      ...this.done,
      ...rest.map((step) => ({ step, state: 'skipped' as const, durationMs: 0, message: '' })),
    ];
  }

  private add(step: Step, state: 'passed' | 'warning' | 'failed', message: string): void {
    const now = performance.now();
    this.done.push({ step, state, durationMs: now - this.since, message });
    this.since = now;
  }
}
