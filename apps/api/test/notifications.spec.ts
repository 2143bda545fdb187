import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { type Notification, Notifications } from '../src/database/notifications';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';

const about = (executionId: string): Notification => ({ kind: 'execution.created', executionId });

describe('Notifications', () => {
  let installation: Installation;
  let app: TestApp;
  let notifications: Notifications;
  let database: DataSource;
  let heard: string[];
  /** What was heard when this came, itself included: what was published before has come by then. */
  const heardUntil = (last: string): Promise<string[]> =>
    new Promise((resolve) => {
      const check = () => heard.includes(last) && resolve([...heard]);
      notifications.messages.subscribe(check);
      check();
    });

  beforeAll(async () => {
    installation = await createInstallation();
    app = await startTestApp(onFake(new FakeServer()), { installation });
    notifications = app.app.get(Notifications);
    database = app.app.get(DataSource);
    notifications.messages.subscribe((message) => {
      if (message.kind === 'execution.created') heard.push(message.executionId);
    });
  });
  afterAll(async () => {
    await app.close();
    await installation.remove();
  });

  beforeEach(() => {
    heard = [];
  });

  it('are delivered when their transaction has committed, and not when it rolls back', async () => {
    let atCommit: string[] = [];
    await database
      .transaction(async (transaction) => {
        await notifications.publish(transaction, about('rolled back'));
        throw new Error('Rolled back.');
      })
      .catch(() => undefined);
    await database.transaction(async (transaction) => {
      await notifications.publish(transaction, about('committed'));
      await notifications.publish(database.manager, about('of no transaction'));
      await heardUntil('of no transaction');
      atCommit = [...heard];
    });
    expect(atCommit).toEqual(['of no transaction']);
    expect(await heardUntil('committed')).toEqual(['of no transaction', 'committed']);
  });

  it('are delivered in their order, to other processes the same once while it is not told yet', async () => {
    const other = await startTestApp(onFake(new FakeServer()), { installation });
    try {
      const heardThere: string[] = [];
      const all = new Promise<void>((resolve) => {
        other.app.get(Notifications).messages.subscribe((message) => {
          if (message.kind !== 'execution.created') return;
          heardThere.push(message.executionId);
          if (message.executionId === 'd') resolve();
        });
      });
      const told = ['a', 'b', 'c', 'b', 'c', 'd'];
      for (const id of told) await notifications.publish(database.manager, about(id));
      expect(await heardUntil('d')).toEqual(told);
      await all;
      expect(heardThere).toEqual(['a', 'b', 'c', 'd']);
    } finally {
      await other.close();
    }
  });
});
