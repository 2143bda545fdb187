import { programRows } from '../lib/programs.mjs';
import { inUnit } from './growth.mjs';

const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);

/** Memory of each service and of each program in it, in MiB. @param {import('./reading.mjs').Reading} reading */
export function printMemory({ services, containers, sandboxBytes }) {
  const rows = Object.entries(services).flatMap(([service, { workingBytes, programs }]) => [
    { '': service, 'cgroup MiB': mib(workingBytes) },
    ...programRows(programs).map((row) => ({ ...row, '': `  ${row['']}` })),
  ]);
  if (containers.sandbox)
    rows.push({ '': `each of ${containers.sandbox} sandboxes that wait`, 'cgroup MiB': mib(sandboxBytes) });
  console.table(rows);
}

/** One line: private memory and open files of each service, and what there is once. @param {import('./reading.mjs').Reading} reading */
export function readingLine({ services, connections, containers }) {
  const ofServices = Object.entries(services).map(
    ([service, { anonymousBytes, openFiles }]) => `${service} ${mib(anonymousBytes)} MiB, ${openFiles} files`,
  );
  const count = Object.values(containers).reduce((sum, one) => sum + one, 0);
  return [...ofServices, `${connections} connections`, `${count} containers`].join('; ');
}

/** One row a figure, one column a reading. */
export function printGrowth(
  /** @type {readonly import('./reading.mjs').Reading[]} */ readings,
  /** @type {readonly import('./growth.mjs').Figure[]} */ figures,
) {
  console.table(
    figures.map(({ name, unit, values, allowed }) => ({
      '': name,
      ...Object.fromEntries(
        readings.map(({ jobs }, index) => [`after ${jobs}`, inUnit(unit, values[index] ?? 0)]),
      ),
      'may grow by': inUnit(unit, allowed),
    })),
  );
}

/** What a service has said of warnings and errors, by message. @param {string} service @param {readonly string[]} lines of its log */
export function printWarnings(service, lines) {
  const counts = new Map();
  for (const line of lines) {
    const { level = 0, context, msg, err, ...rest } = parse(line);
    if (level < 40) continue;
    const text = [context, msg, err?.message ?? rest.code].filter(Boolean).join(': ');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  for (const [text, count] of [...counts].sort((one, other) => other[1] - one[1]).slice(0, 10))
    console.log(`  ${service} warned ${count} times: ${text}`);
}

function parse(/** @type {string} */ line) {
  try {
    return JSON.parse(line);
  } catch {
    return {}; // no record of the log
  }
}
