import { mkdir, statfs } from 'node:fs/promises';

import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Config } from '../config/config';
import { DomainError } from '../http/domain-error';

const mebibyte = 1024 * 1024;
/** What was seen is believed for so long. */
const seenMilliseconds = 1000;

/** The room on the disk of the data folder, where the embedded database keeps all that is recorded. */
@Injectable()
export class DataFolder implements OnModuleInit {
  private seenAt = -Infinity;
  private freeMb = Infinity;

  constructor(private readonly config: Config) {}

  /** With a database and a key of the operator's nothing else has made it. */
  async onModuleInit(): Promise<void> {
    await mkdir(this.config.dataDir, { recursive: true, mode: 0o700 });
  }

  /** How much of its disk is used, 0 to 100: of what others than the superuser may use. */
  async usedPercent(): Promise<number> {
    const { blocks, bfree, bavail } = await statfs(this.config.dataDir);
    const used = blocks - bfree;
    return used + bavail === 0 ? 0 : (100 * used) / (used + bavail);
  }

  /** @throws DomainError `data_disk_full` when less is free than new work may need: what runs is recorded with the rest of it */
  async requireRoom(): Promise<void> {
    const now = performance.now();
    if (now - this.seenAt > seenMilliseconds) {
      const { bavail, bsize } = await statfs(this.config.dataDir);
      this.freeMb = Math.floor((bavail * bsize) / mebibyte);
      this.seenAt = now;
    }
    const { minFreeMb, dataDir } = this.config;
    if (this.freeMb >= minFreeMb) return;
    throw new DomainError(
      'unavailable',
      'data_disk_full',
      `Only ${this.freeMb} MiB are free where Cronium keeps its data (${dataDir}); below ${minFreeMb} MiB it starts nothing new. Free some room, or lower CRONIUM_MIN_FREE_MB.`,
    );
  }
}
