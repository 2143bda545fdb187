import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the files are that an ssh host gets a copy of. Absolute paths; the files are read once a process. */
export interface RunnerFolders {
  /** Holds `program/`, the runner's modules, and `bootstrap.py`: libs/execution/src/runner. */
  readonly runner: string;
  /** Holds the helpers for scripts, `cronium.sh`, `python/` and `nodejs/`: docker/executor/runtime-helpers. */
  readonly helpers: string;
}

/** One file of the copy. */
interface RunnerFile {
  /** Relative to the copy's folder, with slashes. */
  readonly path: string;
  readonly content: Buffer;
  /** SHA-256 in hex. */
  readonly checksum: string;
}

/** The runner as an ssh host gets it. */
export interface RunnerFiles {
  /** Named by what is in it, so that versions live beside each other and a host may serve several installations. */
  readonly version: string;
  readonly files: readonly RunnerFile[];
  /** The files' contents, one after the other. */
  readonly bundle: Buffer;
  /** The program that finds or makes the copy (runner/bootstrap.py). */
  readonly bootstrap: string;
}

const read = new Map<string, Promise<RunnerFiles>>();

/** Reads what is to be placed; from memory after the first time. */
export function readRunnerFiles(folders: RunnerFolders): Promise<RunnerFiles> {
  const key = JSON.stringify([folders.runner, folders.helpers]);
  let files = read.get(key);
  if (!files) {
    files = load(folders).catch((cause: unknown) => {
      read.delete(key);
      throw cause;
    });
    read.set(key, files);
  }
  return files;
}

async function load(folders: RunnerFolders): Promise<RunnerFiles> {
  const program = join(folders.runner, 'program');
  const modules = (await listFiles(program)).map((path) => ({ path, from: join(program, path) }));
  const helpers = (await listFiles(folders.helpers)).map((path) => ({
    path: `runtime-helpers/${path}`,
    from: join(folders.helpers, path),
  }));
  const sources = [...modules, ...helpers];
  const files = await Promise.all(
    sources.map(async ({ path, from }) => {
      const content = await readFile(from);
      return { path, content, checksum: createHash('sha256').update(content).digest('hex') };
    }),
  );
  const version = createHash('sha256');
  for (const { path, checksum } of files) {
    version.update(`${checksum} ${path}\n`);
  }
  return {
    version: version.digest('hex').slice(0, 32),
    files,
    bundle: Buffer.concat(files.map(({ content }) => content)),
    bootstrap: await readFile(join(folders.runner, 'bootstrap.py'), 'utf8'),
  };
}

/** Paths of all files below, sorted; without what Python leaves beside its sources. */
async function listFiles(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const paths = await Promise.all(
    entries
      .filter(({ name }) => name !== '__pycache__' && !name.endsWith('.pyc'))
      .map((entry) => {
        const path = below ? `${below}/${entry.name}` : entry.name;
        return entry.isDirectory() ? listFiles(folder, path) : Promise.resolve([path]);
      }),
  );
  return paths.flat().sort();
}
