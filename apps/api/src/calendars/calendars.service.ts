import {
  calendarBounds,
  type Calendar as CalendarDto,
  type CalendarQuery,
  type CalendarSummary,
  type CreateCalendar,
  type ImportCalendar,
  type ImportPreview,
  type Page,
  type PreviewImport,
  type UpdateCalendar,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AuditService } from '../audit/audit.service';
import {
  type Caller,
  mayManageCalendar,
  maySeeCalendar,
  maySetVisibility,
  ownerFilter,
} from '../auth/policy';
import { OpenRuns } from '../events/open-runs';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { Calendar } from './calendar.entity';
import { toCalendarDto, toCalendarSummary } from './calendar.mapper';
import { CalendarsRepository, type UsingEvent } from './calendars.repository';
import { readIcs } from './ics';
import { IcsError } from './ics-time';

@Injectable()
export class CalendarsService {
  constructor(
    private readonly database: DataSource,
    private readonly repository: CalendarsRepository,
    private readonly openRuns: OpenRuns,
    private readonly audit: AuditService,
  ) {}

  /** Own ones and those for everyone, the oldest first; an administrator sees all. */
  async list(caller: Caller, query: CalendarQuery): Promise<Page<CalendarSummary>> {
    const rows = await this.repository.list(ownerFilter(caller), query, decodeCursor(query.cursor));
    const page = toPage(rows, query.limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    const relations = await this.repository.relationsOf(page.items.map(({ id }) => id));
    // A row without relations was deleted between the two statements.
    const items = page.items.flatMap((calendar) => {
      const related = relations.get(calendar.id);
      return related ? [toCalendarSummary(calendar, related, caller, related.ruleCount)] : [];
    });
    return { ...page, items };
  }

  async get(caller: Caller, id: string): Promise<CalendarDto> {
    return this.read(caller, await this.visible(this.database.manager, caller, id));
  }

  async create(caller: Caller, details: CreateCalendar): Promise<CalendarDto> {
    const { import: file, ...fields } = details;
    refuseVisibility(caller, fields.visibility, 'private');
    const imported = file ? importOf(file, fields.timezone, 'body.import.ics') : nothingImported;
    const calendar = await this.database.transaction(async (transaction) => {
      const saved = await transaction.save(Calendar, {
        ...{ ...fields, ...imported, id: uuid(), ownerId: caller.id },
      });
      checkRules(saved, file ? 'body.import.ics' : 'body.rules');
      await this.record(transaction, caller, 'calendar.created', saved, { kind: saved.kind });
      return saved;
    });
    return this.read(caller, calendar);
  }

  async update(caller: Caller, id: string, change: UpdateCalendar): Promise<CalendarDto> {
    return this.change(caller, id, async (transaction, calendar) => {
      refuseVisibility(caller, change.visibility, calendar.visibility);
      if (change.visibility === 'private') await this.refuseWhileOthersUse(transaction, calendar);
      Object.assign(calendar, change);
      checkRules(calendar, 'body.rules');
      return { action: 'calendar.changed', details: { fields: Object.keys(change) } };
    });
  }

  /** Replaces what was imported before; rules written by hand stay. */
  async import(caller: Caller, id: string, file: ImportCalendar): Promise<CalendarDto> {
    return this.change(caller, id, (_, calendar) => {
      Object.assign(calendar, importOf(file, calendar.timezone, 'body.ics'));
      checkRules(calendar, 'body.ics');
      const details = { fileName: file.fileName, rules: calendar.importedRules.length };
      return { action: 'calendar.imported', details };
    });
  }

  /** Takes out what was imported. */
  async removeImport(caller: Caller, id: string): Promise<CalendarDto> {
    return this.change(caller, id, (_, calendar) => {
      const details = { rules: calendar.importedRules.length };
      Object.assign(calendar, nothingImported);
      checkRules(calendar, 'body');
      return { action: 'calendar.import_removed', details };
    });
  }

  /** What a file holds, without storing it. */
  previewImport({ ics, timezone }: PreviewImport): ImportPreview {
    return readFile(ics, timezone, 'body.ics');
  }

  /** One that events use is deleted only when the caller knows of them. */
  async delete(caller: Caller, id: string, confirmed: boolean): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const calendar = await this.manageable(transaction, caller, id);
      const events = await this.repository.eventsUsing(transaction, id);
      if (events.length > 0 && !confirmed) {
        const remedy = 'Without it they run at every planned time; repeat with confirm=true.';
        throw inUse(`“${calendar.name}” is used by ${namesOf(events)}. ${remedy}`);
      }
      await transaction.delete(Calendar, id);
      await this.record(transaction, caller, 'calendar.deleted', calendar, { events: events.length });
      await this.openRuns.planAnew(
        transaction,
        events.map((event) => event.id),
      );
    });
  }

  /** Changes a calendar, and plans its events anew, in one transaction. */
  private async change(
    caller: Caller,
    id: string,
    act: (transaction: EntityManager, calendar: Calendar) => Promise<Audited> | Audited,
  ): Promise<CalendarDto> {
    const calendar = await this.database.transaction(async (transaction) => {
      const present = await this.manageable(transaction, caller, id);
      const { action, details } = await act(transaction, present);
      const saved = await transaction.save(Calendar, present);
      await this.record(transaction, caller, action, saved, details);
      const events = await this.repository.eventsUsing(transaction, id);
      await this.openRuns.planAnew(
        transaction,
        events.map((event) => event.id),
      );
      return saved;
    });
    return this.read(caller, calendar);
  }

  private async refuseWhileOthersUse(transaction: EntityManager, calendar: Calendar): Promise<void> {
    if (calendar.visibility === 'private') return;
    const events = await this.repository.eventsUsing(transaction, calendar.id);
    const others = events.filter(({ ownerId }) => ownerId !== calendar.ownerId);
    if (others.length === 0) return;
    throw inUse(
      `“${calendar.name}” is used by events of others: ${namesOf(others)}. Take it out of them, then make it private.`,
    );
  }

  private async visible(manager: EntityManager, caller: Caller, id: string, lock = false): Promise<Calendar> {
    const calendar = await manager.findOne(Calendar, {
      where: { id },
      // Not against an event that is saved with it meanwhile: that may hold what the plan anew waits for.
      ...(lock ? { lock: { mode: 'for_no_key_update' } } : {}),
    });
    if (!calendar || !maySeeCalendar(caller, calendar)) throw notFound('calendar', id);
    return calendar;
  }

  private async manageable(transaction: EntityManager, caller: Caller, id: string): Promise<Calendar> {
    const calendar = await this.visible(transaction, caller, id, true);
    if (mayManageCalendar(caller, calendar)) return calendar;
    const message = `You may use “${calendar.name}”, not change it: what is for everyone is administrators’.`;
    throw new DomainError('forbidden', 'manage_required', message);
  }

  private async read(caller: Caller, calendar: Calendar): Promise<CalendarDto> {
    const relations = (await this.repository.relationsOf([calendar.id])).get(calendar.id);
    if (!relations) throw notFound('calendar', calendar.id);
    return toCalendarDto(calendar, relations, caller);
  }

  private record(
    transaction: EntityManager,
    caller: Caller,
    action: string,
    { id, name }: Calendar,
    details: Record<string, unknown>,
  ): Promise<void> {
    return this.audit.record(transaction, caller, {
      action,
      target: { type: 'calendar', id, name },
      details,
    });
  }
}

/** What the audit log says of a change. */
interface Audited {
  readonly action: string;
  readonly details: Record<string, unknown>;
}

const nothingImported = { importedRules: [], importedFile: null, importedAt: null };

function importOf({ ics, fileName }: ImportCalendar, timezone: string, path: string) {
  const { rules } = readFile(ics, timezone, path);
  return { importedRules: rules, importedFile: fileName, importedAt: new Date() };
}

function readFile(ics: string, timezone: string, path: string): ImportPreview {
  try {
    return readIcs(ics, timezone, new Date());
  } catch (error) {
    if (!(error instanceof IcsError)) throw error;
    const message = `The file cannot be imported. ${error.message}`;
    throw new DomainError('invalid', 'ics_invalid', message, [{ path, message }]);
  }
}

function refuseVisibility(
  caller: Caller,
  wanted: Calendar['visibility'] | undefined,
  present: Calendar['visibility'],
): void {
  if (wanted === undefined || wanted === present || maySetVisibility(caller)) return;
  throw new DomainError('forbidden', 'forbidden', 'Only administrators make a calendar one for everyone.', [
    { path: 'body.visibility', message: 'Only administrators set this.' },
  ]);
}

/** What is by hand and what is imported together. */
function checkRules({ kind, rules, importedRules }: Calendar, path: string): void {
  const count = rules.length + importedRules.length;
  if (count > calendarBounds.rules) {
    const most = calendarBounds.rules.toLocaleString('en');
    throw rulesInvalid(
      `A calendar has at most ${most} rules, with those imported; these are ${count.toLocaleString('en')}.`,
      path,
    );
  }
  if (kind === 'allow_only' && count === 0) {
    throw rulesInvalid('It would allow nothing at all: add a rule, or make it a blackout calendar.', path);
  }
}

function rulesInvalid(message: string, path: string): DomainError {
  return new DomainError('invalid', 'rules_invalid', message, [{ path, message }]);
}

function namesOf(events: readonly UsingEvent[]): string {
  const names = events.slice(0, 10).map(({ name }) => `“${name}”`);
  return `${names.join(', ')}${events.length > names.length ? ` and ${events.length - names.length} more` : ''}`;
}

function inUse(message: string): DomainError {
  return new DomainError('conflict', 'calendar_in_use', message);
}
