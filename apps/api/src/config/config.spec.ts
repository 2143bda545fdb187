import { loadConfig } from './config';

describe('loadConfig', () => {
  it('has a default for everything', () => {
    const config = loadConfig({});
    expect(config.port).toBe(5001);
    expect(config.host).toBe('127.0.0.1');
    expect(config.dataDir).toMatch(/\/\.cronium$/);
    expect([...config.roles]).toEqual(['api', 'scheduler', 'worker']);
  });

  it('takes the roles it is given', () => {
    expect([...loadConfig({ CRONIUM_ROLES: 'worker, api' }).roles].sort()).toEqual(['api', 'worker']);
  });

  it('takes an empty variable as unset', () => {
    expect(loadConfig({ DATABASE_URL: '', PORT: '' }).databaseUrl).toBeUndefined();
  });

  it('names every wrong variable at once, and what it should be', () => {
    const wrong = {
      PORT: 'x',
      ENCRYPTION_KEY: 'short',
      CRONIUM_ROLES: 'api,chef',
      DATABASE_URL: 'mysql://x/y',
    };
    expect(() => loadConfig(wrong)).toThrow(
      /PORT[^]*DATABASE_URL: must be postgres[^]*ENCRYPTION_KEY: must be 32 bytes[^]*CRONIUM_ROLES: must list/,
    );
  });
});
