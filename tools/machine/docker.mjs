import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { run, systemEnvironment } from '../lib/command.mjs';
import { pingDocker } from './docker-ping.mjs';
import { findCommand, installPackages, isRoot } from './packages.mjs';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const pidFile = '/var/run/docker.pid';

/** @typedef {(line: string) => void} Log */

/**
 * Makes sure that a Docker engine answers, and that the `docker` command is there. As root on Debian it installs what
 * is missing and starts an engine where none answers.
 * @param {{ log: Log, logFile: string }} options logFile receives the output of a dockerd started here
 * @returns {Promise<number | undefined>} the process id of an engine that did not run before, to be given to `stopDocker`
 * @throws {Error} that says why there is none, and what to type
 */
export async function ensureDocker({ log, logFile }) {
  const refusal = await pingDocker();
  if (refusal !== undefined) {
    requireMeansToStart(refusal);
    if (!findCommand('dockerd')) await installPackages(['docker.io'], { log });
  }
  await ensureCommand(log);
  return refusal === undefined ? undefined : await startEngine(log, logFile);
}

/**
 * Ends an engine that `ensureDocker` started, with its containers and its containerd.
 * @param {number} pid
 */
export async function stopDocker(pid) {
  signal(pid, 'SIGTERM');
  const end = Date.now() + stopTimeoutMs;
  while (isAlive(pid) && Date.now() < end) await delay(50);
  if (isAlive(pid)) signal(-pid, 'SIGKILL');
}

/** @throws {Error} with what a person has to do, when this tool may not or cannot do it */
function requireMeansToStart(/** @type {string} */ refusal) {
  const fail = (/** @type {string} */ remedy) => {
    throw new Error(`No Docker engine answers (${refusal}).\n  ${remedy}`);
  };
  if (process.env.DOCKER_HOST) fail('Start it, or unset DOCKER_HOST to use the engine of this machine.');
  if (isRoot()) return;
  const join = 'sudo usermod -aG docker "$USER" && newgrp docker';
  if (refusal.includes('EACCES')) fail(`Type: ${join}`);
  const install = findCommand('dockerd')
    ? ''
    : 'sudo apt-get update && sudo apt-get install -y docker.io && ';
  fail(`Type: ${install}sudo service docker start && ${join}`);
}

/** @returns {Promise<number | undefined>} the process to end later; undefined for a service of the machine */
async function startEngine(/** @type {Log} */ log, /** @type {string} */ logFile) {
  if (existsSync('/run/systemd/system')) {
    log('starting the docker service');
    await run('systemctl', ['start', 'docker']);
    await waitForEngine(() => false, '`journalctl -u docker` says why');
    return undefined;
  }
  // Installing the package may have started the engine, which makes it ours to stop.
  const pid = runningEngine() ?? spawnEngine(log, logFile);
  await waitForEngine(() => !isAlive(pid), `${logFile} says why`).catch((error) => {
    if (isAlive(pid)) signal(pid, 'SIGTERM');
    throw new Error(`${error.message}\n${lastLines(logFile)}`);
  });
  return pid;
}

function spawnEngine(/** @type {Log} */ log, /** @type {string} */ logFile) {
  removeStalePidFiles();
  log('starting dockerd');
  mkdirSync(path.dirname(logFile), { recursive: true });
  const file = openSync(logFile, 'w');
  // A process group of its own: Ctrl-C in the terminal must not end it before the product has removed its containers.
  const child = spawn('dockerd', [], {
    env: systemEnvironment(),
    detached: true,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  child.unref();
  if (child.pid === undefined) throw new Error('dockerd could not be started.');
  return child.pid;
}

async function waitForEngine(/** @type {() => boolean} */ hasEnded, /** @type {string} */ hint) {
  const end = Date.now() + startTimeoutMs;
  while ((await pingDocker()) !== undefined) {
    if (hasEnded()) throw new Error(`The Docker engine ended while starting; ${hint}.`);
    if (Date.now() > end) throw new Error(`The Docker engine did not answer within 60 s; ${hint}.`);
    await delay(100);
  }
}

/** Debian 12 has the `docker` command in docker.io, Debian 13 in docker-cli. */
async function ensureCommand(/** @type {Log} */ log) {
  if (findCommand('docker')) return;
  await installPackages(['docker.io'], { log });
  if (!findCommand('docker')) await installPackages(['docker-cli'], { log });
}

/** dockerd refuses to start while its file names any living process, though after a reboot it may be another's. */
function removeStalePidFiles() {
  rmSync(pidFile, { force: true });
  const containerd = '/var/run/docker/containerd/containerd.pid';
  if (!isProcess(readPid(containerd), 'containerd')) rmSync(containerd, { force: true });
}

function runningEngine() {
  const pid = readPid(pidFile);
  return pid !== undefined && isProcess(pid, 'dockerd') ? pid : undefined;
}

function isProcess(/** @type {number | undefined} */ pid, /** @type {string} */ name) {
  const file = `/proc/${pid}/comm`;
  return pid !== undefined && existsSync(file) && readFileSync(file, 'utf8').trim() === name;
}

function readPid(/** @type {string} */ file) {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}

function lastLines(/** @type {string} */ file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n') : '';
}

function isAlive(/** @type {number} */ pid) {
  return signal(pid, 0);
}

/** @returns {boolean} whether the process, or for a negative number the process group, exists */
function signal(/** @type {number} */ pid, /** @type {NodeJS.Signals | 0} */ name) {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}
