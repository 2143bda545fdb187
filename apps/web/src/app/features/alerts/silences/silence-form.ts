import { createAlertSilenceSchema, type AlertKind } from '@cronium/contracts';

import { checkedBy } from '../../../shared/form/checked-by';

/** A silence as the dialog edits it; times are of the fields `datetime-local`, on the viewer's clock. */
export interface SilenceForm {
  kind: AlertKind | '';
  /** `server <id>`, `event <id>`, or empty for all. */
  about: string;
  reason: string;
  startsAt: string;
  endsAt: string;
  repeat: 'never' | 'weekly';
}

export const silenceFormSchema = checkedBy<SilenceForm>(createAlertSilenceSchema, toSilence, (path) =>
  path[0] === 'serverId' || path[0] === 'eventId' ? ['about'] : path,
);

/** The body of the request. */
export function toSilence({ kind, about, reason, startsAt, endsAt, repeat }: SilenceForm) {
  const [what, id] = about.split(' ');
  return {
    kind: kind === '' ? null : kind,
    serverId: what === 'server' ? id : null,
    eventId: what === 'event' ? id : null,
    reason,
    startsAt: instantOf(startsAt),
    endsAt: instantOf(endsAt),
    repeat,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** As `datetime-local` has it, in the viewer's zone. */
export function localTime(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

function instantOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
