import type { ClientToServerEvents, ServerToClientEvents } from '@cronium/contracts';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Namespace, Socket } from 'socket.io';

import { ExecutionMonitor } from '../monitoring/execution-monitor';

/** To those who asked for it. */
const pushMilliseconds = 2000;
/** To every administrator who is there: so the first look at a page shows something, and costs little while nobody looks. */
const backgroundPushes = 8;

export const healthWatchers = 'health-watchers';
export const administrators = 'administrators';

/** Pushes how servers and jobs are to administrators, as long as any is connected. */
@Injectable()
export class HealthFeed implements OnApplicationShutdown {
  private readonly logger = new Logger(HealthFeed.name);
  private sockets: Namespace | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pushes = 0;
  private pushing = false;

  constructor(private readonly monitor: ExecutionMonitor) {}

  /** @param namespace whose administrators are in the room `administrators` */
  open(namespace: Namespace): void {
    this.sockets = namespace;
    this.timer = setInterval(() => void this.push(), pushMilliseconds);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** To one that has just asked for it, at once. */
  async tell(socket: Pick<Socket<ClientToServerEvents, ServerToClientEvents>, 'emit'>): Promise<void> {
    socket.emit('health', await this.monitor.snapshot());
  }

  private async push(): Promise<void> {
    this.pushes += 1;
    const isBackground = this.pushes % backgroundPushes === 0;
    const room = isBackground ? administrators : healthWatchers;
    if (this.pushing || !this.sockets?.adapter.rooms.has(room)) return;
    this.pushing = true;
    try {
      const health = isBackground ? this.monitor.glance() : this.monitor.snapshot();
      this.sockets.to(room).emit('health', await health);
    } catch (error) {
      this.logger.debug({ err: error }, 'Nobody could be told how servers and jobs are.');
    } finally {
      this.pushing = false;
    }
  }
}
