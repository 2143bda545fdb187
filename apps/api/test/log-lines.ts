import { Writable } from 'node:stream';

/** The lines of a log that is written to it. */
export class LogLines extends Writable {
  readonly lines: Readonly<Record<string, unknown>>[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const line of chunk.toString().split('\n').filter(Boolean))
      this.lines.push(JSON.parse(line) as Record<string, unknown>);
    done();
  }

  /** Those that say this. */
  saying(message: string): Readonly<Record<string, unknown>>[] {
    return this.lines.filter(({ msg }) => typeof msg === 'string' && msg.includes(message));
  }
}
