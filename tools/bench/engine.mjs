import http from 'node:http';

/**
 * The Docker engine without Cronium, over the same API that Cronium uses: how many containers like this one it can create,
 * start and remove a second.
 * @param {string} likeContainer name of a container whose every option is copied
 * @param {number} count containers in all
 * @param {number} concurrency at one time
 */
export async function rateOfEngine(likeContainer, count, concurrency) {
  const { Config, HostConfig } = await ask('GET', `/containers/${likeContainer}/json`);
  // Without its labels: the product's sweeper takes what bears them and has no job for an orphan.
  const spec = { ...Config, Labels: {}, HostConfig };
  let left = count;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const { Id } = await ask('POST', '/containers/create', spec);
        await ask('POST', `/containers/${Id}/start`);
        await ask('DELETE', `/containers/${Id}?force=true&v=true`);
      }
    }),
  );
  return count / ((performance.now() - begin) / 1000);
}

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const target = { socketPath: '/var/run/docker.sock', method, path };
    const headers = body ? { 'content-type': 'application/json' } : {};
    const request = http.request({ ...target, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => {
        if (response.statusCode < 400) resolve(text ? JSON.parse(text) : undefined);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      });
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}
