import { lstatSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { capture } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';

/** @throws {Error} when the Node that runs this tool is too old for the tools themselves */
export function requireNode20() {
  if (Number(process.versions.node.split('.')[0]) >= 20) return;
  throw new Error(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
}

/**
 * Installs the npm dependencies when node_modules is not what package-lock.json says.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<{ installed: boolean }>}
 */
export async function ensureDependencies({ log }) {
  if (dependenciesAreInstalled()) return { installed: false };
  // npm would empty what it leads to, which is somebody else's.
  if (lstatSync(fromRoot('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error('node_modules is a link to an installation that is not this one’s. Remove the link.');
  log('npm ci');
  // The build tools are development dependencies, which NODE_ENV=production would leave out.
  // --loglevel: the Node that runs npm may be older than what the packages are run with, which npm warns of at length.
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  let result = await capture('npm', ['ci', ...options]);
  if (result.code !== 0) {
    // A registry mirror that lacks packages of other platforms makes npm ci refuse the lock; npm install keeps its
    // versions all the same, and --no-save leaves the lock as it is.
    log('npm ci refused; npm install with the versions of the lock');
    result = await capture('npm', ['install', '--no-save', ...options], { onLine: log });
  }
  if (result.code !== 0) throw new Error('npm failed. Its messages above say why; then try again.');
  return { installed: true };
}

/**
 * Compares with the record that npm itself leaves at the end of an installation, so that it does not matter who ran npm,
 * and that an installation that was cut short is seen.
 */
function dependenciesAreInstalled() {
  const record = fromRoot('node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(fromRoot('package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([name, { version, optional, devOptional }]) => {
    // Optional packages are those of other platforms too, and are absent here.
    const mayBeAbsent = name === '' || optional || devOptional;
    return installed[name] ? installed[name].version === version : mayBeAbsent;
  });
}

/**
 * The Node that builds, tests and runs the product: version 24 from the npm registry, so that the machine's may be older.
 * @returns {string} absolute path; call it after `ensureDependencies`
 */
export function findNode24() {
  const ours = fromRoot(`node_modules/${node24Package()}/bin/node`);
  if (existsSync(ours)) return ours;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `Node 24 is needed and not available from npm for ${process.platform}-${process.arch} (here is ${process.version}). ` +
      'Install Node 24 and try again; if npm was told to omit optional packages, undo that and run npm ci.',
  );
}

/** The registry has Node as one package a platform; the plain name for Apple's ARM was taken by somebody else. */
function node24Package() {
  const platform = `${process.platform}-${process.arch}`;
  return platform === 'darwin-arm64' ? `node-bin-${platform}` : `node-${platform}`;
}

/**
 * The environment for everything that runs on Node 24.
 * @param {string} node24
 * @returns {Record<string, string | undefined>}
 */
export function nodeEnvironment(node24) {
  const env = { ...process.env, PATH: `${path.dirname(node24)}:${process.env.PATH}` };
  // Reading a whole bundle of certificates delays each start of Node noticeably, and nothing here needs it.
  delete env.NODE_EXTRA_CA_CERTS;
  return { ...env, NX_DAEMON: 'false', NX_TUI: 'false' };
}
