import { loadConfig } from './config';

describe('The broker’s configuration', () => {
  it('needs nothing said', () => {
    expect(loadConfig({})).toMatchObject({
      socketPath: '/run/cronium/broker.sock',
      policy: {
        images: ['cronium-executor:latest'],
        runtimes: ['runc', 'runsc'],
        containers: ['cronium-executor'],
        jobs: 1024,
      },
      dockerHost: undefined,
    });
  });

  it.each([
    ['tls://0.0.0.0:5443', { host: '0.0.0.0', port: 5443 }],
    ['tls://[::]:5443', { host: '::', port: 5443 }],
  ])('listens at %s for other machines', (address, remote) => {
    expect(loadConfig({ CRONIUM_BROKER_LISTEN: `unix:///a/socket, ${address}` })).toMatchObject({
      socketPath: '/a/socket',
      remote,
    });
  });

  it('takes lists, and limits of which some are given', () => {
    const { policy } = loadConfig({
      CRONIUM_BROKER_IMAGES: 'cronium-executor:latest, jobs:2 ,',
      CRONIUM_BROKER_LIMITS: 'cpu=2, memoryMb=1024',
    });
    expect(policy.images).toEqual(['cronium-executor:latest', 'jobs:2']);
    expect(policy.limits).toMatchObject({ cpu: 2, memoryMb: 1024, pids: 4096 });
  });

  it.each([
    [{ CRONIUM_BROKER_LISTEN: 'tcp://0.0.0.0:80' }, /CRONIUM_BROKER_LISTEN: must be unix/],
    [{ CRONIUM_BROKER_LISTEN: 'tls://0.0.0.0:5443' }, /CRONIUM_BROKER_LISTEN: must be unix/],
    [{ CRONIUM_BROKER_LISTEN: 'unix:///a,tls://b:65536' }, /CRONIUM_BROKER_LISTEN: must be unix/],
    [{ CRONIUM_BROKER_LISTEN: 'unix:///a,tls://b:1,tls://c:2' }, /CRONIUM_BROKER_LISTEN: must be unix/],
    [{ CRONIUM_BROKER_IMAGES: ' , ' }, /CRONIUM_BROKER_IMAGES: must name at least one/],
    [{ CRONIUM_BROKER_RUNTIMES: 'kata' }, /CRONIUM_BROKER_RUNTIMES.*runc.*runsc/],
    [{ CRONIUM_BROKER_LIMITS: 'cpu=0' }, /CRONIUM_BROKER_LIMITS: cpu: /],
    [{ CRONIUM_BROKER_LIMITS: 'gpu=1' }, /CRONIUM_BROKER_LIMITS: .*gpu/],
    [{ CRONIUM_BROKER_LIMITS: 'memoryMb' }, /CRONIUM_BROKER_LIMITS: memoryMb: /],
    [{ CRONIUM_BROKER_RATE: 'fast' }, /CRONIUM_BROKER_RATE/],
  ])('refuses %j and says why', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });
});
