import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { printed, runScript } from '../contract/run-script';
import { PrivateKeyError, generateSshKey, readPrivateKey } from './private-key';
import type { SshCredentials } from './ssh-server';
import { SshdFixture, type TestUser } from './sshd-fixture';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'cronium-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A key pair as ssh-keygen writes it. */
function keygen(...options: string[]): { privateKey: string; publicKey: string } {
  const path = join(folder, options.join('').replace(/\W/g, ''));
  execFileSync('ssh-keygen', ['-q', '-f', path, '-C', 'spec', ...options]);
  return { privateKey: readFileSync(path, 'utf8'), publicKey: readFileSync(`${path}.pub`, 'utf8').trim() };
}

/** A private key as OpenSSL writes it today (PKCS#8), and its public half as OpenSSH reads it. */
function openssl(...options: string[]): { privateKey: string; publicKey: string } {
  const path = join(folder, `pkcs8${options.join('').replace(/\W/g, '')}`);
  execFileSync('openssl', ['genpkey', '-quiet', '-out', path, ...options], { stdio: 'ignore' });
  execFileSync('chmod', ['600', path]);
  const privateKey = readFileSync(path, 'utf8');
  // ssh-keygen reads no PKCS#8 of ed25519: what is tested is that sshd takes what we made of it.
  return { privateKey, publicKey: readPrivateKey(privateKey, 'secret phrase').publicKey };
}

const phrase = ['-N', 'secret phrase'];
const none = ['-N', ''];
const keys: [string, () => { privateKey: string; publicKey: string }, string | undefined][] = [
  ['ed25519', () => keygen('-t', 'ed25519', ...none), undefined],
  ['ed25519 with a passphrase', () => keygen('-t', 'ed25519', ...phrase), 'secret phrase'],
  ['RSA', () => keygen('-t', 'rsa', '-b', '2048', ...none), undefined],
  ['RSA in PEM', () => keygen('-t', 'rsa', '-b', '2048', '-m', 'PEM', ...none), undefined],
  [
    'RSA in PEM with a passphrase',
    () => keygen('-t', 'rsa', '-b', '3072', '-m', 'PEM', ...phrase),
    'secret phrase',
  ],
  ['RSA in PKCS#8', () => keygen('-t', 'rsa', '-b', '2048', '-m', 'PKCS8', ...none), undefined],
  [
    'RSA in PKCS#8 with a passphrase',
    () => keygen('-t', 'rsa', '-b', '2048', '-m', 'PKCS8', ...phrase),
    'secret phrase',
  ],
  ['ECDSA', () => keygen('-t', 'ecdsa', '-b', '256', ...none), undefined],
  ['ECDSA with a passphrase', () => keygen('-t', 'ecdsa', '-b', '384', ...phrase), 'secret phrase'],
  ['ECDSA in PEM', () => keygen('-t', 'ecdsa', '-b', '521', '-m', 'PEM', ...none), undefined],
  ['ed25519 in PKCS#8', () => openssl('-algorithm', 'ed25519'), undefined],
  ['ECDSA in PKCS#8', () => openssl('-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'), undefined],
  ['a generated key', undefined as never, undefined],
];

describe('Signing in', () => {
  let fixture: SshdFixture;
  let user: TestUser;

  beforeAll(async () => {
    fixture = await SshdFixture.start();
    user = await fixture.addUser();
  });
  afterAll(() => fixture.stop());

  const runWith = async (credentials: SshCredentials, on = fixture, as = user) => {
    const executor = on.createExecutor(as, { credentials });
    try {
      return printed(await runScript(executor, 'id -un'));
    } finally {
      await executor.disconnect();
    }
  };

  it.each(keys)('with %s', async (name, make, passphrase) => {
    const pair = name === 'a generated key' ? await generateSshKey('Cronium: build host') : make();
    fixture.authorize(user, pair.publicKey);
    expect(await runWith({ kind: 'private_key', privateKey: pair.privateKey, passphrase })).toBe(
      `${user.name}\n`,
    );
    // The comment of a PEM is lost.
    const [type, blob] = pair.publicKey.split(' ');
    expect(readPrivateKey(pair.privateKey, passphrase).publicKey).toMatch(`${type ?? ''} ${blob ?? ''}`);
  });

  it('with a key that was pasted from Windows', async () => {
    const { privateKey, publicKey } = keygen('-t', 'ed25519', '-C', 'pasted', ...none);
    fixture.authorize(user, publicKey);
    const pasted = `\r\n${privateKey.trim().replaceAll('\n', '\r\n')}`;
    expect(await runWith({ kind: 'private_key', privateKey: pasted })).toBe(`${user.name}\n`);
  });

  it('with a password', async () => {
    expect(await runWith({ kind: 'password', password: user.password })).toBe(`${user.name}\n`);
  });

  it('with a password where only questions and answers are allowed', async () => {
    const asking = await SshdFixture.start({
      config: ['UsePAM yes', 'PasswordAuthentication no', 'KbdInteractiveAuthentication yes'],
    });
    try {
      const other = await asking.addUser();
      const credentials: SshCredentials = { kind: 'password', password: other.password };
      expect(await runWith(credentials, asking, other)).toBe(`${other.name}\n`);
    } finally {
      await asking.stop();
    }
  });

  it.each<[string, () => SshCredentials, string]>([
    ['a wrong password', () => ({ kind: 'password', password: 'no' }), 'Is the password right'],
    [
      'another key',
      () => ({ kind: 'private_key', privateKey: keygen('-t', 'ed25519', '-C', 'x', ...none).privateKey }),
      'authorized_keys',
    ],
    ['no key', () => ({ kind: 'private_key', privateKey: 'hello' }), 'not a private key'],
  ])('is refused with %s', async (_, credentials, message) => {
    const executor = fixture.createExecutor(user, { credentials: credentials() });
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining(message),
    });
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'authentication_failed' },
    });
    await executor.disconnect();
  });
});

function problemOf(...key: Parameters<typeof readPrivateKey>): string | undefined {
  try {
    readPrivateKey(...key);
    return undefined;
  } catch (error) {
    return error instanceof PrivateKeyError ? error.problem : String(error);
  }
}

describe('generateSshKey', () => {
  it('makes a key that ssh-keygen reads, with its comment', async () => {
    const { privateKey, publicKey } = await generateSshKey('Cronium:  build\nhost');
    const file = join(folder, 'generated');
    writeFileSync(file, privateKey, { mode: 0o600 });
    expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim()).toBe(publicKey);
    expect(publicKey).toMatch(/ Cronium: build host$/);
  });

  it('makes no key that cannot be read, also where bytes of it are zero', async () => {
    const keys = await Promise.all(Array.from({ length: 3000 }, () => generateSshKey('x')));
    expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(3000);
    keys.forEach(({ privateKey, publicKey }) => {
      expect(readPrivateKey(privateKey)).toEqual({ publicKey });
    });
  });
});

describe('readPrivateKey', () => {
  const ed25519 = generateSshKey('x');

  it.each([
    ['nonsense', 'hello', undefined, 'not_a_key'],
    ['half a key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA', undefined, 'not_a_key'],
  ])('says of %s what is wrong', (_, text, passphrase, problem) => {
    expect(problemOf(text, passphrase)).toBe(problem);
  });

  it('says that a public key is one', async () => {
    const { publicKey } = await ed25519;
    expect(problemOf(publicKey)).toBe('public_key');
  });

  it.each([
    ['OpenSSH', ['-t', 'ed25519', '-C', 'y']],
    ['PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM', '-C', 'y']],
    ['PKCS#8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8', '-C', 'y']],
  ])('tells a missing passphrase from a wrong one, in %s', (_, options) => {
    const { privateKey } = keygen(...options, ...phrase);
    expect(problemOf(privateKey)).toBe('passphrase_missing');
    expect(problemOf(privateKey, 'wrong')).toBe('passphrase_wrong');
    expect(readPrivateKey(privateKey, 'secret phrase').publicKey).toMatch(/^ssh-/);
  });

  it('never shows the key', () => {
    const { privateKey } = keygen('-t', 'ed25519', '-C', 'z', ...phrase);
    try {
      readPrivateKey(privateKey);
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain(privateKey.split('\n')[1]);
    }
    expect.hasAssertions();
  });
});
