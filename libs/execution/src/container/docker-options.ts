import type { DockerOptions } from 'dockerode';

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** An address as in DOCKER_HOST as dockerode takes it. `tcp` is plain HTTP, as the Docker CLI's is without its TLS settings. */
export function dockerOptions(dockerHost: string | undefined): DockerOptions {
  if (dockerHost === undefined || dockerHost === '') {
    return { socketPath: DEFAULT_SOCKET };
  }
  if (dockerHost.startsWith('unix://')) {
    return { socketPath: dockerHost.slice('unix://'.length) };
  }
  const url = new URL(dockerHost.replace(/^tcp:/, 'http:'));
  if (url.protocol !== 'http:') {
    throw new Error(`DOCKER_HOST "${dockerHost}" is not understood: use unix:///path or tcp://host:port.`);
  }
  return { protocol: 'http', host: url.hostname, port: url.port || '2375' };
}
