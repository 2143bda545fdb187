import type { HostPressure, ResourceUsage } from '@cronium/server-types';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { Notifications } from '../database/notifications';
import { EnforcementActions } from '../enforcement/enforcement-actions';
import type { Server } from './server.entity';
import type { RecordedHealth } from './server-health.repository';

const mebibyte = 1024 * 1024;

/** Machines that have too little left for more jobs. Admission reads it from the health of their servers. */
@Injectable()
export class HostPressures {
  private readonly logger = new Logger(HostPressures.name);

  constructor(
    private readonly actions: EnforcementActions,
    private readonly notifications: Notifications,
  ) {}

  /**
   * Part of the transaction that records a check: whether admission stops or resumes by it, which is put on record.
   *
   * @param room what the check found that the machine has left
   */
  async turn(
    transaction: EntityManager,
    server: Pick<Server, 'id' | 'name'>,
    { pressure, before }: RecordedHealth,
    room: ResourceUsage['host'],
  ): Promise<boolean> {
    if (pressure?.resource === before?.resource) return false;
    const stopped = pressure && ({ ...figuresOf(pressure), kind: 'admission_stopped' } as const);
    const resumed = before && ({ ...figuresOf(before, room), kind: 'admission_resumed' } as const);
    const turns = [resumed, stopped].flatMap((turn) => (turn ? [{ ...turn, serverId: server.id }] : []));
    await this.actions.record(turns, transaction);
    // Those who wait are told why, or get their turn.
    await this.notifications.publish(transaction, { kind: 'job.queued' });
    if (pressure) this.logger.warn({ server: server.name, ...pressure }, 'A machine has too little left.');
    else this.logger.log({ server: server.name, ...before }, 'A machine has enough left again.');
    return true;
  }
}

/** For who waits: what is short, and what the floor is. */
export function pressureMessage(
  serverName: string,
  { resource, availableBytes, floorBytes }: Pick<HostPressure, 'resource' | 'availableBytes' | 'floorBytes'>,
): string {
  const what = resource === 'memory' ? 'of memory' : 'on the disk of its engine';
  const [left, floor] = [availableBytes, floorBytes].map((bytes) => Math.floor(bytes / mebibyte));
  return `The machine of “${serverName}” has only ${left} MiB left ${what}; below ${floor} MiB nothing more starts there. It goes on with a tenth more than that.`;
}

/** @param room what is left by now; what was left then, where nobody tells any more */
function figuresOf({ resource, availableBytes, floorBytes }: HostPressure, room?: ResourceUsage['host']) {
  const now = resource === 'memory' ? room?.memoryAvailableBytes : room?.diskFreeBytes;
  return { resource, used: now ?? availableBytes, bound: floorBytes };
}
