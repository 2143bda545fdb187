/** @typedef {import('./reading.mjs').Reading} Reading */

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {'count' | 'bytes'} unit
 * @property {number[]} values one of each reading
 * @property {number} allowed growth from the first reading to the last
 * @property {number} allowedLast growth from the last but one, which what fills once does not have any more
 */

const MIB = 2 ** 20;

/**
 * What may be more at the end than it was after warming up. Counts are those of things that come and go at rest: a connection that the pool
 * opens for a check, and Postgres's process for it. None of them is as many as a leak of one in a hundred jobs would be.
 */
const allowedCounts = {
  processes: 3,
  openFiles: 8,
  zombies: 0,
  temporaryFiles: 0,
  connections: 3,
  containers: 0,
};

/** Each of its processes keeps the files of the tables and indexes open that it has met, of which there are some hundreds. */
const allowedFilesOfPostgres = 600;

/**
 * Private memory of a service's processes. A heap is as large as its collector finds well, and caches fill once: Node's grow in the first
 * thousands of jobs, those of each of Postgres's connections while they meet statements.
 */
const allowedBytes = {
  cronium: { whole: 64 * MIB, last: 24 * MIB },
  broker: { whole: 32 * MIB, last: 12 * MIB },
  postgres: { whole: 64 * MIB, last: 24 * MIB },
  executor: { whole: 4 * MIB, last: 2 * MIB },
  namespace: { whole: 8 * MIB, last: 4 * MIB },
};

const services = /** @type {(keyof typeof allowedBytes)[]} */ (Object.keys(allowedBytes));

/** Counts that a later reading has more of than may be, as `name: before → now`. @param {Reading} before @param {Reading} now */
export function countDifferences(before, now) {
  return counts([before, now])
    .filter(hasGrown)
    .map(({ name, values }) => `${name}: ${values.join(' → ')}`);
}

/**
 * Whether an installation is the same after its jobs as it was before them.
 * @param {readonly Reading[]} readings the first after warming up, the last at the end
 * @returns {{ figures: Figure[], faults: string[] }}
 */
export function judgeGrowth(readings) {
  const figures = [...counts(readings), ...memory(readings)];
  const grown = figures.filter(hasGrown).map(({ name, unit, values, allowed, allowedLast }) => {
    const shown = values.map((value) => inUnit(unit, value)).join(' → ');
    const bounds = `allowed: ${inUnit(unit, allowed)} in all, ${inUnit(unit, allowedLast)} at last`;
    return `${name} has grown: ${shown} (${bounds}).`;
  });
  return { figures, faults: [...grown, ...restarts(readings)] };
}

export const inUnit = (/** @type {'count' | 'bytes'} */ unit, /** @type {number} */ value) =>
  unit === 'bytes' ? `${(value / MIB).toFixed(1)} MiB` : String(value);

/** Between two readings alone everything that fills once is still filling. @returns {boolean} */
const hasGrown = (/** @type {Figure} */ { values, allowed, allowedLast }) => {
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  const previous = values.length > 2 ? (values.at(-2) ?? last) : last;
  return last - first > allowed || last - previous > allowedLast;
};

/** @returns {Figure[]} */
function counts(/** @type {readonly Reading[]} */ readings) {
  const figure = (name, allowed, valueOf) => ({
    ...{ name, unit: /** @type {const} */ ('count') },
    ...{ values: readings.map(valueOf), allowed, allowedLast: allowed },
  });
  const roles = [...new Set(readings.flatMap(({ containers }) => Object.keys(containers)))];
  const ofServices = present(readings).flatMap((service) =>
    /** @type {const} */ (['processes', 'openFiles', 'zombies', 'temporaryFiles']).map((what) =>
      figure(
        `${service}: ${words[what]}`,
        what === 'openFiles' && service === 'postgres' ? allowedFilesOfPostgres : allowedCounts[what],
        (reading) => reading.services[service]?.[what] ?? 0,
      ),
    ),
  );
  return [
    ...roles.map((role) =>
      figure(`containers (${role})`, allowedCounts.containers, (reading) => reading.containers[role] ?? 0),
    ),
    figure('connections to Postgres', allowedCounts.connections, ({ connections }) => connections),
    ...ofServices,
  ];
}

const words = {
  processes: 'processes',
  openFiles: 'open files',
  zombies: 'zombies',
  temporaryFiles: 'files in /tmp',
};

/** @returns {Figure[]} */
function memory(/** @type {readonly Reading[]} */ readings) {
  return present(readings).map((service) => ({
    ...{ name: `${service}: memory`, unit: /** @type {const} */ ('bytes') },
    values: readings.map(({ services: all }) => all[service]?.anonymousBytes ?? 0),
    ...{ allowed: allowedBytes[service].whole, allowedLast: allowedBytes[service].last },
  }));
}

/** A service that began anew has lost what had grown. The container of isolation `namespace` is the broker's, which makes it anew. */
function restarts(/** @type {readonly Reading[]} */ readings) {
  return present(readings)
    .filter((service) => service !== 'namespace')
    .filter((service) => new Set(readings.map(({ services: all }) => all[service]?.id)).size > 1)
    .map((service) => `${service} was started again, or was away, while jobs ran.`);
}

const present = (/** @type {readonly Reading[]} */ readings) =>
  services.filter((service) => readings.some(({ services: all }) => service in all));
