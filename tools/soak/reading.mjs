import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { cgroupMemory } from '../lib/cgroup.mjs';
import { closeConnections } from '../lib/exchange.mjs';
import { descendantsOf, processes, unlessGone } from '../lib/processes.mjs';
import { programsOf } from '../lib/programs.mjs';
import { countDifferences } from './growth.mjs';

/**
 * @typedef {object} Service one long-lived container
 * @property {string} id of the container and its start: another one when it was started again
 * @property {number} workingBytes
 * @property {number} anonymousBytes
 * @property {number} processes
 * @property {number} zombies
 * @property {number} openFiles
 * @property {number} temporaryFiles in its /tmp
 * @property {Record<string, import('../lib/programs.mjs').Program>} programs
 *
 * @typedef {object} Reading
 * @property {number} jobs that had been asked for
 * @property {Record<string, Service>} services
 * @property {Record<string, number>} containers by what they are
 * @property {number} connections to Postgres: its processes that serve clients
 * @property {number} sandboxBytes working memory of a sandbox that waits, on average; 0 where none does
 */

/** It is read so often, and the least is taken. */
const samples = 6;
const sampleMs = 1000;
const longestSettleMs = 90_000;
const settleStepMs = 3000;

/**
 * What the installation takes now.
 * @param {import('./installation.mjs').Installation} installation
 * @param {number} jobs
 * @returns {Promise<Reading>}
 */
export async function read(installation, jobs) {
  closeConnections();
  const found = (await installation.containers()).filter(({ State }) => State.Running);
  const all = processes();
  const services = found.filter((container) => roleOf(container) !== 'sandbox');
  const reading = {
    jobs,
    services: Object.fromEntries(
      services.map((container) => [serviceOf(container), readService(container, all)]),
    ),
    containers: countBy(found, roleOf),
  };
  const waiting = found.filter((container) => roleOf(container) === 'sandbox');
  return {
    ...reading,
    connections: reading.services.postgres?.programs.connection?.count ?? 0,
    sandboxBytes: sandboxMemory(waiting),
  };
}

/**
 * A reading once everything has come to rest. With `before` that is when its counts are those, or it has had long enough for it; without, the
 * caller has waited.
 * @param {import('./installation.mjs').Installation} installation
 * @param {number} jobs
 * @param {Reading} [before]
 */
export async function readAtRest(installation, jobs, before) {
  const end = performance.now() + longestSettleMs;
  let reading = await read(installation, jobs);
  while (before && countDifferences(before, reading).length > 0 && performance.now() < end) {
    await delay(settleStepMs);
    reading = await read(installation, jobs);
  }
  for (let count = 1; count < samples; count += 1) {
    await delay(sampleMs);
    reading = least(await read(installation, jobs), reading);
  }
  return reading;
}

/** Of a container of Compose its service; of one of the broker's what it is for. */
const roleOf = (container) => container.Config.Labels['org.cronium.role'] ?? 'service';
const serviceOf = (container) =>
  container.Config.Labels['com.docker.compose.service'] ?? container.Config.Labels['org.cronium.role'];

/** @returns {Service} */
function readService({ Id, State, RestartCount }, all) {
  // What was started in it from outside is no child of its first process, and a child of that one's parent: the engine's keeper of it.
  const keeper = all.find(({ pid }) => pid === State.Pid)?.parent;
  const own = keeper === undefined ? [] : descendantsOf(keeper, all);
  const programs = programsOf(own);
  return {
    id: `${Id} ${State.StartedAt} ${RestartCount}`,
    ...cgroupMemory(State.Pid),
    processes: own.length,
    zombies: own.filter(({ isZombie }) => isZombie).length,
    openFiles: Object.values(programs).reduce((sum, { openFiles }) => sum + openFiles, 0),
    temporaryFiles: readdirSync(`/proc/${State.Pid}/root/tmp`, { recursive: true }).length,
    programs,
  };
}

function sandboxMemory(/** @type {any[]} */ sandboxes) {
  const bytes = sandboxes.flatMap(
    ({ State }) => unlessGone(() => cgroupMemory(State.Pid).workingBytes) ?? [],
  );
  return bytes.reduce((sum, one) => sum + one, 0) / Math.max(1, bytes.length);
}

function countBy(items, keyOf) {
  const counts = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

/**
 * What both readings have, and the least of it: what was there for a moment (a health check, a clean-up of Postgres's), and what a collector
 * has not yet got round to, is no growth. @param {Reading} reading @param {Reading} other @returns {Reading}
 */
function least(reading, other) {
  const services = Object.entries(reading.services).flatMap(([name, service]) => {
    const before = other.services[name];
    return before ? [[name, leastOfService(service, before)]] : [];
  });
  return {
    jobs: reading.jobs,
    services: Object.fromEntries(services),
    containers: smaller(reading.containers, other.containers),
    connections: Math.min(reading.connections, other.connections),
    sandboxBytes: Math.min(reading.sandboxBytes, other.sandboxBytes),
  };
}

/** @returns {Service} */
function leastOfService(/** @type {Service} */ service, /** @type {Service} */ before) {
  const programs = Object.entries(service.programs).flatMap(([name, program]) => {
    const known = before.programs[name];
    return known ? [[name, smaller(program, known)]] : [];
  });
  return { ...smaller(service, before), id: service.id, programs: Object.fromEntries(programs) };
}

/** The numbers of one, or of the other where those are smaller. @template T @param {T} one @param {T} other @returns {T} */
const smaller = (one, other) =>
  Object.fromEntries(
    Object.entries(one).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.min(value, other[name] ?? 0) : value,
    ]),
  );
