"""What the kernel tells of the machine, of a container, and of processes."""

import os
import resource
import time

PAGE = resource.getpagesize()
TICK_MS = 1000 / os.sysconf('SC_CLK_TCK')


def read_file(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError:
        return b''


def host_room(folder):
    """What the machine has left: of memory, and of the disk that a folder is on (a container's own is the engine's); and how busy it is.
    None where it does not tell, which is so without Linux' /proc."""
    memory = dict(line.split(b':', 1) for line in read_file('/proc/meminfo').splitlines() if b':' in line)
    try:
        total, available = (int(memory[key].split()[0]) * 1024 for key in (b'MemTotal', b'MemAvailable'))
        disk = os.statvfs(folder)
        # cpu user nice system idle iowait irq softirq steal, and guest times, which user holds already.
        ticks = [int(field) for field in read_file('/proc/stat').split(b'\n', 1)[0].split()[1:9]]
        load = os.getloadavg()
    except (OSError, KeyError):
        return None
    # As df counts it: what is kept for root is neither used nor free.
    usable = disk.f_blocks - disk.f_bfree + disk.f_bavail
    return {'at': round(time.time() * 1000), 'memoryAvailableBytes': available, 'memoryTotalBytes': total,
            'diskFreeBytes': disk.f_bavail * disk.f_frsize, 'diskTotalBytes': usable * disk.f_frsize,
            'busyTicks': sum(ticks) - sum(ticks[3:5]), 'allTicks': sum(ticks), 'load': [round(one, 2) for one in load],
            'uptimeSeconds': int(time.monotonic())}


def read_counter(text, key):
    """The figure after `key` in a cgroup file of `key value` lines, or 0."""
    start = text.find(b'\n' + key + b' ') + 1
    if start == 0 and not text.startswith(key + b' '):
        return 0
    return int(text[start + len(key) + 1:].split(b'\n', 1)[0])


def anonymous_memory(process):
    """Bytes a process holds that no file backs; 0 when it is gone. @param process: its folder in /proc"""
    fields = read_file(process + '/statm').split()
    return (int(fields[1]) - int(fields[2])) * PAGE if len(fields) > 2 else 0


class CgroupCounters:
    """What the kernel counts for the container that the runner lives in, cgroup v1 or v2. `others`: without this process."""

    def __init__(self, root='/sys/fs/cgroup'):
        memory, pids = root + '/memory', root + '/pids'
        self.cpu_nanoseconds = root + '/cpuacct/cpuacct.usage'
        self.cpu_stat = None
        if os.path.exists(root + '/cgroup.controllers'):
            memory = pids = root
            self.cpu_stat = root + '/cpu.stat'
            self.anonymous_key, oom = b'anon', '/memory.events'
        else:
            self.anonymous_key, oom = b'total_rss', '/memory.oom_control'
        self.memory_stat = memory + '/memory.stat'
        self.oom_events = memory + oom
        self.pids_events = pids + '/pids.events'
        self.pids_current = pids + '/pids.current'
        self.oom_before = self.oom_kills()
        self.refused_before = self.refused_forks()

    def are_kept(self):
        """Whether the kernel counts what a sandbox is judged by: gVisor's does not, nor is anything here where no cgroups are mounted."""
        return os.path.exists(self.memory_stat) and os.path.exists(self.pids_events)

    def cpu_of_others(self):
        """Milliseconds, of everything that ever ran in the container."""
        if self.cpu_stat:
            all_ms = read_counter(read_file(self.cpu_stat), b'usage_usec') / 1000
        else:
            all_ms = int(read_file(self.cpu_nanoseconds) or 0) / 1e6
        return all_ms - self.own_cpu_ms()

    def own_cpu_ms(self):
        return time.process_time() * 1000

    def own_memory(self):
        return anonymous_memory('/proc/self')

    def oom_kills(self):
        return read_counter(read_file(self.oom_events), b'oom_kill')

    def refused_forks(self):
        return read_counter(read_file(self.pids_events), b'max')

    def processes_of_others(self):
        return max(0, int(read_file(self.pids_current) or 0) - 1)

    def was_out_of_memory(self):
        return self.oom_kills() > self.oom_before

    def was_out_of_processes(self):
        return self.refused_forks() > self.refused_before

    def memory_of_others(self):
        """Bytes that no file backs."""
        return max(0, read_counter(read_file(self.memory_stat), self.anonymous_key) - self.own_memory())


class ProcessCounters:
    """What `CgroupCounters` tells of a container, of the processes that a /proc shows: a job's, and their first, which is not counted."""

    def __init__(self, proc='/proc', first=None):
        self.proc = proc
        self.first = str(first or os.getpid())

    def stat(self, name):
        """Its fields from the state on (proc(5)); empty when it has gone."""
        # pid (name, which may hold blanks and brackets) state ...
        fields = read_file('%s/%s/stat' % (self.proc, name)).rpartition(b')')[2].split()
        return fields if len(fields) > 17 else []

    def others(self):
        for name in os.listdir(self.proc):
            if name.isdigit() and name != self.first:
                fields = self.stat(name)
                if fields and fields[0] != b'Z':
                    yield name, fields

    def cpu_of_ended(self):
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (used.ru_utime + used.ru_stime) * 1000

    def cpu_of_others(self):
        ticks = sum(sum(int(field) for field in fields[11:15]) for _, fields in self.others())
        return self.cpu_of_ended() + ticks * TICK_MS

    def memory_of_others(self):
        return sum(anonymous_memory('%s/%s' % (self.proc, name)) for name, _ in self.others())

    def processes_of_others(self):
        return sum(int(fields[17]) for _, fields in self.others())

    def was_out_of_memory(self):
        return False

    def was_out_of_processes(self):
        return False
