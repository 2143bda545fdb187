const levels = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [40, 'WARN'],
  [50, 'ERROR'],
  [60, 'FATAL'],
]);

/** Nest lists every route and module at each start, which hides the lines that matter to the person watching. */
const inventory = new Set(['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'WebSocketsController']);

/**
 * Makes a line of the server's log, which is JSON for machines, readable in a terminal.
 * @param {string} line
 * @returns {string | undefined} undefined for one not worth showing; anything else than a log record is left as it is
 */
export function readableLogLine(line) {
  const record = parseRecord(line);
  if (record === undefined) return line;
  // Who writes is known to who looks.
  const { level, time, pid: _pid, hostname: _hostname, context, msg, err, ...details } = record;
  if (inventory.has(context) && level <= 30) return undefined;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const parts = [clock, levels.get(level), context && `${context}:`, msg, describe(details)];
  return [parts.filter(Boolean).join(' '), err?.stack ?? err?.message].filter(Boolean).join('\n');
}

function describe(/** @type {Record<string, unknown>} */ details) {
  const pairs = Object.entries(details).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length > 0 ? `(${pairs.join(' ')})` : '';
}

function parseRecord(/** @type {string} */ line) {
  if (!line.startsWith('{"level":')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a line of another shape that only looks like a record
  }
}
