import { printed, runScript } from '../contract/run-script';
import { RecordingObserver } from '../contract/recording-observer';
import { scriptRequest } from '../contract/script-request';
import type { ContainerExecutor } from '../container/container-executor';
import { EngineFixture } from '../container/engine-fixture';
import { HelperError } from '../execution-error';
import type { ScriptExecutionRequest, ScriptLanguage } from '../port';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;

/** The same acts in each language: prints the input and the event, hands over `{ "city": "Zürich", "rows": [1, 2.5, null] }`. */
const acts: { name: string; language: ScriptLanguage; script: string }[] = [
  {
    name: 'bash',
    language: 'bash',
    script: `cronium_input; cronium_event; cronium_output '{"city":"Zürich","rows":[1,2.5,null]}'`,
  },
  {
    name: 'a bash that a bash script starts',
    language: 'bash',
    script: `bash -c 'cronium_input; cronium_event; echo "{\\"city\\":\\"Zürich\\",\\"rows\\":[1,2.5,null]}" | cronium_output'`,
  },
  {
    name: 'Python',
    language: 'python',
    script: `import cronium, json
print(json.dumps(cronium.input()))
print(json.dumps(cronium.event()))
cronium.output({'city': 'Zürich', 'rows': [1, 2.5, None]})`,
  },
  {
    name: 'Node.js, by require',
    language: 'nodejs',
    script: `const cronium = require('cronium');
(async () => {
  console.log(JSON.stringify(await cronium.input()));
  console.log(JSON.stringify(await cronium.event()));
  await cronium.output({ city: 'Zürich', rows: [1, 2.5, null] });
})();`,
  },
  {
    name: 'Node.js, by import',
    language: 'nodejs',
    script: `import cronium, { input, event } from 'cronium';
console.log(JSON.stringify(await input()));
console.log(JSON.stringify(await event()));
await cronium.output({ city: 'Zürich', rows: [1, 2.5, null] });`,
  },
];

/** Hands over a value that is too large, one that is wrong, and asks for nothing that exists. */
const mistakes: { name: string; language: ScriptLanguage; script: string; says: RegExp }[] = [
  {
    name: 'bash: a value of 3 MiB',
    language: 'bash',
    script: `head -c 3M /dev/zero | tr '\\0' x | cronium_output`,
    says: /^cronium: The value is 3145728 bytes; a helper takes at most 1048576\.\n$/,
  },
  {
    name: 'bash: what is not UTF-8',
    language: 'bash',
    script: `printf '\\xff\\xfe' | cronium_output`,
    says: /^cronium: The value is not valid UTF-8\.\n$/,
  },
  {
    name: 'bash: a helper that does not exist',
    language: 'bash',
    script: '_cronium_call GET nonsense',
    says: /^cronium: There is no helper "\/v1\/nonsense"\.\n$/,
  },
  {
    name: 'Python: a value of 3 MiB',
    language: 'python',
    script: `import cronium\ncronium.output('x' * (3 << 20))`,
    says: /CroniumError: The value is 3145730 bytes; a helper takes at most 1048576\.\n$/,
  },
  {
    name: 'Python: NaN',
    language: 'python',
    script: `import cronium\ncronium.output({'share': float('nan')})`,
    says: /Out of range float values are not JSON compliant/,
  },
  {
    name: 'Python: what has no JSON',
    language: 'python',
    script: `import cronium\ncronium.output({1, 2})`,
    says: /Object of type set is not JSON serializable/,
  },
  {
    name: 'Node.js: a value of 3 MiB',
    language: 'nodejs',
    script: `require('cronium').output('x'.repeat(3 << 20));`,
    says: /CroniumError: The value is 3145730 bytes; a helper takes at most 1048576\./,
  },
  {
    name: 'Node.js: a function',
    language: 'nodejs',
    script: `require('cronium').output(() => 1);`,
    says: /CroniumError: the value cannot be written as JSON/,
  },
  {
    name: 'Node.js: a bigint',
    language: 'nodejs',
    script: `require('cronium').output({ count: 1n });`,
    says: /Do not know how to serialize a BigInt/,
  },
];

describe('Runtime helpers', () => {
  const fixture = new EngineFixture({ pool: { size: 3, refillConcurrency: 2 } });
  let executor: ContainerExecutor;

  beforeAll(async () => {
    await fixture.verify();
    executor = fixture.createExecutor();
    await executor.connect();
  });

  afterAll(async () => {
    await executor.disconnect();
    await fixture.dispose();
  });

  const run = (
    script: string,
    language: ScriptLanguage,
    changes: Partial<ScriptExecutionRequest> = {},
    observer = new RecordingObserver(),
  ) => runScript(executor, scriptRequest(script, { language, ...changes }), observer);

  it.each(acts)('work in $name', async ({ script, language }) => {
    const input = { text: '"Grüße"\n\u0000', list: [1, -2.5, true, null, {}] };
    const event = { id: 'e1', name: 'nightly' };
    const record = await run(script, language, { input, event });
    const [first = '', second = ''] = printed(record).split('\n');
    expect([JSON.parse(first), JSON.parse(second)]).toEqual([input, event]);
    expect(record.observer.helpers).toEqual([
      { method: 'output', params: { value: { city: 'Zürich', rows: [1, 2.5, null] } } },
    ]);
  });

  it.each([
    ['bash', 'cronium_output "$(cronium_input)"'],
    ['python', 'import cronium; cronium.output(cronium.input())'],
    ['nodejs', `const { input, output } = require('cronium'); input().then(output)`],
  ] as const)('hand a value on unchanged in %s', async (language, script) => {
    for (const input of [null, '', '7', 1e21, { nested: [{ deep: '\u2028😀' }] }]) {
      const { observer } = await run(script, language, { input });
      expect(observer.helpers).toEqual([{ method: 'output', params: { value: input } }]);
    }
  });

  it.each([
    ['bash', 'cronium_input | wc -c'],
    ['python', `import cronium, json; print(len(json.dumps(cronium.input())) + 1)`],
    ['nodejs', `require('cronium').input().then((value) => console.log(JSON.stringify(value).length + 1))`],
  ] as const)('give %s an input that is larger than any buffer', async (language, script) => {
    const input = 'x'.repeat(4 * MIB);
    // With little processor time, so that the script cannot take it all at once.
    const limits = { cpu: 0.3, memoryMb: 256, pids: 64, diskMb: 64, outputMb: 1 };
    expect(printed(await run(script, language, { input, limits }))).toBe(`${4 * MIB + 3}\n`);
  });

  it.each(mistakes)('say what is wrong: $name', async ({ script, language, says }) => {
    const { observer, result } = await run(script, language);
    expect(observer.stderr).toMatch(says);
    expect(observer.helpers).toEqual([]);
    expect(result.end).toEqual({ kind: 'exit', code: 1 });
  });

  it.each([
    ['bash', 'cronium_output 1 || echo "went on"'],
    [
      'python',
      'import cronium\ntry: cronium.output(1)\nexcept cronium.CroniumError as error: print(f"{error}\\nwent on")',
    ],
    [
      'nodejs',
      `const cronium = require('cronium'); cronium.output(1).catch((error) => console.log(error instanceof cronium.CroniumError && error.message + '\\nwent on'))`,
    ],
  ] as const)('let a script in %s handle a refusal', async (language, script) => {
    const observer = new RecordingObserver();
    observer.onHelperDo = () => Promise.reject(new HelperError('No more room for outputs.'));
    const record = await run(script, language, {}, observer);
    expect(printed(record)).toContain('went on\n');
    expect(record.observer.stdout + record.observer.stderr).toContain('No more room for outputs.');
  });

  it('serve a hundred calls at one time', async () => {
    const { observer } = await run(
      `const { output } = require('cronium'); Promise.all(Array.from({ length: 100 }, (_, n) => output(n)));`,
      'nodejs',
    );
    const values = observer.helpers.map(({ params }) => params['value']);
    expect(observer.stderr).toBe('');
    expect(new Set(values)).toEqual(new Set(Array.from({ length: 100 }, (_, n) => n)));
  });

  it('serve on when calls are left unfinished', async () => {
    const script = `import cronium, os, socket
for said in (b'', b'POST /v1/output HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\n{', b'nonsense\\r\\n\\r\\n', b'x' * 40000):
    caller = socket.socket(socket.AF_UNIX)
    caller.connect(os.environ['CRONIUM_SOCKET'])
    caller.sendall(said)
    caller.close()
cronium.output('served')`;
    const record = await run(script, 'python');
    expect(printed(record)).toBe('');
    expect(record.observer.helpers).toEqual([{ method: 'output', params: { value: 'served' } }]);
  });

  it('say that they need Cronium where there is none', async () => {
    const { observer } = await run(
      `unset CRONIUM_SOCKET; cronium_input; PYTHONPATH=$CRONIUM_HELPERS/python python3 -c 'import cronium; cronium.input()'; node -e 'require("cronium").input()'`,
      'bash',
    );
    const complaints = observer.stderr.match(/^(cronium: |cronium\.CroniumError: |CroniumError: ).*$/gm);
    expect(complaints).toEqual([
      'cronium: helpers work only in a script that Cronium runs',
      'cronium.CroniumError: helpers work only in a script that Cronium runs',
      'CroniumError: helpers work only in a script that Cronium runs',
    ]);
  });
});
