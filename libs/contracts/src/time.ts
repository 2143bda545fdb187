import * as z from 'zod';

export const timezoneSchema = z
  .string()
  .max(100)
  .refine(isTimezone, 'Give the name of a time zone, for example Europe/Berlin.')
  .describe('Name from the IANA time zone database; its clock is the one that is meant.');

export const instantSchema = z.iso.datetime({
  offset: true,
  error: 'Give a time with its offset, for example 2026-03-29T02:30:00+01:00.',
});

/** Whether the name is one of the IANA time zone database. */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Node takes offsets, too; the clocks of a place are not an offset.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
