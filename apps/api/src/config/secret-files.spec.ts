import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from './config';

describe('secrets in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('are read, without the newline at their end', () => {
    const config = loadConfig({
      CRONIUM_ADMIN_PASSWORD_FILE: file('admin', 'correct horse \n'),
      ENCRYPTION_KEY_FILE: file('key', 'ab'.repeat(32)),
    });
    expect(config.admin.password).toBe('correct horse ');
    expect(config.encryptionKey).toEqual(Buffer.alloc(32, 0xab));
  });

  it('bring the password of the database into its address', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgres://cronium@postgres:5432/cronium?sslmode=disable',
      DATABASE_PASSWORD_FILE: file('database', 'p@ss/w%rd:\n'),
    });
    expect(config.databaseUrl).toBe(
      'postgres://cronium:p%40ss%2Fw%25rd%3A@postgres:5432/cronium?sslmode=disable',
    );
  });

  it('are refused when they cannot be read, are empty, or are given twice', () => {
    const wrong = {
      ENCRYPTION_KEY_FILE: join(folder, 'absent'),
      CRONIUM_METRICS_TOKEN_FILE: file('token', '\n'),
      CRONIUM_ADMIN_PASSWORD_FILE: file('admin', 'x'),
      CRONIUM_ADMIN_PASSWORD: 'y',
    };
    expect(() => loadConfig(wrong)).toThrow(
      /ENCRYPTION_KEY_FILE: .*ENOENT[^]*ADMIN_PASSWORD_FILE: CRONIUM_ADMIN_PASSWORD is set, too[^]*TOKEN_FILE: .* is empty/,
    );
  });

  it('need an address that has no password yet', () => {
    expect(() => loadConfig({ DATABASE_PASSWORD: 'x' })).toThrow(/DATABASE_PASSWORD: needs DATABASE_URL/);
    expect(() => loadConfig({ DATABASE_PASSWORD: 'x', DATABASE_URL: 'postgres://a:b@c/d' })).toThrow(
      /DATABASE_PASSWORD: DATABASE_URL has a password/,
    );
  });
});
