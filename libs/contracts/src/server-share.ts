import * as z from 'zod';

import { blockedEventsSchema } from './settings';
import { idSchema } from './page';

/** What a share lets a user do. `use`: run events there. `manage`: also see and change how it is reached, and with whom it is shared. */
export const shareLevelSchema = z.enum(['use', 'manage']).meta({ id: 'ShareLevel' });
export type ShareLevel = z.infer<typeof shareLevelSchema>;

export const maxShares = 200;

export const serverShareSchema = z
  .strictObject({
    user: z.strictObject({ id: idSchema, name: z.string(), email: z.email() }),
    level: shareLevelSchema,
  })
  .meta({ id: 'ServerShare' });
export type ServerShare = z.infer<typeof serverShareSchema>;

/** Answer of `GET /api/servers/:id/shares`. */
export const serverSharesSchema = z
  .strictObject({ items: z.array(serverShareSchema).max(maxShares) })
  .meta({ id: 'ServerShares' });
export type ServerShares = z.infer<typeof serverSharesSchema>;

/** Body of `PUT /api/servers/:id/shares`: the whole list. A user is named by id or by e-mail. */
export const putServerSharesSchema = z
  .strictObject({
    items: z
      .array(
        z
          .strictObject({
            userId: idSchema.optional(),
            email: z.email('Enter the e-mail address of a user.').optional(),
            level: shareLevelSchema,
          })
          .refine((share) => (share.userId === undefined) !== (share.email === undefined), {
            message: 'Name the user by `userId` or by `email`, one of the two.',
          }),
      )
      .max(maxShares, `A server is shared with at most ${maxShares} users.`),
  })
  .meta({ id: 'PutServerShares' });
export type PutServerShares = z.infer<typeof putServerSharesSchema>;

/** Answer of `PUT /api/servers/:id/shares`: who has it now, and which events lost their server by the change. */
export const changedServerSharesSchema = serverSharesSchema
  .extend({ blockedEvents: blockedEventsSchema })
  .meta({ id: 'ChangedServerShares' });
export type ChangedServerShares = z.infer<typeof changedServerSharesSchema>;
