import type { ResourceUsage } from '@cronium/server-types';

/** One look at a host. */
export interface HostSample {
  readonly cores: number;
  /** Ticks of all cores since the host started, where it counts them. */
  readonly busyTicks: number | undefined;
  readonly allTicks: number | undefined;
  /** Of one core, averaged by the host itself; where it counts no ticks. */
  readonly cpuPercent: number | undefined;
  readonly memory: ResourceUsage['memory'];
  readonly disk: ResourceUsage['disk'];
  readonly load: ResourceUsage['load'];
  readonly uptimeSeconds: number | undefined;
}

/** Prints what there is, as lines of a name and a value: /proc on Linux, sysctl and vm_stat on the BSDs and macOS. */
export const USAGE_SCRIPT = String.raw`
if [ -r /proc/stat ]; then
  while read -r name rest; do
    case $name in cpu) echo "ticks $rest" ;; cpu[0-9]*) echo "core" ;; esac
  done </proc/stat
  while read -r name value unit; do
    case $name in MemTotal:) echo "memory_total_kb $value" ;; MemAvailable:) echo "memory_free_kb $value" ;; esac
  done </proc/meminfo
  read -r one five fifteen rest </proc/loadavg && echo "load $one $five $fifteen"
  read -r up rest </proc/uptime && echo "uptime $up"
else
  echo "cores $(sysctl -n hw.ncpu)"
  echo "memory_total_bytes $(sysctl -n hw.memsize 2>/dev/null || sysctl -n hw.physmem)"
  echo "load $(sysctl -n vm.loadavg | tr -d '{}')"
  echo "boot_time $(sysctl -n kern.boottime 2>/dev/null | sed -n 's/^[^0-9]*sec = \([0-9]*\).*/\1/p') $(date +%s)"
  echo "cp_time $(sysctl -n kern.cp_time 2>/dev/null)"
  if command -v vm_stat >/dev/null 2>&1; then
    vm_stat | sed -n -e 's/.*page size of \([0-9]*\).*/page_bytes \1/p' -e 's/^Pages \(free\|inactive\|speculative\): *\([0-9]*\).*/free_pages \2/p' \
      -e 's/^Pages free: *\([0-9]*\).*/free_pages \1/p' -e 's/^Pages inactive: *\([0-9]*\).*/free_pages \1/p'
  else
    echo "page_bytes $(sysctl -n hw.pagesize)"
    for name in v_free_count v_inactive_count v_cache_count; do echo "free_pages $(sysctl -n vm.stats.vm.$name 2>/dev/null)"; done
  fi
  ps -A -o pcpu= 2>/dev/null | while read -r value; do echo "process_percent $value"; done
fi
df -Pk "${'$'}{HOME:-/}" 2>/dev/null | while read -r file_system size used free rest; do echo "disk_kb $size $used $free"; done
`;

const KIB = 1024;

/** What the script printed. A figure that a host does not give is 0. */
export function parseUsage(text: string): HostSample {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const all = (name: string): number[][] =>
    lines
      .filter(([first]) => first === name)
      .map(([, ...values]) => values.map(Number).filter(Number.isFinite));
  const first = (name: string): number[] => all(name)[0] ?? [];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  const cores = all('core').length || first('cores')[0] || 1;
  const pageBytes = first('page_bytes')[0] ?? 0;
  const total = (first('memory_total_kb')[0] ?? 0) * KIB || first('memory_total_bytes')[0] || 0;
  const free = (first('memory_free_kb')[0] ?? 0) * KIB || sum(all('free_pages').flat()) * pageBytes;
  // The last line is the file system's; the one before names the columns.
  const [, usedKb = 0, freeKb = 0] = all('disk_kb').at(-1) ?? [];
  const [oneMinute, fiveMinutes, fifteenMinutes] = first('load');
  return {
    cores,
    ...ticks(first('ticks'), first('cp_time')),
    cpuPercent: sum(all('process_percent').flat()),
    memory: { usedBytes: Math.max(0, Math.round(total - free)), limitBytes: Math.round(total) },
    disk: { usedBytes: usedKb * KIB, limitBytes: (usedKb + freeKb) * KIB },
    load:
      oneMinute === undefined || fiveMinutes === undefined || fifteenMinutes === undefined
        ? undefined
        : { oneMinute, fiveMinutes, fifteenMinutes },
    uptimeSeconds: uptime(first('uptime'), first('boot_time')),
  };
}

/** Linux tells the seconds, the BSDs and macOS when the host was started, beside their clock. */
function uptime([linux]: readonly number[], [boot, now]: readonly number[]): number | undefined {
  if (linux !== undefined) return Math.floor(linux);
  return boot && now ? Math.max(0, now - boot) : undefined;
}

function ticks(linux: readonly number[], bsd: readonly number[]): Pick<HostSample, 'busyTicks' | 'allTicks'> {
  // proc(5): user nice system idle iowait irq softirq steal, and guest times, which user holds already.
  if (linux.length >= 8) {
    const counted = linux.slice(0, 8);
    const allTicks = counted.reduce((total, value) => total + value, 0);
    return { busyTicks: allTicks - (counted[3] ?? 0) - (counted[4] ?? 0), allTicks };
  }
  // kern.cp_time: user nice system interrupt idle.
  if (bsd.length >= 5) {
    const allTicks = bsd.reduce((total, value) => total + value, 0);
    return { busyTicks: allTicks - (bsd[4] ?? 0), allTicks };
  }
  return { busyTicks: undefined, allTicks: undefined };
}
