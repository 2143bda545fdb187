import { setTimeout } from 'node:timers/promises';

import type { Event, Execution, GeneratedKey, LogHitPage, Page, Server, Session } from '@cronium/contracts';
import type { HostKey, Isolation } from '@cronium/server-types';

import type { Product } from './product';
import type { Sshd } from './sshd';

/** The API as a program uses it, signed in as the administrator. */
export class ApiClient {
  private constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  static async signIn({
    url,
    email,
    password,
  }: Pick<Product, 'url' | 'email' | 'password'>): Promise<ApiClient> {
    const base = `${url}/api`;
    const answer = await send<Session>(base, 'POST', '/auth/login', undefined, { email, password });
    return new ApiClient(base, answer.accessToken);
  }

  createEvent(event: Record<string, unknown>): Promise<Event> {
    return send(this.base, 'POST', '/events', this.token, event);
  }

  /** Runs an event and resolves with its end, or with where it is after a minute. */
  run(eventId: string, request: Record<string, unknown> = {}): Promise<Execution> {
    return send(this.base, 'POST', `/events/${eventId}/run?wait=60`, this.token, request);
  }

  /** Runs an event and does not wait. */
  start(eventId: string): Promise<Execution> {
    return send(this.base, 'POST', `/events/${eventId}/run`, this.token, {});
  }

  execution(id: string): Promise<Execution> {
    return send(this.base, 'GET', `/executions/${id}`, this.token);
  }

  /** Resolves when the search of logs finds a line, which it does some seconds after the job's end. */
  async untilFound(words: string): Promise<void> {
    const path = `/logs/search?q=${encodeURIComponent(words)}`;
    const end = Date.now() + 30_000;
    while ((await send<LogHitPage>(this.base, 'GET', path, this.token)).items.length === 0) {
      if (Date.now() > end) throw new Error(`The search of logs does not find “${words}”.`);
      await setTimeout(250);
    }
  }

  servers(): Promise<Page<Server>> {
    return send(this.base, 'GET', '/servers', this.token);
  }

  /** Changes how Local Execution keeps jobs apart. */
  async isolateLocally(isolation: Isolation): Promise<void> {
    const { items } = await this.servers();
    const local = items.find(({ isSystemManaged }) => isSystemManaged);
    await send(this.base, 'PATCH', `/servers/${local?.id ?? ''}`, this.token, {
      containerConfig: { isolation },
    });
  }

  /** A server on a real sshd, with an approved host key and a key that signs in. */
  async addSshServer(name: string, sshd: Sshd): Promise<Server> {
    const { host, port, username } = sshd;
    const { keyId, publicKey } = await send<GeneratedKey>(this.base, 'POST', '/servers/keys', this.token);
    sshd.authorize(publicKey);
    const hostKey = await send<HostKey>(this.base, 'POST', '/servers/host-key', this.token, { host, port });
    const credentials = { kind: 'generated_key', keyId };
    const server = { name, type: 'ssh', host, port, username, hostKey, credentials };
    return send(this.base, 'POST', '/servers', this.token, server);
  }

  async share(serverId: string, items: { email: string; level: 'use' | 'manage' }[]): Promise<void> {
    await send(this.base, 'PUT', `/servers/${serverId}/shares`, this.token, { items });
  }

  async createUser(email: string, password: string): Promise<void> {
    const user = { email, password, name: 'Grace Hopper', role: 'USER' };
    await send(this.base, 'POST', '/users', this.token, user);
  }
}

async function send<T>(
  base: string,
  method: string,
  path: string,
  token: string | undefined,
  body?: Record<string, unknown>,
): Promise<T> {
  const answer = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
