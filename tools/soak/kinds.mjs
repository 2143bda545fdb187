/**
 * What the jobs of a soak are: scripts in each language, most of which succeed, some that fail on purpose, some that run out of time and some
 * that are cancelled. Each is given a number and says it in its log and output, so that no job can be taken for another.
 *
 * @typedef {object} Expected
 * @property {string} state
 * @property {number} [exitCode]
 * @property {string} [signal]
 * @property {string} [errorCode]
 * @property {string | RegExp} stdout
 * @property {string | RegExp} stderr
 * @property {unknown} [output]
 *
 * @typedef {object} Kind
 * @property {string} name
 * @property {number} share of each hundred jobs
 * @property {boolean} [isCancelled] by the soak, when it runs
 * @property {Record<string, unknown>} event what is sent to `POST /api/events`, beside its name
 * @property {(number: number) => Expected} expected
 */

const loudLines = 2000;
const filling = '.'.repeat(80);
const numbered = (/** @type {number} */ count) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
/** Longer than any soak: what has it is ended from outside. */
const patience = 'sleep 600';

/** @type {Kind[]} */
export const kinds = [
  {
    name: 'bash',
    share: 32,
    event: {
      type: 'BASH',
      content: `number=$(cronium_input)
echo "begin $number"
for i in $(seq 20); do echo "line $i"; done
echo "note $number" >&2
cronium_output "$number"`,
    },
    expected: (number) => ({
      ...{ state: 'succeeded', exitCode: 0, output: number },
      ...{ stdout: `begin ${number}\n${numbered(20)}`, stderr: `note ${number}\n` },
    }),
  },
  {
    name: 'Python',
    share: 20,
    event: {
      type: 'PYTHON',
      content: `import cronium, hashlib, os
number = cronium.input()
print('begin', number)
with open('digest', 'w') as file:
    file.write(hashlib.sha256(str(number).encode() * 10000).hexdigest())
print('size', os.path.getsize('digest'))
cronium.output({'number': number, 'twice': number * 2})`,
    },
    expected: (number) => ({
      ...{ state: 'succeeded', exitCode: 0, output: { number, twice: number * 2 } },
      ...{ stdout: `begin ${number}\nsize 64\n`, stderr: '' },
    }),
  },
  {
    name: 'Node.js',
    share: 20,
    event: {
      type: 'NODEJS',
      content: `const cronium = require('cronium');
(async () => {
  const number = await cronium.input();
  console.log('begin ' + number);
  console.error('note ' + number);
  await cronium.output([number, number + 1]);
})();`,
    },
    expected: (number) => ({
      ...{ state: 'succeeded', exitCode: 0, output: [number, number + 1] },
      ...{ stdout: `begin ${number}\n`, stderr: `note ${number}\n` },
    }),
  },
  {
    name: 'loud',
    share: 3,
    event: {
      type: 'BASH',
      content: `awk -v number="$(cronium_input)" 'BEGIN { for (i = 1; i <= ${loudLines}; i++) print number, i, "${filling}" }'`,
    },
    expected: (number) => ({
      ...{ state: 'succeeded', exitCode: 0, stderr: '' },
      stdout: Array.from({ length: loudLines }, (_, index) => `${number} ${index + 1} ${filling}\n`).join(''),
    }),
  },
  {
    name: 'bash that fails',
    share: 7,
    event: { type: 'BASH', content: 'echo "begin $(cronium_input)"; echo "no" >&2; exit 3' },
    expected: (number) => ({
      ...{ state: 'failed', exitCode: 3, stdout: `begin ${number}\n`, stderr: 'no\n' },
    }),
  },
  {
    name: 'Python that fails',
    share: 5,
    event: { type: 'PYTHON', content: 'import cronium\nraise ValueError(cronium.input())' },
    expected: (number) => ({
      ...{ state: 'failed', exitCode: 1, stdout: '' },
      stderr: new RegExp(`^Traceback [^]*ValueError: ${number}\n$`),
    }),
  },
  {
    name: 'Node.js that fails',
    share: 4,
    event: {
      type: 'NODEJS',
      content: `require('cronium').input().then((number) => { console.log('begin ' + number); process.exitCode = 7; });`,
    },
    expected: (number) => ({ state: 'failed', exitCode: 7, stdout: `begin ${number}\n`, stderr: '' }),
  },
  {
    name: 'ended by a signal',
    share: 2,
    event: { type: 'BASH', content: 'echo "begin $(cronium_input)"; kill -SEGV $$' },
    expected: (number) => ({ state: 'failed', signal: 'SIGSEGV', stdout: `begin ${number}\n`, stderr: '' }),
  },
  {
    name: 'out of time',
    share: 3,
    event: {
      ...{ type: 'BASH', content: `echo "begin"; ${patience}` },
      ...{ timeoutSeconds: 2, cleanupTimeoutSeconds: 1 },
    },
    expected: () => ({ state: 'timed_out', errorCode: 'timeout', stdout: 'begin\n', stderr: '' }),
  },
  {
    name: 'cancelled',
    share: 4,
    isCancelled: true,
    event: { type: 'BASH', content: `echo "begin"; ${patience}`, cleanupTimeoutSeconds: 1 },
    // It may be ended before it has said anything.
    expected: () => ({ state: 'cancelled', stdout: /^(begin\n)?$/, stderr: '' }),
  },
];

/** Which kind each job of a hundred is: the kinds mixed with each other, and the same in each hundred. @type {readonly Kind[]} */
const hundred = kinds
  .flatMap((kind) => Array.from({ length: kind.share }, () => kind))
  .map((_, index, sorted) => sorted[(index * 37) % sorted.length]);

export const kindOf = (/** @type {number} */ number) => hundred[number % hundred.length];
