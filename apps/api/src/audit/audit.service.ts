import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import type { Caller } from '../auth/policy';

/** Something that was done, by whom, and to what. */
export interface AuditEntry {
  /** `<thing>.<past participle>`, for example `server.shared`. */
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string | null; readonly name: string };
  /** What a reader needs to understand it; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The append-only log of state changes. An entry commits with the change it tells of. */
@Injectable()
export class AuditService {
  async record(
    transaction: EntityManager,
    actor: Pick<Caller, 'id' | 'name'> | null,
    { action, target, details = {} }: AuditEntry,
  ): Promise<void> {
    await transaction.query(
      `INSERT INTO audit_log (id, actor_id, actor_name, action, target_type, target_id, target_name, details)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        uuid(),
        actor?.id ?? null,
        actor?.name ?? 'Cronium',
        action,
        target.type,
        target.id,
        target.name,
        JSON.stringify(details),
      ],
    );
  }
}
