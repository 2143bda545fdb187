import { chownSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { RecordingObserver } from '../contract/recording-observer';
import { never, scriptRequest } from '../contract/script-request';
import { SshdFixture, type TestUser, commandLine } from './sshd-fixture';

jest.setTimeout(60_000);

const SECRET = 'hunter2-in-the-environment';
const SCRIPT_WORD = 'hunter2-in-the-script';
const INPUT_WORD = 'hunter2-in-the-input';

/** Command lines of everything that runs, while something does: every look is one turn of the event loop. */
async function watchCommandLines(until: Promise<unknown>): Promise<string[]> {
  const seen = new Set<string>();
  const run = { isOver: false };
  void until.finally(() => (run.isOver = true));
  while (!run.isOver) {
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name)) {
        seen.add(commandLine(Number(name)));
      }
    }
    await new Promise(setImmediate);
  }
  return [...seen];
}

/** Every file below a folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}

describe.each([
  ['with python3', []],
  ['without python3', ['python3']],
])('What others on a host %s can see', (_, hidden) => {
  let fixture: SshdFixture;
  let user: TestUser;

  beforeAll(async () => {
    fixture = await SshdFixture.start({ hidden });
    user = await fixture.addUser();
  });
  afterAll(() => fixture.stop());

  it('is neither script, nor environment, nor input', async () => {
    const executor = fixture.createExecutor(user);
    const observer = new RecordingObserver();
    const running = executor.executeScript(
      scriptRequest(`echo begun; # ${SCRIPT_WORD}\nfor i in 1 2 3 4 5 6; do sleep 0.1; done; echo "$TOKEN"`, {
        environment: { TOKEN: SECRET },
        input: INPUT_WORD,
      }),
      observer,
      never,
    );
    const seen = await watchCommandLines(running);
    const said = seen.join('\n');
    expect(observer.stdout).toBe(`begun\n${SECRET}\n`);
    // The look was at the right place.
    expect(said).toContain('cronium-');
    expect(said).toContain('sleep 0.1');
    for (const word of [SECRET, SCRIPT_WORD, INPUT_WORD]) {
      expect(said).not.toContain(word);
    }
    await executor.disconnect();
  });

  it('is no file: folders are closed while the script runs, and hold nothing after it', async () => {
    const executor = fixture.createExecutor(user);
    const observer = new RecordingObserver();
    const running = executor.executeScript(
      scriptRequest(
        `echo "$0"; while [ ! -e "$HOME/go-on" ]; do sleep 0.05; done; rm "$HOME/go-on"; # ${SCRIPT_WORD}`,
      ),
      observer,
      never,
    );
    await observer.until(() => observer.stdout.includes('\n'));
    const script = observer.stdout.trim();
    const folders = script.split('/').map((__, index, all) => all.slice(0, index + 1).join('/'));
    const own = folders.filter((path) => path.startsWith('/tmp/') && !path.endsWith('.sh'));
    expect(own.map((path) => (statSync(path).mode & 0o077).toString(8))).toEqual(own.map(() => '0'));
    expect(statSync(script).mode & 0o077).toBe(0);
    writeFileSync(join(user.home, 'go-on'), '');
    chownSync(join(user.home, 'go-on'), user.uid, user.uid);
    await running;
    const left = filesOf(user.home).filter((path) => readFileSync(path, 'latin1').includes(SCRIPT_WORD));
    expect(left).toEqual([]);
    await executor.disconnect();
  });
});
