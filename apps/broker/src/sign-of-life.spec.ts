import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { showSignsOfLife } from './sign-of-life';

describe('The broker’s sign of life', () => {
  it('is a file that is written at once, and again while all is well', async () => {
    const file = join(mkdtempSync('/tmp/cronium-broker-life-'), 'alive');
    let asked = 0;
    const answers = [true, false];
    const stop = showSignsOfLife(file, () => Promise.resolve(answers[asked++] ?? true));
    while (!existsSync(file)) await delay(10);
    const first = statSync(file).mtimeMs;
    while (asked < 2) await delay(50);
    await delay(50);
    expect(statSync(file).mtimeMs).toBe(first); // it was not well
    while (statSync(file).mtimeMs === first) await delay(50);
    stop();
    rmSync(file);
  }, 30_000);
});
