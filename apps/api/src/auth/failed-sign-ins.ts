import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How many sign-ins have failed, by minute and address: many of them are an alert (docs/alerts.md). */
@Injectable()
export class FailedSignIns {
  constructor(private readonly database: DataSource) {}

  async note(address: string): Promise<void> {
    await this.database.query(
      `INSERT INTO failed_sign_ins AS failed (minute, address, count) VALUES (date_trunc('minute', now()), $1, 1)
       ON CONFLICT (minute, address) DO UPDATE SET count = failed.count + 1`,
      [address],
    );
  }
}
