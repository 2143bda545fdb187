import { mkdir, readFile, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

import { hashOf, newJoinToken, writeJoinToken } from './join-token';
import { type TlsIdentity, fingerprintOf, makeIdentity } from './tls-identity';

const tokenFileSchema = z.strictObject({ expiresAt: z.iso.datetime() });

const clientSchema = z.strictObject({
  /** The installation that it speaks for. */
  installationId: z.string().min(1).max(64),
  /** SHA-256 of the certificate that it shows, in hex. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where it came from when it joined. */
  joinedFrom: z.string(),
  joinedAt: z.iso.datetime(),
});
/** A Cronium that has joined. */
export type BrokerClient = z.infer<typeof clientSchema>;

const identitySchema = z.strictObject({ certificate: z.string(), privateKey: z.string() });

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;
const notThere = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/**
 * What a broker remembers, in a folder: its own certificate, the join tokens that it gave, and who has joined. Each is a file of its own, so
 * that the commands and the process that serves need no lock between them.
 */
export class BrokerStore {
  private readonly tokens: string;
  private readonly clients: string;

  constructor(private readonly folder: string) {
    this.tokens = join(folder, 'join-tokens');
    this.clients = join(folder, 'clients');
  }

  /** The broker's own certificate, made at the first call. */
  async identity(): Promise<TlsIdentity> {
    const path = join(this.folder, 'identity.json');
    const read = async () => identitySchema.parse(JSON.parse(await readFile(path, 'utf8')));
    try {
      return await read();
    } catch (error) {
      if (!notThere(error)) throw error;
    }
    await this.prepare();
    const made = JSON.stringify(await makeIdentity('Cronium sandbox broker'));
    await writeFile(path, made, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error; // another process was first
    });
    return read();
  }

  /** A new join token, as text, good for one Cronium and until then. */
  async giveToken(expiresAt: Date): Promise<string> {
    const token = newJoinToken(fingerprintOf((await this.identity()).certificate));
    await this.forgetExpired();
    const file = join(this.tokens, hashOf(token.secret));
    await writeFile(file, JSON.stringify({ expiresAt: expiresAt.toISOString() }), {
      flag: 'wx',
      mode: 0o600,
    });
    return writeJoinToken(token);
  }

  /** Whether a join token with this secret was given, has not expired and was not used. From now on it is used. */
  async takeToken(secret: string, now = new Date()): Promise<boolean> {
    const file = join(this.tokens, hashOf(secret));
    try {
      const { expiresAt } = tokenFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      await unlink(file); // of several who take it at the same time one succeeds
      return now < new Date(expiresAt);
    } catch (error) {
      if (notThere(error)) return false;
      throw error;
    }
  }

  async add(client: BrokerClient): Promise<void> {
    await this.prepare();
    await writeFile(this.fileOf(client.fingerprint), JSON.stringify(client), { mode: 0o600 });
  }

  async find(fingerprint: string): Promise<BrokerClient | undefined> {
    try {
      return clientSchema.parse(JSON.parse(await readFile(this.fileOf(fingerprint), 'utf8')));
    } catch (error) {
      if (notThere(error)) return undefined;
      throw error;
    }
  }

  /** Those who have joined, the first ones first. */
  async list(): Promise<BrokerClient[]> {
    await this.prepare();
    const names = await readdir(this.clients);
    const found = await Promise.all(names.map((name) => this.find(name.replace(/\.json$/, ''))));
    return found
      .filter((client) => client !== undefined)
      .sort((a, b) => a.joinedAt.localeCompare(b.joinedAt));
  }

  /** Whether there was one. */
  async forget(fingerprint: string): Promise<boolean> {
    const wasThere = (await this.find(fingerprint)) !== undefined;
    await rm(this.fileOf(fingerprint), { force: true });
    return wasThere;
  }

  private async prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await mkdir(this.tokens, { recursive: true, mode: 0o700 });
    await mkdir(this.clients, { recursive: true, mode: 0o700 });
  }

  private async forgetExpired(now = new Date()): Promise<void> {
    for (const name of await readdir(this.tokens)) {
      const file = join(this.tokens, name);
      const text = await readFile(file, 'utf8').catch(() => undefined); // used meanwhile
      if (text === undefined) continue;
      if (now >= new Date(tokenFileSchema.parse(JSON.parse(text)).expiresAt)) await rm(file, { force: true });
    }
  }

  private fileOf(fingerprint: string): string {
    return join(this.clients, `${clientSchema.shape.fingerprint.parse(fingerprint)}.json`);
  }
}
