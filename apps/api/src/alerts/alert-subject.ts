/** What an alert is about: a server, an event, or the installation. */
export type AlertSubject = { readonly serverId: string } | { readonly eventId: string } | 'system';

export function serverOf(subject: AlertSubject): string | null {
  return subject !== 'system' && 'serverId' in subject ? subject.serverId : null;
}

export function eventOf(subject: AlertSubject): string | null {
  return subject !== 'system' && 'eventId' in subject ? subject.eventId : null;
}

export function subjectOf(serverId: string | null, eventId: string | null): AlertSubject {
  if (serverId !== null) return { serverId };
  return eventId === null ? 'system' : { eventId };
}
