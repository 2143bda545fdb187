import type { Server, Session } from '@cronium/contracts';
import { FakeExecutor } from '@cronium/execution';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { TerminalLimits } from '../src/terminal/terminal-limits';
import { addSshServer } from './add-ssh-server';
import { LocalSshd } from './local-sshd';
import { createInstallation, type Installation, startTestApp, type TestApp, testPassword } from './test-app';
import { TestTerminal } from './test-terminal';

interface AuditRow {
  readonly action: string;
  readonly target_name: string;
  readonly details: Record<string, unknown>;
}

/** An application, a server of an owner on a real sshd, and people who want terminals on it. */
export class TerminalFixture {
  private readonly terminals: TestTerminal[] = [];

  private constructor(
    readonly sshd: LocalSshd,
    readonly installation: Installation,
    readonly app: TestApp,
    readonly admin: Session,
    readonly owner: Session,
    readonly server: Server,
  ) {}

  static async start(): Promise<TerminalFixture> {
    const sshd = await LocalSshd.start();
    const installation = await createInstallation();
    const app = await startTestApp(() => new FakeExecutor(), { installation });
    const [admin, owner] = [await app.signIn('ADMIN'), await app.signIn('USER', 'owner@example.com')];
    return new TerminalFixture(sshd, installation, app, admin, owner, await addSshServer(app, owner, sshd));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.installation.remove();
    await this.sshd.stop();
  }

  /** Before each test: the usual limits, but as many attempts as tests make. */
  reset(): void {
    this.terminals.splice(0).forEach(({ socket }) => socket.disconnect());
    this.setLimits(new TerminalLimits());
    this.setLimits({ attemptsAMinute: 1000 });
  }

  setLimits(limits: Partial<TerminalLimits>): void {
    Object.assign(this.app.app.get(TerminalLimits, { strict: false }), limits);
  }

  /** Another process of the same installation; the caller closes it. */
  startOther(): Promise<TestApp> {
    return startTestApp(() => new FakeExecutor(), { installation: this.installation });
  }

  addServer(details: object = {}, sshd = this.sshd): Promise<Server> {
    return addSshServer(this.app, this.owner, sshd, details);
  }

  async addUser(role = 'USER'): Promise<Session> {
    const body = { email: `${uuid()}@example.com`, name: 'Ada', password: testPassword, role };
    await this.app.as(this.admin, 'post', '/users').send(body).expect(201);
    return (await this.signIn(body.email)).body as Session;
  }

  signIn(email: string): request.Test {
    return request(this.app.server).post('/api/auth/login').send({ email, password: testPassword });
  }

  async changeUser({ user }: Session, change: object): Promise<void> {
    await this.app.as(this.admin, 'patch', `/users/${user.id}`).send(change).expect(200);
  }

  /** @param by the process that is asked */
  async share(items: object[], by = this.app): Promise<void> {
    await by.as(this.owner, 'put', `/servers/${this.server.id}/shares`).send({ items }).expect(200);
  }

  async connect(token: string): Promise<TestTerminal> {
    const terminal = await TestTerminal.connect(this.app, token);
    this.terminals.push(terminal);
    return terminal;
  }

  async open(session: Session, serverId = this.server.id): Promise<TestTerminal> {
    const terminal = await this.connect(session.accessToken);
    expect(await terminal.open(serverId)).toEqual({ ok: true, idleSeconds: expect.any(Number) });
    return terminal;
  }

  /** A terminal of a new user who may manage the server. */
  async openAsGuest(): Promise<{ guest: Session; terminal: TestTerminal }> {
    const guest = await this.addUser();
    await this.share([{ userId: guest.user.id, level: 'manage' }]);
    return { guest, terminal: await this.open(guest) };
  }

  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.app.app.get(DataSource).query<T[]>(sql, parameters);
  }

  /** Entries of what this person did, the oldest first. */
  audited(actor: Session, ...actions: string[]): Promise<AuditRow[]> {
    return this.query(
      'SELECT action, target_name, details FROM audit_log WHERE actor_id = $1 AND action = ANY($2) ORDER BY id',
      [actor.user.id, actions],
    );
  }
}
