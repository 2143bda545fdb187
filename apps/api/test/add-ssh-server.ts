import type { GeneratedKey, Server, Session } from '@cronium/contracts';
import type { HostKey } from '@cronium/server-types';

import type { LocalSshd } from './local-sshd';
import type { TestApp } from './test-app';

/** A server on a real sshd, with an approved host key and a key that signs in. */
export async function addSshServer(
  app: TestApp,
  owner: Session,
  sshd: LocalSshd,
  details: object = {},
): Promise<Server> {
  const post = async (path: string, body: object = {}) =>
    (await app.as(owner, 'post', path).send(body)).body as unknown;
  const address = { host: sshd.host, port: sshd.port };
  const { keyId, publicKey } = (await post('/servers/keys')) as GeneratedKey;
  sshd.authorize(publicKey);
  const hostKey = (await post('/servers/host-key', address)) as HostKey;
  const body = {
    ...{ name: 'Host', type: 'ssh', ...address, username: sshd.username, hostKey },
    credentials: { kind: 'generated_key', keyId },
    ...details,
  };
  return (await app.as(owner, 'post', '/servers').send(body).expect(201)).body as Server;
}
