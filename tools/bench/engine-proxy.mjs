import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const request = /^(GET|POST|PUT|DELETE|HEAD) \/\S* HTTP\/1\.1\r\n/;

/** A socket that passes everything on to the Docker engine, and counts the requests. */
export class EngineProxy {
  calls = 0;

  static async start(engine = '/var/run/docker.sock') {
    const proxy = new EngineProxy();
    proxy.folder = mkdtempSync(path.join(tmpdir(), 'cronium-engine-'));
    proxy.socket = path.join(proxy.folder, 'docker.sock');
    proxy.server = createServer((client) => proxy.#pass(client, connect(engine)));
    proxy.server.listen(proxy.socket);
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** As DOCKER_HOST has it. */
  get address() {
    return `unix://${this.socket}`;
  }

  #pass(client, engine) {
    // A request begins a chunk: a client sends the next one when it has the answer.
    client.on('data', (chunk) => (this.calls += request.test(chunk.toString('latin1', 0, 2048)) ? 1 : 0));
    client.pipe(engine).pipe(client);
    for (const one of [client, engine]) {
      one.on('error', () => [client, engine].forEach((each) => each.destroy()));
    }
  }

  async stop() {
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }
}
