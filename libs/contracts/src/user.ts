import * as z from 'zod';

import { userRoleSchema } from './auth';
import { idSchema, pageOf, pageQuerySchema } from './page';

export const userStatusSchema = z
  .enum(['ACTIVE', 'DISABLED'])
  .describe('A disabled user cannot sign in; what is theirs stays.')
  .meta({ id: 'UserStatus' });
export type UserStatus = z.infer<typeof userStatusSchema>;

export const passwordSchema = z
  .string()
  .min(10, 'A password has at least 10 characters.')
  .max(1024, 'A password has at most 1,024 characters.');

const userFields = {
  email: z.email('Enter an e-mail address, for example ada@example.com.').max(254),
  name: z.string().trim().min(1, 'Give a name.').max(200),
  role: userRoleSchema,
};

/** A user as administrators see them. */
export const accountSchema = z
  .strictObject({
    id: idSchema,
    ...userFields,
    status: userStatusSchema,
    lastLoginAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof accountSchema>;

export const accountPageSchema = pageOf(accountSchema, 'AccountPage');

/** Query of `GET /api/users`. */
export const userQuerySchema = pageQuerySchema.extend({
  search: z.string().trim().max(200).optional().describe('Part of the name or e-mail, upper or lower case.'),
});
export type UserQuery = z.infer<typeof userQuerySchema>;

/** Body of `POST /api/users`. */
export const createUserSchema = z
  .strictObject({ ...userFields, password: passwordSchema })
  .meta({ id: 'CreateUser' });
export type CreateUser = z.infer<typeof createUserSchema>;

/** Body of `PATCH /api/users/:id`: what is left out stays. A new password or a disabling ends the user's sessions. */
export const updateUserSchema = z
  .strictObject({ ...userFields, status: userStatusSchema, password: passwordSchema })
  .partial()
  .meta({ id: 'UpdateUser' });
export type UpdateUser = z.infer<typeof updateUserSchema>;

/** Body of `PATCH /api/auth/me`: one's own name. */
export const updateMeSchema = z.strictObject({ name: userFields.name }).partial().meta({ id: 'UpdateMe' });
export type UpdateMe = z.infer<typeof updateMeSchema>;

/** Body of `POST /api/auth/password`: one's own. It ends every other session. */
export const changePasswordSchema = z
  .strictObject({
    currentPassword: z.string().min(1, 'Enter your present password.').max(1024),
    newPassword: passwordSchema,
  })
  .meta({ id: 'ChangePassword' });
export type ChangePassword = z.infer<typeof changePasswordSchema>;
