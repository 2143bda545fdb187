import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import { deferred } from '../deferred';
import type { ContainerExecutor } from './container-executor';
import type { EngineFixture } from './engine-fixture';
import type { CreateFixture, SandboxKind } from './sandbox-kind';

/** Tries each system call by number (x86-64, arm64) with arguments that would do something; prints what came of it. */
const SYSTEM_CALLS = `import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
column = 0 if platform.machine() == 'x86_64' else 1
calls = {
    'mount': ((165, 40), (b'none', b'/tmp', b'tmpfs', 0, 0)),
    'umount2': ((166, 39), (b'/proc', 2)),
    'fsopen': ((430, 430), (b'tmpfs', 0)),
    'open_tree': ((428, 428), (-100, b'/', 1)),
    'move_mount': ((429, 429), (-100, b'/tmp', -100, b'/', 0)),
    'pivot_root': ((155, 41), (b'/tmp', b'/tmp')),
    'chroot': ((161, 51), (b'/tmp',)),
    'unshare a user namespace': ((272, 97), (0x10000000,)),
    'unshare a mount namespace': ((272, 97), (0x00020000,)),
    'setns': ((308, 268), (0, 0)),
    'clone with a user namespace': ((56, 220), (0x10000000 | 17, 0, 0, 0, 0)),
    'ptrace of process 1': ((101, 117), (16, 1, 0, 0)),
    'ptrace by the parent': ((101, 117), (0, 0, 0, 0)),
    'process_vm_readv': ((310, 270), (1, 0, 0, 0, 0, 0)),
    'pidfd_getfd': ((438, 438), (0, 0, 0)),
    'kcmp': ((312, 272), (1, 1, 0, 0, 0)),
    'keyctl': ((250, 219), (0, -3, 1)),
    'add_key': ((248, 217), (b'user', b'k', b'v', 1, -3)),
    'request_key': ((249, 218), (b'user', b'k', 0, -3)),
    'bpf': ((321, 280), (0, 0, 0)),
    'perf_event_open': ((298, 241), (0, 0, -1, -1, 0)),
    'userfaultfd': ((323, 282), (1,)),
    'io_uring_setup': ((425, 425), (1, 0)),
    'io_uring_enter': ((426, 426), (0, 0, 0, 0, 0, 0)),
    'io_uring_register': ((427, 427), (0, 0, 0, 0)),
    'init_module': ((175, 105), (0, 0, b'')),
    'finit_module': ((313, 273), (0, b'', 0)),
    'kexec_load': ((246, 104), (0, 0, 0, 0)),
    'reboot': ((169, 142), (0, 0, 0, 0)),
    'sethostname': ((170, 161), (b'mine', 4)),
    'settimeofday': ((164, 170), (0, 0)),
    'swapon': ((167, 224), (b'/tmp/x', 0)),
    'syslog': ((103, 116), (2, 0, 0)),
    'open_by_handle_at': ((304, 265), (-100, 0, 0)),
    'setuid(0)': ((105, 146), (0,)),
    'setgid(0)': ((106, 144), (0,)),
    'setgroups': ((116, 159), (0, 0)),
    'a raw socket': ((41, 198), (2, 3, 1)),
    'a packet socket': ((41, 198), (17, 3, 0)),
    'a kernel crypto socket': ((41, 198), (38, 5, 0)),
    'a vsock socket': ((41, 198), (40, 1, 0)),
}
for name, (numbers, arguments) in calls.items():
    ctypes.set_errno(0)
    result = libc.syscall(numbers[column], *arguments)
    if result == 0 and name.startswith('clone'):
        os._exit(0)
    print('%s: %s' % (name, errno.errorcode.get(ctypes.get_errno()) if result == -1 else 'done'))`;

/** What a script that tries finds out, and gets hold of. */
export function describeFromInside({ isolation, runtime }: SandboxKind, createFixture: CreateFixture): void {
  describe(`From inside a sandbox of isolation ${isolation} with ${runtime}`, () => {
    const gvisor = runtime === 'runsc';
    let fixture: EngineFixture;
    let executor: ContainerExecutor;

    beforeAll(async () => {
      fixture = createFixture({ isolation, runtime });
      await fixture.verify();
      executor = fixture.createExecutor();
      await executor.connect();
    });

    afterAll(async () => {
      await executor.disconnect();
      await fixture.dispose();
    });

    const bash = async (script: string) => printed(await runScript(executor, script));
    const python = async (script: string) =>
      printed(await runScript(executor, scriptRequest(script, { language: 'python' })));

    it('nothing but the temporary folders can be written', async () => {
      const outcome =
        await bash(`for place in / /etc /usr/bin /opt/cronium /opt/cronium/runtime-helpers/python /var /var/tmp /root /home /run /proc /sys /sys/fs/cgroup /dev /mnt
do (: > "$place/mine") 2>/dev/null && echo "wrote in $place"; done
for file in /etc/passwd /etc/resolv.conf /etc/hosts /opt/cronium/runner.pyc /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/1/oom_score_adj
do (: >> "$file") 2>/dev/null && echo "wrote to $file"; done
for device in /dev/*; do [ -b "$device" ] && echo "block device $device"; done
(: > /tmp/mine) && (: > "$HOME/mine") && (: > "$TMPDIR/mine") && rm /tmp/mine && echo only here
grep ' / ' /proc/self/mounts | cut -d ' ' -f 4 | cut -d , -f 1
grep ' /tmp ' /proc/self/mounts | tr ' ,' '\\n\\n' | grep -cxE 'nosuid|nodev'
true`);
      // Isolation `namespace` covers the container's folder with another; gVisor does not show what it holds of a mount.
      const held = { job: 2, namespace: 4, shared: 2 }[isolation];
      expect(outcome).toBe(`only here\nro\n${gvisor ? 0 : held}\n`);
    });

    it('there are no rights to be had', async () => {
      const status = await bash('grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)" /proc/self/status');
      const facts = Object.fromEntries(
        status
          .trim()
          .split('\n')
          .map((line) => {
            const [key = '', value = ''] = line.split(':');
            return [key, value.trim()];
          }),
      );
      const none = '0'.repeat(16);
      expect(facts).toEqual({
        Uid: '1000\t1000\t1000\t1000',
        Gid: '1000\t1000\t1000\t1000',
        Groups: '1000',
        CapInh: none,
        CapPrm: none,
        CapEff: none,
        CapBnd: none,
        // gVisor has both and does not show them: see the next test.
        ...(!gvisor && { CapAmb: none, NoNewPrivs: '1' }),
        Seccomp: '2',
      });
    });

    it('nobody can become root', async () => {
      const outcome = await bash(`find / -xdev -perm /6000 2>/dev/null
for path in $(find / -xdev -type f -perm /111 2>/dev/null); do echo "$path"; done | python3 -c '
import os, sys
for path in sys.stdin.read().split():
    if "security.capability" in os.listxattr(path): print("capability on", path)'
for command in su sudo doas pkexec newuidmap mount; do type -P "$command"; done
cp "$(type -P bash)" own && chmod u+s own && ./own -p -c 'id -u'`);
      // What is left of util-linux has no bit that would give it rights.
      expect(outcome.split('\n').filter((line) => !/^\/usr\/bin\/(su|mount)$/.test(line))).toEqual([
        '1000',
        '',
      ]);
      const attempt = await bash(
        'for command in "su -c id" "mount -t tmpfs none /tmp"; do $command < /dev/null 2>/dev/null && echo done; done; true',
      );
      expect(attempt).toBe('');
    });

    it('the system calls that lead out are refused', async () => {
      const outcome = (await python(SYSTEM_CALLS)).trim().split('\n');
      expect(outcome.length).toBeGreaterThan(35);
      // There is no user 0 in a user namespace of one user.
      const strangers = isolation === 'namespace' ? ['setuid(0): EINVAL', 'setgid(0): EINVAL'] : [];
      expect(outcome.filter((line) => !line.endsWith(': EPERM'))).toEqual(strangers);
    });

    it('system calls that a 64-bit filter would not see are refused', async () => {
      // getpid of the x32 table, whose numbers carry bit 30. Which of the two happens is libseccomp's choice.
      const outcome = await python(`import ctypes, os, platform, signal
if platform.machine() == 'x86_64' and os.fork() == 0:
    os._exit(0 if ctypes.CDLL(None).syscall(0x40000000 + 39) == -1 else 1)
elif platform.machine() == 'x86_64':
    _, status = os.wait()
    print('refused' if status == 0 or os.WTERMSIG(status) == signal.SIGSYS else status)
else:
    print('refused')`);
      expect(outcome).toBe('refused\n');
    });

    it('the runner keeps its memory, environment and files to itself', async () => {
      const outcome = await bash(`runner=$PPID
for secret in environ mem maps fd cwd root exe io syscall stack; do
  if [ -d "/proc/$runner/$secret" ]; then ls "/proc/$runner/$secret/"; else head -c 1 "/proc/$runner/$secret" || readlink "/proc/$runner/$secret"; fi >/dev/null 2>&1 && echo "read $secret"
done
tr '\\0' ' ' < "/proc/$runner/cmdline"`);
      const runners = {
        job: /^python3 -I -S \/opt\/cronium\/runner\.pyc sandbox $/,
        namespace: /^job-init \S.* \/\S+\/script\.sh $/,
        shared: /^python3 -I -S \/opt\/cronium\/runner\.pyc launch [0-9a-f-]{36} $/,
      };
      // To gVisor a process that conceals itself is still its user's, but for its memory. It holds no secret in what can be read.
      const shown = outcome.split('\n').slice(0, -1);
      expect(
        gvisor ? ['environ', 'maps', 'fd', 'cwd', 'root', 'exe', 'io'].map((name) => `read ${name}`) : [],
      ).toEqual(expect.arrayContaining(shown));
      expect(outcome.split('\n').at(-1)).toMatch(runners[isolation]);
    });

    it('a script has no descriptor but its stdin, stdout and stderr', async () => {
      const outcome = await python(
        'import os; print(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1])',
      );
      expect(outcome).toBe('[0, 1, 2]\n');
    });

    it('there is no network but the loopback', async () => {
      const outcome = await python(`import os, socket
print(sorted(os.listdir('/sys/class/net') if os.path.exists('/sys/class/net') else ['lo']), [name for _, name in socket.if_nameindex()])
print(open('/proc/net/route').read().count('\\n'), 'routes', open('/proc/net/arp').read().count('\\n'), 'neighbours')
for family, address in ((socket.AF_INET, ('1.1.1.1', 53)), (socket.AF_INET, ('172.17.0.1', 2375)), (socket.AF_INET, ('169.254.169.254', 80)), (socket.AF_INET6, ('2606:4700:4700::1111', 53))):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(family, kind) as client:
                client.settimeout(2)
                client.connect(address)
                print('connected to', address)
        except OSError as error:
            print(os.strerror(error.errno))
try:
    print(socket.getaddrinfo('example.com', 80))
except OSError as error:
    print('no name')
with socket.create_server(('127.0.0.1', 0)) as server, socket.create_connection(server.getsockname()):
    print('loopback works')`);
      const [interfaces, routes, ...rest] = outcome.trim().split('\n');
      expect(interfaces).toBe("['lo'] ['lo']");
      expect(routes).toBe('1 routes 1 neighbours'); // the headings
      expect([
        'Network is unreachable',
        'Cannot assign requested address',
        ...(gvisor ? ['No route to host'] : []),
      ]).toEqual(expect.arrayContaining(rest.slice(0, 8)));
      expect(rest.slice(8)).toEqual(['no name', 'loopback works']);
    });

    it('there is no way to the engine', async () => {
      const outcome = await bash(`find / -xdev -type s 2>/dev/null | grep -v "^$TMPDIR\\|/helper.sock$\\|/r$"
find / -xdev -name 'docker*' -not -path '/opt/cronium/*' -not -path '/proc/*' -not -path '/etc/dpkg/*' 2>/dev/null
env | grep -i docker
find /run /var/run -mindepth 1 -type s 2>/dev/null
true`);
      expect(outcome).toBe('');
    });

    it('its secrets are neither in the container’s description nor on a command line', async () => {
      const secret = 'swordfish-7391';
      const observer = new RecordingObserver();
      const answer = deferred<void>();
      observer.onHelperDo = () => answer.promise;
      const request = scriptRequest(
        `cronium_output "$PASSWORD"
pattern='swordfish-739[1]' # not what it looks for
cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c "$pattern"
cat /proc/1/environ 2>/dev/null | grep -c "$pattern"
PATTERN=$pattern sh -c 'tr "\\0" "\\n" < /proc/$$/environ | grep -v ^PATTERN= | grep -c "$PATTERN"'`,
        { environment: { PASSWORD: secret }, input: { secret }, event: { secret } },
      );
      const running = runScript(executor, request, observer);
      await observer.until(() => observer.helpers.length > 0);
      const container = fixture.docker.getContainer(observer.durableHandle.location['containerId'] ?? '');
      const execs = await Promise.all(
        ((await container.inspect()).ExecIDs ?? []).map((id) => fixture.docker.getExec(id).inspect()),
      );
      // A sandbox is named for its job a moment after its start.
      let inspected = await container.inspect();
      while (isolation === 'job' && !inspected.Name.includes(request.jobId))
        inspected = await container.inspect();
      const description = JSON.stringify([inspected, execs, await container.top()]);
      answer.resolve();
      // grep counts: none, none, and the environment of what the script starts.
      expect((await running).observer.stdout).toBe('0\n0\n1\n');
      const { runnerId = request.jobId } = observer.durableHandle.location;
      // Where a resident starts runners, nothing of the engine's knows of them.
      expect(description).toContain(isolation === 'namespace' ? 'resident.pyc' : runnerId);
      expect(description).not.toContain(secret);
    });

    it('the container’s first process cannot be ended', async () => {
      const script =
        'for signal in TERM INT HUP QUIT USR1 KILL SEGV; do kill -$signal 1 2>/dev/null; done; echo alive';
      if (gvisor) {
        // To gVisor process 1 is one like others. What a script can end so is its own job, which then says so.
        await expect(runScript(executor, script)).rejects.toMatchObject({ code: 'script_lost' });
      } else {
        expect(await bash(script)).toBe('alive\n');
      }
      expect(await bash('echo and well')).toBe('and well\n');
    });

    it('nothing of a job remains after it', async () => {
      const mark = 'mark-4711';
      const request = scriptRequest(
        `echo ${mark} > "$HOME/${mark}"; echo ${mark} > "$TMPDIR/${mark}"
mkdir -p locked/deep && touch locked/deep/file && chmod 0 locked/deep locked
python3 -c 'import os
for _ in range(3000): os.mkdir("deep"); os.chdir("deep")'
( exec -a ${mark} setsid sleep 600 ) > /dev/null 2>&1 &
echo "$CRONIUM_SOCKET"`,
      );
      const ran = await runScript(executor, request);
      const socket = printed(ran).trim();
      expect(await fixture.sandboxRemains(ran.observer.durableHandle)).toBe(false);
      // Another job looks for it, with a pattern that is not what it looks for.
      const left = await bash(`find / -xdev -name 'mark-471[1]' 2>/dev/null
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'mark-471[1]'
ls -d '${socket.replace(/\/[^/]*$/, '')}' 2>/dev/null
true`);
      expect(left).toBe('');
    });
  });
}
