const repeatMs = 1000;
const parentCheckMs = 100;

/**
 * Hears that this tool is to end: Ctrl-C, a signal, a closed terminal, or the end of the npm that started it (a shell
 * between the two may pass no signal on).
 * @param {(times: number) => void} listener gets how often it has been asked
 */
export function onStopRequest(listener) {
  let times = 0;
  let last = -Infinity;
  const request = () => {
    // The terminal signals the whole group, and npm passes its signal on as well: both are one Ctrl-C.
    if (performance.now() - last < repeatMs) return;
    last = performance.now();
    times += 1;
    listener(times);
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, request);

  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    request();
  }, parentCheckMs);
  check.unref();
}
