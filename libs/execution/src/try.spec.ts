import { createServerExecutor, type ScriptExecutionRequest } from './index';
import { containerConfigSchema, defaultResourceLimits } from '@cronium/server-types';
import { randomUUID } from 'node:crypto';
const log = (l: string) => (f: object, m: string) => { if (l!=='debug') console.log(l, m, f); };
const context = { installationId: 'try', dockerHost: undefined, seccompProfilePath: '/work/main/docker/executor/seccomp-profile.json',
  liveJobs: async () => new Set<string>(), logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') } };
const req = (script: string, over: Partial<ScriptExecutionRequest> = {}): ScriptExecutionRequest => ({ jobId: randomUUID(), language: 'bash', script, environment: {}, input: { a: 1 }, event: {}, limits: defaultResourceLimits, timeoutSeconds: 30, killGraceSeconds: 1, ...over });
function collect() { const out: string[] = []; let bytes = 0; const helpers: unknown[] = [];
  return { out, helpers, get bytes() { return bytes; }, onHandle: async () => {}, onStarted: () => {}, onOutput: async (o: any) => { bytes += o.data.length; if (out.length < 100) out.push(o.stream + ':' + o.data.subarray(0, 2000).toString()); }, onHelper: async (r: any) => { helpers.push(r); return null; } }; }
for (const isolation of ['job', 'shared'] as const) {
test(isolation, async () => {
  const ex = createServerExecutor({ id: 'srv-' + isolation, type: 'container', containerConfig: containerConfigSchema.parse({ isolation, containerName: 'cronium-try-shared' }) }, context);
  await ex.connect();
  console.log(await ex.checkHealth());
  const run = async (r: ScriptExecutionRequest) => { const c = collect(); const t = Date.now(); try { const res = await ex.executeScript(r, c, new AbortController().signal); console.log(Date.now() - t, JSON.stringify(res), c.out.join('|').slice(0, 1500), JSON.stringify(c.helpers), c.bytes); } catch (e) { console.log(Date.now() - t, e, (e as any).cause); } };
  await run(req('echo hi; id; cronium_input; cronium_output "[1]"; ps aux 2>/dev/null; ls -la /proc | head -30; cat /proc/1/environ; cat /proc/self/status | grep -i "cap\\|secc\\|nonew"; mount | head -30; cat /sys/fs/cgroup/memory/memory.stat | grep total_rss; cat /sys/fs/cgroup/pids/pids.events; cat /proc/self/cgroup; env'));
  await run(req('import cronium; print(cronium.input())', { language: 'python' }));
  await run(req('import c from "cronium"; console.log(await c.input())', { language: 'nodejs' }));
  const lat: number[] = [];
  for (let i = 0; i < 30; i++) { await new Promise(r => setTimeout(r, 700)); const c = collect(); const t = Date.now(), p0 = performance.now(); const res = await ex.executeScript(req('echo $EPOCHREALTIME'), c, new AbortController().signal); lat.push(Number(c.out[0]!.slice(7)) * 1000 - t); }
  lat.sort((a, b) => a - b); console.log('latency p50', lat[15], 'p95', lat[28], lat[0], lat[29]);
  await run(req('seq 13000000', { limits: { ...defaultResourceLimits, outputMb: 200 } }));
  console.log(await ex.getResourceUsage());
  await ex.disconnect();
}, 120000);
}
