import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';

import type { AuditService } from '../audit/audit.service';
import { TerminalAudit } from './terminal-audit';

describe('TerminalAudit', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('writes an end that could not be written later, in order and once', async () => {
    const written: unknown[] = [];
    let isAway = true;
    const record = (_: unknown, __: unknown, entry: { details: { terminalId: string } }): Promise<void> => {
      if (isAway) return Promise.reject(new Error('away'));
      written.push(entry.details.terminalId);
      return Promise.resolve();
    };
    const audit = new TerminalAudit({} as DataSource, { record } as unknown as AuditService);
    const subject = { actor: { id: 'me', name: 'Me' }, server: { id: 's', name: 'Host' } };
    const end = { reason: 'idle', message: 'x', durationMs: 1, bytesIn: 2, bytesOut: 3 } as const;
    audit.ended(subject, 'first', end);
    audit.ended(subject, 'second', end);
    await audit.flush();
    expect(written).toEqual([]);
    isAway = false;
    await audit.flush();
    await audit.flush();
    expect(written).toEqual(['first', 'second']);
  });
});
