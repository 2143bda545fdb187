import { hostname } from 'node:os';

import type { AlertKind } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { DataFolder } from '../../executions/data-folder';
import { AlertRecords } from '../alert-records';
import { presentStatement } from './conditions';
import { decide, type Decision } from './decide';
import type { Finding, Present, Rule, UnresolvedAlert } from './present';

/** Of all replicas one evaluates at a time. Any number that nothing else uses. */
const lockKey = 720_017;
/** Resolved alerts are kept for so long. */
const keptDays = 180;

/** Looks at the conditions of all rules, and raises and resolves alerts. */
@Injectable()
export class AlertEvaluator {
  constructor(
    private readonly database: DataSource,
    private readonly records: AlertRecords,
    private readonly dataFolder: DataFolder,
  ) {}

  /**
   * Once: one statement when all is well. Does nothing while another process is at it.
   *
   * @param now the database's time when it is left out
   * @returns when the next delivery is due; null when none waits
   */
  async evaluate(now: Date | null = null): Promise<Date | null> {
    const disk = await this.dataFolder.usedPercent();
    const seen = await this.look(this.database.manager, now, disk);
    if (isNothing(decide(seen))) return seen.nextDeliveryAt;
    return this.database.transaction(async (transaction) => {
      const [lock] = await transaction.query<{ taken: boolean }[]>(
        'SELECT pg_try_advisory_xact_lock($1) AS taken',
        [lockKey],
      );
      if (!lock?.taken) return seen.nextDeliveryAt;
      // What another process has done meanwhile is seen only now.
      const present = await this.look(transaction, now, disk);
      await this.act(transaction, decide(present), present.now);
      // Some of it may be to deliver.
      return present.now;
    });
  }

  private async look(manager: EntityManager, now: Date | null, diskPercent: number): Promise<Present> {
    const [row] = await manager.query<PresentRow[]>(presentStatement, [now]);
    if (!row) throw new Error('The conditions of alerts have no row.');
    const rules = row.rules ?? [];
    const conditions = (row.conditions ?? []).map(({ since, seenAt, ...condition }) => ({
      ...condition,
      since: new Date(since),
      seenAt: new Date(seenAt),
    }));
    return {
      ...{ now: row.now, rules, conditions, nextDeliveryAt: row.nextDeliveryAt },
      findings: [...(row.findings ?? []), ...ownDisk(rules, diskPercent)],
      unresolved: row.unresolved ?? [],
    };
  }

  private async act(transaction: EntityManager, decision: Decision, now: Date): Promise<void> {
    const { holding, over, raise, resolve, untold } = decision;
    await transaction.query(
      `INSERT INTO alert_conditions (kind, subject_id, since, seen_at)
       SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
       ON CONFLICT (kind, subject_id) DO UPDATE SET since = excluded.since, seen_at = excluded.seen_at`,
      [
        holding.map(({ kind }) => kind),
        holding.map(({ subjectId }) => subjectId),
        holding.map(({ since }) => since),
        holding.map(({ seenAt }) => seenAt),
      ],
    );
    await transaction.query(
      `DELETE FROM alert_conditions WHERE (kind, subject_id) IN (SELECT * FROM unnest($1::text[], $2::uuid[]))`,
      [over.map(({ kind }) => kind), over.map(({ subjectId }) => subjectId)],
    );
    for (const alert of raise) await this.records.raise(transaction, { ...alert, count: 0, at: now });
    for (const { kind, subject } of resolve) await this.records.resolve(transaction, kind, [subject], now);
    for (const id of untold) await this.records.tellAnew(transaction, id, now);
    await transaction.query(
      `WITH forgotten AS (DELETE FROM failed_sign_ins WHERE minute < $1::timestamptz - interval '1 day'),
            -- Of a server that was deleted, or that nobody measures any more.
            unseen AS (DELETE FROM alert_conditions WHERE seen_at < $1::timestamptz - interval '1 day')
       DELETE FROM alerts WHERE resolved_at < $1::timestamptz - interval '${keptDays} days'`,
      [now],
    );
  }
}

function isNothing({ holding, over, raise, resolve, untold }: Decision): boolean {
  return [holding, over, raise, resolve, untold].every((list) => list.length === 0);
}

/** Of the machine that evaluates: the other machines' are their own. */
function ownDisk(rules: readonly Rule[], percent: number): Finding[] {
  const rule = rules.find(({ kind }) => kind === 'disk_short');
  if (rule?.threshold === undefined || rule.threshold === null) return [];
  return [
    {
      kind: 'disk_short',
      serverId: null,
      eventId: null,
      name: null,
      value: percent,
      holds: percent >= rule.threshold,
      details: { host: hostname() },
    },
  ];
}

interface PresentRow {
  now: Date;
  rules: Rule[] | null;
  findings: Finding[] | null;
  conditions: { kind: AlertKind; subjectId: string; since: string; seenAt: string }[] | null;
  unresolved: UnresolvedAlert[] | null;
  nextDeliveryAt: Date | null;
}
