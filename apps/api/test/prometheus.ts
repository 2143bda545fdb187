import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const fromRepository = join(__dirname, '../../../tmp/prometheus/usr/bin');
const programs =
  process.env['CRONIUM_PROMETHEUS'] ?? (existsSync(fromRepository) ? fromRepository : '/usr/bin');

/** What an answer of Prometheus' API has of it. */
export interface Answer<T> {
  readonly status: string;
  readonly error?: string;
  readonly data: T;
}

/** Runs promtool; its output, or its complaint as the error's message. */
export function promtool(args: string[], input = ''): string {
  return execFileSync(join(programs, 'promtool'), args, { input, encoding: 'utf8', stdio: 'pipe' });
}

/** Debian's Prometheus on a loopback port, with a data folder of its own. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  static async start(configuration: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'cronium-prometheus-'));
    writeFileSync(join(folder, 'prometheus.yml'), configuration);
    const child = spawn(
      join(programs, 'prometheus'),
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        '--web.listen-address=127.0.0.1:0',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const said: string[] = [];
    let address = '';
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      address = /msg="Listening on" address=(\S+)/.exec(line)?.[1] ?? address;
      // It listens earlier, and answers 503 until it has read its data.
      if (line.includes('Server is ready to receive web requests.')) {
        child.stderr.resume();
        return new Prometheus(child, folder, `http://${address}`);
      }
    }
    throw new Error(`Prometheus did not start:\n${said.join('\n')}`);
  }

  async ask<T>(path: string): Promise<Answer<T>> {
    return (await (await fetch(`${this.url}/api/v1/${path}`)).json()) as Answer<T>;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
