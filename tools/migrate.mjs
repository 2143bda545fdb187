// `npm run migrate -- up|down|status`: what the built API brings for it, on Node 24 and at this terminal.
import { runApiCommand } from './lib/api-command.mjs';

await runApiCommand('migrate.js');
