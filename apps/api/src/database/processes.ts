import { isDead, thisProcess } from '@cronium/execution';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Config } from '../config/config';

/** A process that does not beat for so long is dead, in seconds. */
const silenceSeconds = 10;
/** A process believes in the silence of others when its own beats have arrived for so long without a gap. */
const trustMilliseconds = silenceSeconds * 1000;
const longestGapMilliseconds = 6000;

interface OtherProcess {
  readonly id: string;
  /** As its machine knows it. */
  readonly name: string;
  readonly isSilent: boolean;
}

/** The processes of this installation, by their beats in the database. */
@Injectable()
export class Processes {
  /** Of this process, as long as it lives. */
  readonly id = uuid();
  private readonly name = thisProcess();
  private lastBeatAt = 0;
  private steadySince = 0;

  constructor(
    private readonly database: DataSource,
    private readonly config: Config,
  ) {}

  /**
   * Says that this process lives.
   *
   * @returns ids of those that are dead: their host says so, when it is ours, or their silence
   */
  async beat(): Promise<string[]> {
    const others = await this.database.query<OtherProcess[]>(
      `WITH mine AS (
         INSERT INTO processes (id, name, roles) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET beat_at = now())
       SELECT id, name, beat_at < now() - make_interval(secs => ${silenceSeconds}) AS "isSilent"
         FROM processes WHERE id <> $1`,
      [this.id, this.name, [...this.config.roles]],
    );
    this.followBeats();
    return others.filter((other) => this.isDead(other)).map(({ id }) => id);
  }

  /**
   * Takes a dead process off the list, within the transaction that takes over what it had.
   *
   * @returns false when another process has, or when it beats again
   */
  async bury(transaction: EntityManager, id: string): Promise<boolean> {
    const [other] = await transaction.query<Pick<OtherProcess, 'name' | 'isSilent'>[]>(
      `SELECT name, beat_at < now() - make_interval(secs => ${silenceSeconds}) AS "isSilent" FROM processes WHERE id = $1 FOR UPDATE`,
      [id],
    );
    if (!other || !(other.isSilent || isDead(other.name))) return false;
    await transaction.query('DELETE FROM processes WHERE id = $1', [id]);
    return true;
  }

  /** This process goes. */
  async leave(): Promise<void> {
    await this.database.query('DELETE FROM processes WHERE id = $1', [this.id]);
  }

  /** After an outage everybody was silent; who was steady since then may judge. */
  private followBeats(): void {
    const now = performance.now();
    if (now - this.lastBeatAt > longestGapMilliseconds) this.steadySince = now;
    this.lastBeatAt = now;
  }

  private isDead({ name, isSilent }: OtherProcess): boolean {
    if (isDead(name)) return true;
    return isSilent && performance.now() - this.steadySince >= trustMilliseconds;
  }
}
