// `npm run rotate-key`: what the built API brings for it, on Node 24 and at this terminal.
import { runApiCommand } from './lib/api-command.mjs';

await runApiCommand('rotate-key.js');
