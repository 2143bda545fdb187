import { BrokerStore } from '@cronium/execution/broker';
import { mkdtemp, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from './commands';

describe('The broker’s commands', () => {
  let folder: string;
  let store: BrokerStore;

  beforeEach(async () => {
    folder = await mkdtemp('/tmp/cronium-broker-commands-');
    store = new BrokerStore(join(folder, 'data'));
  });

  const client = (digit: string) => ({
    installationId: 'one',
    fingerprint: digit.repeat(64),
    joinedFrom: '192.0.2.1',
    joinedAt: new Date().toISOString(),
  });

  it('print join tokens, each another, of the same certificate', async () => {
    const tokens = [
      await runCommand(store, ['join-token']),
      await runCommand(store, ['join-token', '--hours', '24']),
    ];
    const [first, second] = tokens.map(([token]) => token ?? '');
    expect(first).toMatch(/^cronium-join-1\.[\w-]{75}$/);
    expect(second).not.toBe(first);
    // The certificate's 32 bytes come first.
    expect(second?.slice(0, 55)).toBe(first?.slice(0, 55));
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'data/identity.json'))).mode & 0o777).toBe(0o600);
  });

  it('list who has joined, and forget one by the beginning of its fingerprint', async () => {
    await store.add(client('a'));
    await store.add(client('b'));
    expect(await runCommand(store, ['clients'])).toHaveLength(2);
    expect(await runCommand(store, ['forget', 'AAAAAAAA'])).toEqual([expect.stringContaining('Forgot aaaa')]);
    expect(await runCommand(store, ['clients'])).toEqual([
      expect.stringMatching(/^b{64} {2}installation one {2}joined .* from 192\.0\.2\.1$/),
    ]);
  });

  it.each([
    [['join-token', '--hours', '0'], /N up to 168/],
    [['join-token', '--hours'], /N up to 168/],
    [['join-token', 'now'], /N up to 168/],
    [['clients', 'all'], /too many/],
    [['forget'], /at least 8 digits/],
    [['forget', 'cccccccc'], /0 are like “cccccccc”/],
    [['rename'], /no command rename/],
  ])('refuse %j and say why', async (words, message) => {
    await expect(runCommand(store, words)).rejects.toThrow(message);
  });
});
