import { randomBytes } from 'node:crypto';

import type {
  Account,
  CreateUser,
  Page,
  UpdateMe,
  UpdateUser,
  User as UserDto,
  UserQuery,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type EntityManager, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import { Batcher } from '../batcher';
import { isDatabaseGone } from '../database/database-gone';
import { Notifications } from '../database/notifications';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { isUniqueViolation } from '../error-code';
import { hashPassword, passwordMatches } from './password';
import { User } from './user.entity';
import { toAccountDto, toUserDto } from './user.mapper';

export interface FirstAdministrator {
  readonly email: string;
  /** Present when it was generated: the only time that it can be shown. */
  readonly generatedPassword: string | undefined;
}

@Injectable()
export class UsersService {
  private readonly active = new Batcher(async (ids: readonly string[]) => {
    const found = await this.findAllActive(ids);
    return ids.map((id) => found.get(id) ?? null);
  }, isDatabaseGone);

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly audit: AuditService,
    private readonly notifications: Notifications,
  ) {}

  /** The user, if there is one who may sign in. Every request asks: those that come at the same time ask together. */
  findActive(id: string): Promise<UserDto | null> {
    return this.active.add(id);
  }

  /** Those of these users who may sign in, by their id. */
  async findAllActive(ids: readonly string[]): Promise<Map<string, UserDto>> {
    const users = await this.users.findBy({ id: Any([...new Set(ids)]), status: 'ACTIVE' });
    return new Map(users.map((user) => [user.id, toUserDto(user)]));
  }

  /** Ids of the users with these e-mail addresses, by the address in lower case. */
  async idsByEmail(emails: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.users.query<{ id: string; email: string }[]>(
      'SELECT id, lower(email) AS email FROM users WHERE lower(email) = ANY($1)',
      [emails.map((email) => email.toLowerCase())],
    );
    return new Map(rows.map(({ id, email }) => [email, id]));
  }

  /** Which of these users there are. */
  async existing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.users.query<{ id: string }[]>('SELECT id FROM users WHERE id = ANY($1)', [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  /** The active user whose e-mail and password these are. Takes as long for an unknown e-mail as for a wrong password. */
  async authenticate(email: string, password: string): Promise<UserDto | null> {
    const user = await this.users
      .createQueryBuilder('user')
      .where('lower(user.email) = lower(:email)', { email })
      .getOne();
    const matches = await passwordMatches(user?.passwordHash, password);
    if (!user || !matches || user.status !== 'ACTIVE') return null;
    await this.users.update(user.id, { lastLoginAt: new Date() });
    return toUserDto(user);
  }

  async list(query: UserQuery): Promise<Page<Account>> {
    const after = decodeCursor(query.cursor);
    const select = this.users
      .createQueryBuilder('user')
      .orderBy('user.createdAt', 'DESC')
      .addOrderBy('user.id', 'DESC')
      .take(query.limit + 1);
    if (query.search) {
      const inName = 'position(lower(:search) in lower(user.name)) > 0';
      const inEmail = 'position(lower(:search) in lower(user.email)) > 0';
      select.andWhere(`(${inName} OR ${inEmail})`, { search: query.search });
    }
    if (after) select.andWhere('(user.createdAt, user.id) < (:at, :id)', after);
    const page = toPage(await select.getMany(), query.limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    return { ...page, items: page.items.map(toAccountDto) };
  }

  async get(id: string): Promise<Account> {
    return toAccountDto(await this.find(this.users.manager, id));
  }

  /** An administrator creates a user. */
  async register(caller: Caller, { password, ...details }: CreateUser): Promise<Account> {
    const passwordHash = await hashPassword(password);
    return this.inTransaction(async (transaction) => {
      const user = await transaction.save(
        User,
        this.users.create({ id: uuid(), status: 'ACTIVE', ...details, passwordHash }),
      );
      await this.record(transaction, caller, 'user.created', user, { role: user.role });
      return toAccountDto(user);
    });
  }

  /** An administrator changes a user. A new password, another role and a disabling end the user's sessions. */
  async update(caller: Caller, id: string, { password, ...change }: UpdateUser): Promise<Account> {
    const passwordHash = password === undefined ? undefined : await hashPassword(password);
    return this.inTransaction(async (transaction) => {
      await this.keepAnAdministrator(transaction, id, change);
      const user = await this.find(transaction, id);
      const endsSessions =
        passwordHash !== undefined ||
        change.status === 'DISABLED' ||
        (change.role ?? user.role) !== user.role;
      Object.assign(user, change, passwordHash === undefined ? {} : { passwordHash });
      const saved = await transaction.save(User, user);
      if (endsSessions) {
        await transaction.query('DELETE FROM sessions WHERE user_id = $1', [id]);
        await this.notifications.publish(transaction, { kind: 'access.changed', userId: id });
      }
      await this.record(transaction, caller, 'user.changed', user, {
        fields: [...Object.keys(change), ...(passwordHash === undefined ? [] : ['password'])],
      });
      return toAccountDto(saved);
    });
  }

  /** Everyone changes their own name. */
  async updateMe(caller: Caller, change: UpdateMe): Promise<UserDto> {
    if (change.name !== undefined) await this.users.update(caller.id, { name: change.name });
    return toUserDto(await this.find(this.users.manager, caller.id));
  }

  /** @throws DomainError `wrong_password` when the present one is another */
  async changePassword(caller: Caller, currentPassword: string, newPassword: string): Promise<void> {
    const user = await this.find(this.users.manager, caller.id);
    if (!(await passwordMatches(user.passwordHash, currentPassword))) {
      throw new DomainError('invalid', 'wrong_password', 'The present password is not right.', [
        { path: 'body.currentPassword', message: 'This is not your present password.' },
      ]);
    }
    const passwordHash = await hashPassword(newPassword);
    await this.inTransaction(async (transaction) => {
      await transaction.update(User, caller.id, { passwordHash });
      await this.record(transaction, caller, 'user.password_changed', user, {});
    });
  }

  /** Creates the administrator of an empty installation. Null when there are users already. */
  async createFirstAdministrator(
    email: string,
    password: string | undefined,
  ): Promise<FirstAdministrator | null> {
    if ((await this.users.count()) > 0) return null;
    const generatedPassword = password === undefined ? randomBytes(12).toString('base64url') : undefined;
    await this.create({ email, name: 'Administrator', role: 'ADMIN' }, password ?? generatedPassword ?? '');
    return { email, generatedPassword };
  }

  /** Without a person who does it: the first administrator, and tests. */
  async create(details: Pick<User, 'email' | 'name' | 'role'>, password: string): Promise<UserDto> {
    const passwordHash = await hashPassword(password);
    const user = this.users.create({ id: uuid(), status: 'ACTIVE', ...details, passwordHash });
    return toUserDto(await this.users.save(user));
  }

  /** Two administrators who demote each other at once must not both succeed: the rows of all of them are locked. */
  private async keepAnAdministrator(
    transaction: EntityManager,
    id: string,
    change: Pick<UpdateUser, 'role' | 'status'>,
  ): Promise<void> {
    const steps = (change.role ?? 'ADMIN') !== 'ADMIN' || change.status === 'DISABLED';
    if (!steps) return;
    const administrators = await transaction.query<{ id: string }[]>(
      `SELECT id FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE' ORDER BY id FOR UPDATE`,
    );
    if (administrators.length === 1 && administrators[0]?.id === id) {
      throw new DomainError(
        'conflict',
        'last_administrator',
        'This is the last active administrator. Make another user an administrator first.',
      );
    }
  }

  private async find(manager: EntityManager, id: string): Promise<User> {
    const user = await manager.findOneBy(User, { id });
    if (!user) throw notFound('user', id);
    return user;
  }

  private record(
    transaction: EntityManager,
    caller: Caller,
    action: string,
    user: User,
    details: Record<string, unknown>,
  ): Promise<void> {
    return this.audit.record(transaction, caller, {
      action,
      target: { type: 'user', id: user.id, name: user.email },
      details,
    });
  }

  private async inTransaction<T>(act: (transaction: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.users.manager.transaction(act);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new DomainError('conflict', 'email_taken', 'Another user has this e-mail address.', [
        { path: 'body.email', message: 'Another user has this e-mail address.' },
      ]);
    }
  }
}
