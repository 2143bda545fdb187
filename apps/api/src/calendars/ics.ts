import { runInNewContext } from 'node:vm';

import { calendarBounds, type CalendarRule, type ImportPreview, isTimezone } from '@cronium/contracts';
import ICAL from 'ical.js';

import { errorCode } from '../error-code';
import { occurrencesOf, type Range } from './ics-occurrences';
import { IcsError, lineOf, placeOf } from './ics-time';

/** How far back and ahead a file is read: recurrences have no end. */
const yearMs = 366 * 86_400_000;
const yearsBack = 1;
const yearsAhead = 5;
/** Recurrences may be written that never come true, or by the second: reading such a file is given up. */
const readingAtMostMs = 3_000;

/**
 * What an iCalendar file (RFC 5545) says: days become `dates`, times `window`s, recurrences each of their times.
 *
 * @param timezone for times in the file that name no zone
 * @throws IcsError that says what is wrong with the file
 */
export function readIcs(ics: string, timezone: string, now: Date): ImportPreview {
  try {
    // The one way to stop code that does not come to an end by itself, other than a process of its own.
    return runInNewContext(
      'read()',
      { read: () => read(ics, timezone, now) },
      {
        timeout: readingAtMostMs,
      },
    ) as ImportPreview;
  } catch (error) {
    if (errorCode(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new IcsError('Its recurrences take too long to work out. Export fewer entries, or a shorter time.');
  }
}

function read(ics: string, timezone: string, now: Date): ImportPreview {
  const calendar = parse(ics);
  const range = { from: now.getTime() - yearsBack * yearMs, until: now.getTime() + yearsAhead * yearMs };
  const events = calendar.getAllSubcomponents('vevent');
  if (events.length === 0) throw new IcsError('It has no entries (VEVENT).');
  const { rules, leftOut } = rulesOf(events, timezone, range);
  return {
    name: textOf(calendar, 'x-wr-calname'),
    timezone: timezoneOf(calendar),
    rules,
    from: new Date(range.from).toISOString(),
    until: new Date(range.until).toISOString(),
    leftOut,
  };
}

function parse(ics: string): ICAL.Component {
  const text = ics.replace(/^\uFEFF/, '').trim();
  if (!/^BEGIN:VCALENDAR/i.test(text)) {
    throw new IcsError('It is not an iCalendar file: that begins with BEGIN:VCALENDAR.');
  }
  try {
    // Several calendars in one file are an array of them.
    const parsed = ICAL.parse(text) as unknown[];
    return new ICAL.Component(Array.isArray(parsed[0]) ? parsed[0] : parsed);
  } catch (cause) {
    throw new IcsError(`It cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function rulesOf(events: readonly ICAL.Component[], timezone: string, range: Range) {
  const rules = new Map<string, { rule: CalendarRule; at: number }>();
  let leftOut = 0;
  for (const { label, occurrences } of occurrencesOf(events, range)) {
    let found = 0;
    try {
      for (const occurrence of occurrences) {
        const place = placeOf(occurrence, label, timezone);
        if (!place || place.to <= range.from || place.from >= range.until) continue;
        found += 1;
        rules.set(JSON.stringify(place.rule), { rule: place.rule, at: place.from });
        if (rules.size > calendarBounds.rules) throw tooMany();
      }
    } catch (cause) {
      if (cause instanceof IcsError) throw cause;
      throw new IcsError(`The entry “${label}” cannot be read: ${messageOf(cause)}`, { cause });
    }
    if (found === 0) leftOut += 1;
  }
  const sorted = [...rules.values()].sort((one, other) => one.at - other.at);
  return { rules: sorted.map(({ rule }) => rule), leftOut };
}

function tooMany(): IcsError {
  const most = calendarBounds.rules.toLocaleString('en');
  return new IcsError(
    `It has more than ${most} times from last year to ${yearsAhead} years ahead. Export fewer entries; what recurs each week is better written as a weekly rule.`,
  );
}

function textOf(calendar: ICAL.Component, property: string): string | null {
  return lineOf(calendar.getFirstPropertyValue(property), calendarBounds.nameLength) || null;
}

function timezoneOf(calendar: ICAL.Component): string | null {
  const named = textOf(calendar, 'x-wr-timezone');
  return named !== null && isTimezone(named) ? named : null;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
