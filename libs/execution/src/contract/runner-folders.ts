import { join } from 'node:path';

import type { RunnerFolders } from '../runner/runner-files';

/** For tests: where the files for ssh hosts are in this repository. */
export const RUNNER_FOLDERS: RunnerFolders = {
  runner: join(__dirname, '../runner'),
  helpers: join(__dirname, '../../../../docker/executor/runtime-helpers'),
};
