import type { Account, User as UserDto } from '@cronium/contracts';

import type { User } from './user.entity';

export function toUserDto(user: User): UserDto {
  return { id: user.id, email: user.email, name: user.name, role: user.role };
}

/** As administrators see it. */
export function toAccountDto(user: User): Account {
  return {
    ...toUserDto(user),
    status: user.status,
    lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
    createdAt: user.createdAt.toISOString(),
  };
}
