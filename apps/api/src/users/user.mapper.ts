import type { User as UserDto } from '@cronium/contracts';

import type { User } from './user.entity';

export function toUserDto(user: User): UserDto {
  return { id: user.id, email: user.email, name: user.name, role: user.role };
}
