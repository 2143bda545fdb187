import * as z from 'zod';

import { idSchema } from './page';

/**
 * `ADMIN` sees and controls all of it; `USER` has events and servers of their own; `VIEWER` reads what is shared with them and runs
 * nothing.
 */
export const userRoleSchema = z.enum(['ADMIN', 'USER', 'VIEWER']).meta({ id: 'UserRole' });
export type UserRole = z.infer<typeof userRoleSchema>;

export const userSchema = z
  .strictObject({
    id: idSchema,
    email: z.email(),
    name: z.string(),
    role: userRoleSchema,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

export const loginRequestSchema = z
  .strictObject({
    email: z.email('Enter an e-mail address, for example admin@example.com.').max(254),
    password: z.string().min(1, 'Enter your password.').max(1024),
  })
  .meta({ id: 'LoginRequest' });
export type LoginRequest = z.infer<typeof loginRequestSchema>;

/** Answer of sign-in and refresh. The refresh token itself is an httpOnly cookie. */
export const sessionSchema = z
  .strictObject({
    accessToken: z.string().describe('JWT for `Authorization: Bearer`.'),
    expiresInSeconds: z.int().min(1).describe('Life of the access token; refresh before it ends.'),
    user: userSchema,
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;
