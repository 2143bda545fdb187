import { spawn } from 'node:child_process';

import { root } from './paths.mjs';

/** A command that could not be started or ended with another code than 0. */
export class CommandError extends Error {
  /**
   * @param {string} command
   * @param {CommandResult} result
   */
  constructor(command, result) {
    const end = result.signal ? `was ended by ${result.signal}` : `ended with exit code ${result.code}`;
    super(`${command} ${end}${result.tail ? `:\n${result.tail}` : ''}`);
    this.name = 'CommandError';
    this.result = result;
  }
}

/**
 * @typedef {object} CommandResult
 * @property {number | null} code exit code; 127 when the command does not exist; null after a signal
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} tail the last lines of both outputs, for a message
 *
 * @typedef {object} CommandOptions
 * @property {Record<string, string | undefined>} [env] the whole environment; `systemEnvironment()` when left out
 * @property {string} [cwd]
 * @property {Buffer} [input] written to stdin, which is otherwise empty
 * @property {(line: string) => void} [onLine] hears each line of both outputs
 * @property {number} [timeoutMs] after this the command and all it started are killed
 * @property {number} [silenceMs] kill when nothing at all has been printed after this time
 * @property {boolean} [cleansUp] runs also after `endRunningCommands`
 */

/** This tool's environment, with the folders of system programs, which a PATH inherited through `su` lacks. */
export const systemEnvironment = () => ({
  ...process.env,
  PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`,
});

const tailLines = 30;
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isEnding = false;

/**
 * Runs a command to its end, and never rejects. It gets a process group of its own, so that a Ctrl-C in the
 * terminal reaches only the tool, which then ends the command together with everything the command started.
 * @param {string} command
 * @param {string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<CommandResult>}
 */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    if (isEnding && !options.cleansUp) {
      resolve({ code: null, signal: 'SIGTERM', stdout: '', tail: '' });
      return;
    }
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? systemEnvironment(),
      detached: true,
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const timers = [options.timeoutMs, options.silenceMs].map(
      (ms) => ms && setTimeout(() => signalGroup(child, 'SIGKILL'), ms),
    );
    let stdout = '';
    /** @type {string[]} */
    const lines = [];
    const onLine = (/** @type {string} */ line) => {
      lines.push(line);
      if (lines.length > tailLines) lines.shift();
      options.onLine?.(line);
    };
    splitLines(child.stdout, onLine, (text) => {
      clearTimeout(timers[1]);
      stdout += text;
    });
    splitLines(child.stderr, onLine, () => clearTimeout(timers[1]));
    if (child.stdin) {
      // A command that ends before it has read everything breaks the pipe; its exit code says why.
      child.stdin.on('error', () => {});
      child.stdin.end(options.input);
    }
    const finish = (/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) => {
      timers.forEach(clearTimeout);
      running.delete(child);
      resolve({ code, signal, stdout, tail: lines.join('\n') });
    };
    child.on('error', (error) => {
      lines.push(error.message);
      finish(127, null);
    });
    child.on('close', finish);
  });
}

/**
 * Runs a command that has to succeed.
 * @param {string} command
 * @param {string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<CommandResult>}
 */
export async function run(command, args, options) {
  const result = await capture(command, args, options);
  if (result.code !== 0) throw new CommandError([command, ...args].join(' '), result);
  return result;
}

/** The tool is told to stop: ends all commands still running, with what they started, and starts no more. */
export function endRunningCommands() {
  isEnding = true;
  for (const child of running) signalGroup(child, 'SIGTERM');
}

/**
 * Signals a child and everything in its process group.
 * @param {import('node:child_process').ChildProcess} child started with `detached: true`
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Gives a stream's text in whole lines, also a last one without a newline.
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} onLine
 * @param {(text: string) => void} [onText] hears the text as it arrives
 */
export function splitLines(stream, onLine, onText) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    onText?.(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream.on('end', () => rest && onLine(rest));
}
