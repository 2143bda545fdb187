import type { Duplex } from 'node:stream';

import { deferred } from '../deferred';
import { type SessionNews, sessionReplySchema } from './broker-messages';
import { readLines, writeLine } from './line-stream';

/** How long a client may take to say which sandboxes are in use. */
const ANSWER_MS = 30_000;

/** One client's use of one server, for as long as its connection holds: what the broker tells and asks it. */
export class BrokerSession {
  private readonly questions = new Map<number, (containerIds: ReadonlySet<string>) => void>();
  private asked = 0;

  constructor(
    private readonly socket: Duplex,
    onEnd: () => void,
  ) {
    readLines(
      socket,
      (line) => this.hear(line),
      () => {
        // A client that is half gone is gone. Connections here may be half open, and end only when somebody ends them.
        socket.destroy();
        onEnd();
      },
    );
  }

  tell(news: SessionNews): void {
    writeLine(this.socket, news);
  }

  /** Which of these belong to a job that has not ended. All of them when the client does not say in time: then nothing is removed. */
  async inUse(containerIds: readonly string[]): Promise<ReadonlySet<string>> {
    const number = ++this.asked;
    const { promise, resolve } = deferred<ReadonlySet<string>>();
    this.questions.set(number, resolve);
    this.tell({ news: 'ask', number, containerIds: [...containerIds] });
    const timer = setTimeout(() => resolve(new Set(containerIds)), ANSWER_MS).unref();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.questions.delete(number);
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private hear(line: string): void {
    try {
      const { number, containerIds } = sessionReplySchema.parse(JSON.parse(line));
      this.questions.get(number)?.(new Set(containerIds));
    } catch {
      this.close(); // what it says is not understood: it may come again, and be heard anew
    }
  }
}
