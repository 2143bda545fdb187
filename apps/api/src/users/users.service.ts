import { randomBytes } from 'node:crypto';

import type { User as UserDto } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { hash, verify } from '@node-rs/argon2';
import { Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { User } from './user.entity';
import { toUserDto } from './user.mapper';

/** OWASP's first choice for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. The package's default variant is argon2id. */
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface FirstAdministrator {
  readonly email: string;
  /** Present when it was generated: the only time that it can be shown. */
  readonly generatedPassword: string | undefined;
}

@Injectable()
export class UsersService {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /** The user, if there is one who may sign in. */
  async findActive(id: string): Promise<UserDto | null> {
    const user = await this.users.findOneBy({ id, status: 'ACTIVE' });
    return user && toUserDto(user);
  }

  /** The active user whose e-mail and password these are. Takes as long for an unknown e-mail as for a wrong password. */
  async authenticate(email: string, password: string): Promise<UserDto | null> {
    const user = await this.users
      .createQueryBuilder('user')
      .where('lower(user.email) = lower(:email)', { email })
      .getOne();
    const matches = await verify(user?.passwordHash ?? (await unknownUserHash), password);
    if (!user || !matches || user.status !== 'ACTIVE') return null;
    await this.users.update(user.id, { lastLoginAt: new Date() });
    return toUserDto(user);
  }

  async create(details: Pick<User, 'email' | 'name' | 'role'>, password: string): Promise<UserDto> {
    const passwordHash = await hash(password, argon2id);
    const user = this.users.create({ id: uuid(), status: 'ACTIVE', ...details, passwordHash });
    return toUserDto(await this.users.save(user));
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
}

const unknownUserHash = hash(randomBytes(16).toString('hex'), argon2id);
