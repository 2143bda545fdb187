import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { EventVersion } from './event-version.entity';

/** A version as a list needs it: a script may have a megabyte, and only whether it was changed counts. */
export type ListedVersion = Omit<EventVersion, 'content'> & { readonly contentChanged: boolean };

/** Reads of the history of an event. */
@Injectable()
export class EventVersionsRepository {
  constructor(private readonly database: DataSource) {}

  /**
   * One page plus one row, newest first.
   *
   * @param beforeId the id of the version that ended the page before
   */
  async page(eventId: string, limit: number, beforeId: string | undefined): Promise<ListedVersion[]> {
    const versions = this.database.getRepository(EventVersion);
    const columns = versions.metadata.columns.map(({ propertyName }) => propertyName);
    const select = versions
      .createQueryBuilder('version')
      .select(columns.filter((column) => column !== 'content').map((column) => `version.${column}`))
      .where('version.eventId = :eventId', { eventId })
      .orderBy('version.version', 'DESC')
      .take(limit + 1);
    if (beforeId !== undefined) {
      select.andWhere('version.version < (SELECT version FROM event_versions WHERE id = :beforeId)', {
        beforeId,
      });
    }
    const rows = await select.getMany();
    const changed = await this.changedContents(rows.map(({ id }) => id));
    return rows.map((row) => Object.assign(row, { contentChanged: changed.has(row.id) }));
  }

  /** Those of successive versions whose script is another than that of the one before among them. */
  private async changedContents(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT id FROM (SELECT id, content IS DISTINCT FROM lag(content) OVER (ORDER BY version) AS changed
                         FROM event_versions WHERE id = ANY($1)) AS compared
        WHERE changed`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  find(eventId: string, version: number): Promise<EventVersion | null> {
    return this.database.getRepository(EventVersion).findOneBy({ eventId, version });
  }
}
