const lines = 1_000_000;
/** Of 100 bytes with its newline: the number, then filling. */
const script = `awk 'BEGIN { for (i = 1; i <= ${lines}; i++) printf "%08d %s\\n", i, "${'x'.repeat(90)}" }'`;

/** One job that prints a million lines (100 MB): how fast they are stored, what the API needs for it, and whether all are there. */
export async function bench(product) {
  await product.configure({ resourceLimits: { outputMb: 1024 } });
  const eventId = await product.createEvent({ name: 'loud', content: script, timeoutSeconds: 900 });
  const before = product.peakMemoryMb();
  const begin = performance.now();
  let execution = await product.post(`/events/${eventId}/run?wait=60`, {});
  while (['queued', 'starting', 'running'].includes(execution.state)) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    execution = await product.get(`/executions/${execution.id}`);
  }
  const seconds = (performance.now() - begin) / 1000;
  const [job] = execution.jobs;
  console.table([
    {
      state: job.state,
      'lines/s': Math.round(lines / seconds),
      'MB/s': (job.logBytes / 1e6 / seconds).toFixed(1),
      seconds: seconds.toFixed(1),
      'API peak MiB': product.peakMemoryMb().toFixed(0),
      'before MiB': before.toFixed(0),
      'in order and complete': await isComplete(await product.rawLog(job.id)),
    },
  ]);
}

/** Reads the log back and checks every line's number. */
async function isComplete(body) {
  let expected = 1;
  let rest = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts)
      if (Number(line.slice(0, 8)) !== expected++ || line.length !== 99) return `wrong at ${expected - 1}`;
  }
  return rest === '' && expected === lines + 1;
}
