import type { BrokerStore } from '@cronium/execution/broker';

const DEFAULT_HOURS = 1;
const MOST_HOURS = 24 * 7;

/** A command was not written as it should be: the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What is done on the broker's machine for Croniums on other ones, while the broker runs or not: `join-token [--hours N]` prints what lets one
 * of them in, `clients` lists who has joined, `forget <fingerprint>` takes it back. Answers what is to be printed.
 */
export async function runCommand(
  store: BrokerStore,
  [name, ...given]: readonly string[],
): Promise<readonly string[]> {
  switch (name) {
    case 'join-token': {
      const hours = hoursOf(given);
      return [await store.giveToken(new Date(Date.now() + hours * 3_600_000))];
    }
    case 'clients': {
      none(given);
      const clients = await store.list();
      return clients.map(({ fingerprint, installationId, joinedFrom, joinedAt }) =>
        [fingerprint, `installation ${installationId}`, `joined ${joinedAt} from ${joinedFrom}`].join('  '),
      );
    }
    case 'forget':
      return forget(store, given);
    default:
      throw new UsageError(`There is no command ${name ?? ''}.`);
  }
}

/** The beginning of a fingerprint is enough, where one client has it. */
async function forget(
  store: BrokerStore,
  [start = '', ...more]: readonly string[],
): Promise<readonly string[]> {
  none(more);
  const found = (await store.list()).filter(({ fingerprint }) => fingerprint.startsWith(start.toLowerCase()));
  const [client] = found;
  if (start.length < 8 || !client || found.length > 1) {
    throw new UsageError(
      `Say which client, by at least 8 digits of its fingerprint (see \`clients\`); ${found.length} are like “${start}”.`,
    );
  }
  await store.forget(client.fingerprint);
  return [
    `Forgot ${client.fingerprint}. It opens no sandbox any more; jobs that run there end by themselves.`,
  ];
}

function hoursOf(given: readonly string[]): number {
  if (given.length === 0) return DEFAULT_HOURS;
  const hours = Number(given[1]);
  if (given.length === 2 && given[0] === '--hours' && hours > 0 && hours <= MOST_HOURS) return hours;
  throw new UsageError(`Write join-token, or join-token --hours N with N up to ${MOST_HOURS}.`);
}

function none(given: readonly string[]): void {
  if (given.length > 0) throw new UsageError(`“${given.join(' ')}” is one word too many.`);
}
