"""What holds a job: how its processes are found, held to its limits, and ended, by where its runner is."""

import os
import resource
import signal
import time

from counters import TICK_MS, CgroupCounters, ProcessCounters, anonymous_memory, host_room, read_file
from workspace import DEFAULT_PATH, find_program

# Less is none: looking itself may be mistaken for it.
QUIET_CPU_MS = 1
# A script that takes no time on a processor passes no limit: whether it does is looked at ever less often, and all else as seldom.
MOST_SECONDS_OF_QUIET = 0.4
LOOK_SECONDS = 1


class Sandbox:
    """Containment when the runner is a container's first process: everything else in it is the script's."""

    # The workspace is on the container's only writable place, which goes with the container.
    wipes = False

    def __init__(self, workspace, counters=None):
        self.workspace = workspace
        self.shell = find_program('bash', DEFAULT_PATH)
        self.counters = counters or CgroupCounters()
        self.peak = 0
        self.cpu_before = self.cpu_looked = self.counters.cpu_of_others()
        self.looked = 0.0
        # Seconds to the next look while it is busy, and while it is quiet.
        self.pause = self.glance = 0.05

    def host_room(self):
        # The disk of the engine, where containers and images are; the workspace is in memory.
        return host_room('/')

    def hold(self, job):
        """Has the kernel hold the job to its limits, where it is not told already."""

    def usage(self):
        """Milliseconds of CPU so far; bytes of memory, bytes of disk and processes now."""
        cpu = max(0, self.counters.cpu_of_others() - self.cpu_before)
        return cpu, self.counters.memory_of_others(), self.disk_used(), self.counters.processes_of_others()

    def signal_all(self, number):
        try:
            os.kill(-1, number)
        except ProcessLookupError:
            pass  # nothing else lives

    def exceeded(self, job):
        """The limit that the job has passed, or None."""
        self.cpu_looked, self.looked = self.counters.cpu_of_others(), time.monotonic()
        memory = self.counters.memory_of_others()
        self.peak = max(self.peak, memory)
        self.pause = 0.02 if memory > job.memory_bytes / 2 else 0.05
        if memory > job.memory_bytes or self.counters.was_out_of_memory():
            return 'out_of_memory'
        if self.counters.was_out_of_processes():
            return 'process_limit'
        return 'disk_full' if self.disk_is_full(job) else None

    def look(self, job):
        """As `exceeded`, while the script runs; and after how many seconds to look again."""
        quiet = abs(self.counters.cpu_of_others() - self.cpu_looked) < QUIET_CPU_MS
        self.glance = min(MOST_SECONDS_OF_QUIET, 2 * self.glance) if quiet else 0.05
        if quiet and time.monotonic() - self.looked < LOOK_SECONDS:
            return None, self.glance
        verdict = self.exceeded(job)
        return verdict, self.glance if quiet else self.pause

    def disk_is_full(self, job):
        disk = os.statvfs(self.workspace)
        # gVisor's tmpfs counts no files at all.
        full = disk.f_bfree == 0 or (disk.f_files > 0 and disk.f_ffree == 0)
        return full or self.disk_used() >= job.disk_bytes

    def disk_used(self):
        disk = os.statvfs(self.workspace)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize

    def exceeded_at_exit(self, job, status):
        if self.counters.was_out_of_memory():
            return 'out_of_memory'
        if self.counters.was_out_of_processes():
            return 'process_limit'
        return 'disk_full' if status != 0 and self.disk_is_full(job) else None


class WatchedSandbox(Sandbox):
    """
    Containment of a job that has its processes for itself, of which no kernel counts what they use together: that of a container with
    isolation `namespace` counts the whole container, gVisor's too little.
    """

    def __init__(self, workspace, counters=None):
        super().__init__(workspace, counters or ProcessCounters())

    def exceeded(self, job):
        verdict = super().exceeded(job)
        if verdict is None and self.counters.processes_of_others() > job.pids:
            return 'process_limit'
        return verdict


class ProcessTree:
    """Containment when others live beside the script: its processes are the runner's descendants (it is their subreaper)."""

    wipes = True
    # What stays behind when the runner is killed must not go on by itself; nor is a host's bash known.
    shell = None

    def __init__(self, workspace):
        self.workspace = workspace
        self.room_folder = '/' if os.path.exists('/.dockerenv') else workspace
        self.counters = CgroupCounters()
        self.peak = 0
        self.disk_walk = None
        self.disk_sum = self.disk_used = (0, 0)
        self.last_tree = None
        self.pause = 0

    def host_room(self):
        return host_room(self.room_folder)

    def hold(self, job):
        """As a sandbox's."""

    def descendants(self):
        children = {}
        for name in os.listdir('/proc'):
            if name.isdigit():
                # pid (name, which may hold blanks and brackets) state parent ...
                fields = read_file('/proc/%s/stat' % name).rpartition(b')')[2].split()
                if len(fields) > 17 and fields[0] != b'Z':
                    # Its own time, and that of its children that have ended.
                    ticks = sum(int(field) for field in fields[11:15])
                    children.setdefault(int(fields[1]), []).append((int(name), int(fields[17]), ticks))
        found, ahead = [], [os.getpid()]
        while ahead:
            below = children.get(ahead.pop(), [])
            found.extend(below)
            ahead.extend(pid for pid, _, _ in below)
        return found

    def usage(self):
        """As a sandbox's."""
        tree, ended = self.descendants(), resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = sum(ticks for _, _, ticks in tree) * TICK_MS + (ended.ru_utime + ended.ru_stime) * 1000
        return cpu, sum(anonymous_memory('/proc/%d' % pid) for pid, _, _ in tree), self.disk_used[0], len(tree)

    def signal_all(self, number):
        stopped = set()
        # Stopped processes cannot fork, so that a fork bomb runs out of places before it runs away.
        while number == signal.SIGKILL:
            fresh = [pid for pid, _, _ in self.descendants() if pid not in stopped]
            if not fresh or len(stopped) > 100000:
                break
            self.signal_each(fresh, signal.SIGSTOP)
            stopped.update(fresh)
        self.signal_each([pid for pid, _, _ in self.descendants()], number)

    @staticmethod
    def signal_each(pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                pass  # it ended meanwhile, or it became another user's (sudo) and is not ours to signal

    def exceeded(self, job):
        """As a sandbox's."""
        began = time.monotonic()
        tree = self.descendants()
        memory = sum(anonymous_memory('/proc/%d' % pid) for pid, _, _ in tree)
        self.peak = max(self.peak, memory)
        if memory > job.memory_bytes:
            return 'out_of_memory'
        if sum(threads for _, threads, _ in tree) > job.pids:
            return 'process_limit'
        if self.disk_is_full(job):
            return 'disk_full'
        # Nothing is known without looking: who was quiet, and whose folder is not being walked, is looked at ever less often.
        quiet = (tree, memory) == self.last_tree and self.disk_walk is None
        self.last_tree = tree, memory
        self.pause = min(MOST_SECONDS_OF_QUIET, 2 * self.pause) if quiet else 0
        # The look itself costs time on a host with many processes: at most one part in twenty.
        self.pause = max(self.pause, 0.1, 20 * (time.monotonic() - began))
        return None

    def look(self, job):
        """As a sandbox's."""
        return self.exceeded(job), self.pause

    def disk_is_full(self, job, steps=200):
        """Walks a few folders a call, so that a job with a million files does not slow itself down."""
        if self.disk_walk is None:
            self.disk_walk, self.disk_sum = os.walk(self.workspace), (0, 0)
        for _ in range(steps):
            try:
                folder, folders, files = next(self.disk_walk)
            except StopIteration:
                self.disk_used, self.disk_walk = self.disk_sum, None
                break
            used, count = self.disk_sum
            for name in files:
                try:
                    used += os.lstat(os.path.join(folder, name)).st_blocks * 512
                except OSError:
                    pass  # removed while we looked
            self.disk_sum = used, count + len(files) + len(folders)
        return any(used > job.disk_bytes or count > job.disk_files for used, count in (self.disk_used, self.disk_sum))

    def exceeded_at_exit(self, job, status):
        # The kernel's counter is the whole container's; it speaks of this job only if this job was killed.
        if status == -signal.SIGKILL and self.counters.was_out_of_memory():
            return 'out_of_memory'
        if status == 0:
            return None
        disk = os.statvfs(self.workspace)
        # Some file systems count no files at all.
        full = not disk.f_bavail or (disk.f_files and not disk.f_favail)
        return 'disk_full' if full or self.disk_is_full(job) else None


def containment_here():
    """Which one suits where this runner is."""
    if os.getpid() != 1:
        return ProcessTree
    return Sandbox if CgroupCounters().are_kept() else WatchedSandbox
