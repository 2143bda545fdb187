#!/usr/bin/python3 -I
"""The first process of a user-mode Linux whose root is the executor image: a machine with cgroup v2, and on it what Docker 28 makes of a
container with `writable-cgroups=true`, as far as a resident sees it. Runs the jobs of /jobs.json at the same time through the resident, says
as `RESULT {...}` a line for each job, in their order, and one for what is left, and ends the machine.

A job of the file is [language, script, limits]. A result is {stdout, stderr, end, usage, held}: `held` is what the kernel was told of the
job's cgroup; the last one is {cgroups}, the names of those below the container's.
"""

import ctypes
import glob
import json
import os
import socket
import struct
import subprocess
import sys
import time

USER = 1000
BOX = '/sys/fs/cgroup/box'
CHANNEL = struct.Struct('>BII')
FRAME = struct.Struct('>2sBBII')
OPEN, DATA, CLOSE = 1, 3, 4
STARTED, STDOUT, STDERR, END, JOB, ACK = 2, 3, 4, 6, 16, 17
HELD = ('memory.max', 'memory.swap.max', 'pids.max', 'cpu.max')


def mount(kind, target, *options):
    subprocess.run(['mount', '-t', kind, *options, kind, target], check=True)


def make_machine():
    os.environ['PATH'] = '/usr/sbin:/usr/bin:/sbin:/bin'
    mount('proc', '/proc')
    mount('sysfs', '/sys')
    mount('tmpfs', '/tmp', '-o', 'mode=1777')
    for name, minor in (('null', 3), ('zero', 5), ('urandom', 9)):
        if not os.path.exists('/dev/' + name):
            os.mknod('/dev/' + name, 0o20666, os.makedev(1, minor))
    for folder in ('/dev/pts', '/dev/shm', '/dev/mqueue'):
        os.makedirs(folder, exist_ok=True)
    if not os.path.lexists('/dev/fd'):
        os.symlink('/proc/self/fd', '/dev/fd')
    mount('cgroup2', '/sys/fs/cgroup')


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def start_resident():
    """In a cgroup that is its user's to divide, with a namespace in which it is the root: as runc leaves it (opencontainers/runc#3057)."""
    write('/sys/fs/cgroup/cgroup.subtree_control', '+cpu +memory +pids')
    os.mkdir(BOX)
    for name in ('', '/cgroup.procs', '/cgroup.subtree_control', '/cgroup.threads'):
        os.chown(BOX + name, USER, USER)
    if os.fork() == 0:
        write(BOX + '/cgroup.procs', '0')
        os.unshare(os.CLONE_NEWCGROUP | os.CLONE_NEWNS)
        subprocess.run(['mount', '--make-rprivate', '/'], check=True)
        subprocess.run(['umount', '/sys/fs/cgroup'], check=True)
        mount('cgroup2', '/sys/fs/cgroup')
        os.execvp('setpriv', ['setpriv', '--reuid', str(USER), '--regid', str(USER), '--clear-groups', '--no-new-privs',
                              '--bounding-set', '-all', '--inh-caps', '-all',
                              'python3', '-I', '-S', '/opt/cronium/resident.pyc'])


def connect():
    for _ in range(600):
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect('/tmp/cronium-%d/resident' % USER)
            return client
        except OSError:
            client.close()
            time.sleep(0.05)
    raise SystemExit('the resident does not listen')


def held():
    """What each job's cgroup is held to, by the file's name."""
    return [{name: open('%s/%s' % (folder, name)).read().strip() for name in HELD} for folder in glob.glob(BOX + '/job-*')]


def run(jobs):
    client = connect()

    def send(kind, channel, data):
        client.sendall(CHANNEL.pack(kind, channel, len(data)) + data)

    def frame(kind, message):
        data = json.dumps(message).encode()
        return FRAME.pack(b'Cr', 1, kind, 0, len(data)) + data

    results = [{'stdout': '', 'stderr': '', 'held': None} for _ in jobs]
    for channel, (language, script, limits) in enumerate(jobs):
        message = {'jobId': str(channel), 'language': language, 'script': script, 'limits': limits,
                   'timeoutSeconds': 120, 'killGraceSeconds': 1}
        send(OPEN, channel, json.dumps({'id': 'r%d' % channel, 'diskMb': limits['diskMb'], 'pids': limits['pids']}).encode())
        send(DATA, channel, b'\xff' * 16 + frame(JOB, message))
    open_channels, received, streams = len(jobs), b'', [b''] * len(jobs)
    while open_channels:
        received += client.recv(1 << 20)
        while len(received) >= CHANNEL.size:
            kind, channel, length = CHANNEL.unpack_from(received)
            if len(received) < CHANNEL.size + length:
                break
            data, received = received[CHANNEL.size:CHANNEL.size + length], received[CHANNEL.size + length:]
            if kind == CLOSE:
                open_channels -= 1
                results[channel]['closed'] = data.decode()
                continue
            streams[channel] += data
            while len(streams[channel]) >= FRAME.size:
                _, _, kind, number, length = FRAME.unpack_from(streams[channel])
                if len(streams[channel]) < FRAME.size + length:
                    break
                body, streams[channel] = streams[channel][FRAME.size:FRAME.size + length], streams[channel][FRAME.size + length:]
                take(results[channel], kind, body, jobs[channel][2])
                if kind == END:
                    send(DATA, channel, frame(ACK, {'seq': number}))
    return results


def take(result, kind, body, limits):
    if kind == STARTED:
        # Jobs of the file are told apart by their limits of processes.
        result['held'] = [one for one in held() if one['pids.max'] == str(limits['pids'] + 1)]
    elif kind in (STDOUT, STDERR):
        result['stdout' if kind == STDOUT else 'stderr'] += body[8:].decode()
    elif kind == END:
        result.update(json.loads(body))


def main():
    make_machine()
    start_resident()
    with open('/jobs.json') as file:
        jobs = json.load(file)
    results = run(jobs)
    for _ in range(100):
        left = sorted(os.path.basename(folder[:-1]) for folder in glob.glob(BOX + '/*/'))
        if len(left) == 1:
            break
        time.sleep(0.1)
    for result in results + [{'cgroups': left}]:
        print('RESULT ' + json.dumps(result), flush=True)


try:
    main()
except BaseException as error:
    print('FAILED %r' % error, flush=True)
# RB_POWER_OFF of reboot(2).
ctypes.CDLL(None).reboot(0x4321FEDC)
sys.exit(1)
