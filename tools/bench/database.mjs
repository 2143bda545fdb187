import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

/** A connection to a product's database beside the product's own, for filling it and for looking at it. */
export async function connect(url) {
  const client = new pg.Client({ connectionString: url, application_name: 'bench' });
  // Ended with its database, when what was measured has failed: that is the error to see.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Asks every few milliseconds until the first column of the answer is true. */
export async function until(client, question, values = [], limitSeconds = 120) {
  const end = performance.now() + limitSeconds * 1000;
  for (;;) {
    const { rows } = await client.query({ text: question, values, rowMode: 'array' });
    if (rows[0]?.[0]) return;
    if (performance.now() > end) throw new Error(`Not within ${limitSeconds} s: ${question}`);
    await delay(50);
  }
}
