import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import type { DomainError } from '../http/domain-error';
import type { TerminalEnd } from './terminal';

/** Whose terminal on what, as the audit log names it. */
export interface TerminalSubject {
  readonly actor: Pick<Caller, 'id' | 'name'>;
  readonly server: { readonly id: string; readonly name: string };
}

type Write = () => Promise<void>;

/** Who had a terminal where, when, from which address, and why it ended; never what was typed or shown. */
@Injectable()
export class TerminalAudit {
  private readonly logger = new Logger(TerminalAudit.name);
  /** Ends that are not written yet. */
  private readonly unwritten: Write[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: DataSource,
    private readonly audit: AuditService,
  ) {}

  /** Rejects when it cannot be written: then there must be no terminal. */
  opened(subject: TerminalSubject, terminalId: string, details: object): Promise<void> {
    return this.record('terminal.opened', subject, { terminalId, ...details });
  }

  refused(subject: TerminalSubject, address: string, { code }: DomainError): Promise<void> {
    return this.record('terminal.refused', subject, { address, code });
  }

  /** Written when the database takes it: an end cannot be taken back. */
  ended(subject: TerminalSubject, terminalId: string, end: TerminalEnd): void {
    const { message: _, ...details } = end;
    this.unwritten.push(() => this.record('terminal.ended', subject, { terminalId, ...details }));
    void this.flush();
  }

  /** Resolves when all that could be written is. */
  @Interval(15_000)
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.writeAll());
    return this.writing;
  }

  private async writeAll(): Promise<void> {
    try {
      for (let write = this.unwritten[0]; write; write = this.unwritten[0]) {
        await write();
        this.unwritten.shift();
      }
    } catch (error) {
      this.logger.error({ err: error }, 'The end of a terminal could not be recorded; it is tried again.');
    }
  }

  private record(action: string, { actor, server }: TerminalSubject, details: object): Promise<void> {
    const target = { type: 'server', ...server };
    return this.audit.record(this.database.manager, actor, { action, target, details: { ...details } });
  }
}
