import type { AlertSilence } from '@cronium/contracts';

/** When it holds, in words; a weekly one in its own zone. */
export function timesOf(silence: Pick<AlertSilence, 'startsAt' | 'endsAt' | 'repeat' | 'timezone'>): string {
  const [start, end] = [new Date(silence.startsAt), new Date(silence.endsAt)];
  if (silence.repeat === 'weekly') {
    const format = new Intl.DateTimeFormat('en', {
      ...{ weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
      timeZone: silence.timezone,
    });
    return `Every week, ${format.format(start)} – ${format.format(end)} (${silence.timezone})`;
  }
  return new Intl.DateTimeFormat('en', {
    ...{ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatRange(start, end);
}
