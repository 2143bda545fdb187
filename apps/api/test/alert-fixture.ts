import type { AlertKind, Event, Session } from '@cronium/contracts';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AlertRecords, type RaisedAlert } from '../src/alerts/alert-records';
import { ChannelFactory } from '../src/alerts/channels/channel-factory';
import { Deliverer } from '../src/alerts/deliveries/deliverer';
import { AlertEvaluator } from '../src/alerts/evaluation/alert-evaluator';
import { Config } from '../src/config/config';
import { DataFolder } from '../src/executions/data-folder';
import { onFake, startTestApp, type TestApp } from './test-app';

/** An application that neither runs jobs nor evaluates nor delivers by itself: a test does, at times of its own. */
export interface AlertFixture {
  readonly app: TestApp;
  readonly database: DataSource;
  readonly evaluator: AlertEvaluator;
  readonly deliverer: Deliverer;
  /** Raises an alert as whoever notices does. */
  raise(alert: RaisedAlert): Promise<void>;
  resolve(alert: Pick<RaisedAlert, 'kind' | 'subject'>): Promise<void>;
  setRule(kind: AlertKind, change: Readonly<Record<string, unknown>>): Promise<void>;
  createEvent(session: Session, name?: string): Promise<Event>;
  insertExecution(event: Event, columns?: Readonly<Record<string, unknown>>): Promise<string>;
}

export async function startAlertFixture(environment: NodeJS.ProcessEnv = {}): Promise<AlertFixture> {
  const app = await startTestApp(onFake(), { environment: { CRONIUM_ROLES: 'api', ...environment } });
  const get = <T>(type: new (...dependencies: never[]) => T): T => app.app.get(type, { strict: false });
  const database = get(DataSource);
  const records = get(AlertRecords);
  return {
    app,
    database,
    evaluator: new AlertEvaluator(database, records, get(DataFolder)),
    deliverer: new Deliverer(database, get(ChannelFactory), get(Config)),
    raise: (alert) => database.transaction((transaction) => records.raise(transaction, alert)),
    resolve: ({ kind, subject }) =>
      database.transaction((transaction) => records.resolve(transaction, kind, [subject])),
    setRule: async (kind, change) => {
      for (const [column, value] of Object.entries(change))
        await database.query(`UPDATE alert_rules SET ${column} = $2 WHERE kind = $1`, [kind, value]);
    },
    createEvent: async (session, name = 'Nightly') => {
      const body = { name, type: 'BASH', content: 'true' };
      return (await app.as(session, 'post', '/events').send(body).expect(201)).body as Event;
    },
    insertExecution: async (event, columns = {}) => {
      const id = uuid();
      const all = {
        ...{
          id,
          event_id: event.id,
          event_name: event.name,
          event_type: event.type,
          owner_id: event.owner.id,
        },
        ...{ state: 'succeeded', trigger: 'manual', ...columns },
      };
      const names = Object.keys(all);
      await database.query(
        `INSERT INTO executions (event_version_id, ${names.join(', ')})
         SELECT id, ${names.map((_, index) => `$${index + 2}`).join(', ')} FROM event_versions WHERE event_id = $1 LIMIT 1`,
        [event.id, ...Object.values(all)],
      );
      return id;
    },
  };
}

/** The body of a channel. */
export const webhook = {
  ...{ kind: 'webhook', name: 'Hook' },
  webhook: { url: 'https://hooks.example.com/x', secret: 'signed with this' },
};

/** Of a silence that begins a second ago, or so many hours later. */
export function anHour(startInHours = 0) {
  const start = Date.now() + startInHours * 3_600_000 - 1000;
  return { startsAt: new Date(start).toISOString(), endsAt: new Date(start + 3_600_000).toISOString() };
}
