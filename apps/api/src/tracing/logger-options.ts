import type { Config } from '../config/config';
import { logFields } from './correlation';

/** How lines of the log look: pino's options. */
export function loggerOptions({ log }: Pick<Config, 'log'>) {
  return {
    level: log.level,
    mixin: logFields,
    redact: ['req.headers.authorization', 'req.headers.cookie', 'res.headers["set-cookie"]'],
    ...(log.pretty
      ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname,req' } } }
      : {}),
  };
}
