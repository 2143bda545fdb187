import http from 'node:http';

/**
 * Asks the Docker engine whether it is there, over its API: the `docker` command may be missing, and takes longer.
 * @returns {Promise<string | undefined>} undefined when it answers; otherwise why not
 */
export function pingDocker() {
  const address = process.env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  const [, scheme, rest] = /^(unix|tcp|http):\/\/(.+)$/.exec(address) ?? [];
  if (!scheme) return Promise.resolve(`DOCKER_HOST=${address} is neither unix:// nor tcp://`);
  const target = scheme === 'unix' ? { socketPath: rest } : tcpTarget(rest);

  return new Promise((resolve) => {
    const request = http.get({ ...target, path: '/_ping', timeout: 3000, agent: false }, (response) => {
      response.resume();
      resolve(
        response.statusCode === 200 ? undefined : `${address} answered with status ${response.statusCode}`,
      );
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 3 s')));
    request.on('error', (error) => resolve(`${address}: ${error.message}`));
  });
}

function tcpTarget(/** @type {string} */ hostAndPort) {
  const { hostname, port } = new URL(`http://${hostAndPort}`);
  return { host: hostname, port: Number(port || 2375) };
}
