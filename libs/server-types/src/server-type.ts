import * as z from 'zod';

/** Where jobs run: an isolated local sandbox, or a remote host. There is no third way. */
export const serverTypeSchema = z.enum(['container', 'ssh']).meta({ id: 'ServerType' });
export type ServerType = z.infer<typeof serverTypeSchema>;
