// `npm run backup` and `npm run restore`: what the built API brings for it, on Node 24 and at this terminal.
import { runApiCommand } from './lib/api-command.mjs';

await runApiCommand('backup.js');
