import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '../config/config';
import { loadEncryptionKey, SecretsService } from './secrets.service';

const secrets = new SecretsService(Buffer.alloc(32, 1));

describe('SecretsService', () => {
  it('gives back what it encrypted, and never the same text twice', () => {
    const sealed = secrets.encrypt('hunter2 ✓', 'here');
    expect(sealed).not.toContain('hunter2');
    expect(secrets.encrypt('hunter2 ✓', 'here')).not.toBe(sealed);
    expect(secrets.decrypt(sealed, 'here')).toBe('hunter2 ✓');
  });

  it('refuses a value that was altered, moved, or sealed with another key', () => {
    const sealed = secrets.encrypt('x', 'here');
    expect(() => secrets.decrypt(sealed, 'there')).toThrow();
    expect(() => secrets.decrypt(`${sealed.slice(0, -6)}AAAAAA`, 'here')).toThrow();
    expect(() => new SecretsService(Buffer.alloc(32, 2)).decrypt(sealed, 'here')).toThrow(
      /encrypted with key/,
    );
  });
});

describe('loadEncryptionKey', () => {
  it('generates a key once, readable by the owner alone', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'cronium-key-'));
    const config = loadConfig({ CRONIUM_DATA_DIR: dataDir });
    const key = await loadEncryptionKey(config);
    expect(key).toHaveLength(32);
    expect(await loadEncryptionKey(config)).toEqual(key);
    expect((await stat(join(dataDir, 'encryption.key'))).mode & 0o777).toBe(0o600);
  });
});
