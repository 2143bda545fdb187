import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** For tests: a line to a port on loopback that can be cut as networks are, without a word to either end. New connections get through. */
export class CutLine {
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private constructor(private readonly server: Server) {}

  static async start(port: number): Promise<CutLine> {
    const server = createServer();
    const line = new CutLine(server);
    server.on('connection', (near) => line.join(near, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get address(): string {
    return `tls://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Nothing goes either way any more on the connections that there are. */
  cut(): void {
    for (const [near, far] of this.pairs) {
      for (const socket of [near, far]) socket.unpipe().pause();
    }
  }

  close(): void {
    this.server.close();
    for (const [near, far] of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  private join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.pairs.add(pair);
    near.pipe(far).pipe(near);
    const end = () => {
      near.destroy();
      far.destroy();
      this.pairs.delete(pair);
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
  }
}
