import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { SMTPServer } from 'smtp-server';

export const mailPassword = 'mail password';

/** A real SMTP server that asks for a password and takes no mail for `nobody@`. */
export class MailHost {
  readonly mails: { to: string; text: string }[] = [];
  private server: SMTPServer | undefined;

  async start(port = 0): Promise<number> {
    const server = new SMTPServer({
      hideSTARTTLS: true,
      allowInsecureAuth: true,
      onAuth: (auth, _, done) =>
        auth.password === mailPassword
          ? done(null, { user: auth.username })
          : done(new Error('Wrong password')),
      onRcptTo: ({ address }, _, done) =>
        done(
          address.startsWith('nobody@')
            ? Object.assign(new Error('No such mailbox'), { responseCode: 550 })
            : null,
        ),
      onData: (stream, session, done) => {
        let text = '';
        stream.setEncoding('utf8');
        stream.on('data', (piece: string) => (text += piece));
        stream.on('end', () => {
          session.envelope.rcptTo.forEach(({ address }) => this.mails.push({ to: address, text }));
          done();
        });
      },
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server?.close(resolve));
  }
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP server that keeps what it gets, and answers as told. */
export class Receiver {
  readonly received: Received[] = [];
  status = 204;
  answer = '';
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((incoming, outgoing) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (piece: string) => (body += piece));
      incoming.on('end', () => {
        this.received.push({ headers: incoming.headers, body });
        outgoing.writeHead(this.status, { location: '/elsewhere' }).end(this.answer);
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.server?.close(resolve));
  }
}
