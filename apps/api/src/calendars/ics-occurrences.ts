import { calendarBounds } from '@cronium/contracts';
import ICAL from 'ical.js';

import { lineOf, type Occurrence } from './ics-time';

/** In milliseconds since 1970. */
export interface Range {
  readonly from: number;
  readonly until: number;
}

interface Entry {
  readonly label: string;
  readonly occurrences: Iterable<Occurrence>;
}

/** Each entry of a file with its times up to the end of the range; what changes single times of a recurrence belongs to its entry. */
export function occurrencesOf(events: readonly ICAL.Component[], range: Range): Entry[] {
  const changes = new Map<string, ICAL.Component[]>();
  const masters: ICAL.Component[] = [];
  for (const event of events) {
    const uid = uidOf(event);
    if (uid === null || !event.hasProperty('recurrence-id')) masters.push(event);
    else changes.set(uid, [...(changes.get(uid) ?? []), event]);
  }
  const known = new Set(masters.map(uidOf));
  const orphans = [...changes].flatMap(([uid, changed]) => (known.has(uid) ? [] : changed));
  return [
    ...masters.map((event) => entryOf(event, changes.get(uidOf(event) ?? '') ?? [], range)),
    ...orphans.map((event) => entryOf(event, [], range)),
  ];
}

function entryOf(component: ICAL.Component, exceptions: ICAL.Component[], range: Range): Entry {
  const event = new ICAL.Event(component, { exceptions });
  return { label: labelOf(component), occurrences: isCancelled(component) ? [] : timesOf(event, range) };
}

function* timesOf(event: ICAL.Event, range: Range): Generator<Occurrence> {
  if (!event.isRecurring()) {
    yield single(event);
    return;
  }
  const keepsDay = recursOnDayOfMonth(event.component);
  const times = event.iterator();
  // The types forget that there is none any more.
  for (let time = times.next() as ICAL.Time | null; time; time = times.next() as ICAL.Time | null) {
    // Good enough to end with: a zone is at most a day away.
    if (time.toUnixTime() * 1000 > range.until + 86_400_000) return;
    if (keepsDay && time.day !== event.startDate.day) continue;
    const { item, startDate, endDate } = event.getOccurrenceDetails(time);
    if (isCancelled(item.component)) continue;
    const zone = zoneOf(item.component, 'dtstart');
    yield item === event ? { start: startDate, end: endDate, startZone: zone, endZone: zone } : single(item);
  }
}

/** On the 31st, or on 29 February: where there is no such day there is no time (RFC 5545, 3.3.10), where ical.js takes a later one. */
function recursOnDayOfMonth(component: ICAL.Component): boolean {
  const rule = component.getFirstPropertyValue('rrule');
  if (!(rule instanceof ICAL.Recur) || component.hasProperty('rdate')) return false;
  return ['MONTHLY', 'YEARLY'].includes(rule.freq) && Object.keys(rule.parts).length === 0;
}

function single(event: ICAL.Event): Occurrence {
  const startZone = zoneOf(event.component, 'dtstart');
  const endZone = event.component.hasProperty('dtend') ? zoneOf(event.component, 'dtend') : startZone;
  return { start: event.startDate, end: event.endDate, startZone, endZone };
}

function zoneOf(component: ICAL.Component, property: string): string | undefined {
  return component.getFirstProperty(property)?.getFirstParameter('tzid');
}

function isCancelled(component: ICAL.Component): boolean {
  return component.getFirstPropertyValue('status') === 'CANCELLED';
}

function uidOf(component: ICAL.Component): string | null {
  const uid = component.getFirstPropertyValue('uid');
  return typeof uid === 'string' ? uid : null;
}

function labelOf(component: ICAL.Component): string {
  return lineOf(component.getFirstPropertyValue('summary'), calendarBounds.labelLength);
}
