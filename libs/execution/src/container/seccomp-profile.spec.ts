import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** The engine's format; what it does not know it would ignore in silence. */
const profileSchema = z.strictObject({
  defaultAction: z.string(),
  archMap: z.array(z.strictObject({ architecture: z.string(), subArchitectures: z.array(z.string()) })),
  syscalls: z.array(
    z.strictObject({
      comment: z.string(),
      names: z.array(z.string()).min(1),
      action: z.enum(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO']),
      errnoRet: z.int().optional(),
      args: z
        .array(
          z.strictObject({
            index: z.int(),
            value: z.int(),
            valueTwo: z.int().optional(),
            op: z.enum(['SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ']),
          }),
        )
        .optional(),
    }),
  ),
});

const profile = profileSchema.parse(
  JSON.parse(readFileSync(join(__dirname, '../../../../docker/executor/seccomp-profile.json'), 'utf8')),
);
const rules = (name: string) => profile.syscalls.filter(({ names }) => names.includes(name));
const allowed = new Set(
  profile.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW').flatMap(({ names }) => names),
);
const CLONE_NEW = 0x7e020000;

describe('The seccomp profile', () => {
  it('refuses what it does not list', () => {
    expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
  });

  it('knows the image’s architectures, and none of their 32-bit calls', () => {
    expect(profile.archMap).toEqual([
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
    ]);
  });

  it.each(
    [
      'mount umount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr',
      'ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise',
      'keyctl add_key request_key',
      'bpf perf_event_open userfaultfd',
      'unshare setns',
      'io_uring_setup io_uring_enter io_uring_register io_setup io_submit',
      'init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog',
      'settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname',
      'open_by_handle_at name_to_handle_at fanotify_init lookup_dcookie',
      'iopl ioperm modify_ldt vm86 vhangup nfsservctl uselib ustat sysfs _sysctl',
    ].flatMap((line) => line.split(' ')),
  )('does not allow %s', (name) => {
    expect(allowed).not.toContain(name);
  });

  it('allows clone only without a new namespace', () => {
    expect(rules('clone')).toMatchObject([
      {
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: CLONE_NEW, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ]);
  });

  it('tells the C library that there is no clone3, so that it takes clone', () => {
    expect(rules('clone3')).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
  });

  it('allows sockets only of these kinds', () => {
    const kinds = rules('socket').map(({ args = [] }) =>
      args.map(({ index, value, op }) => `${index} ${op === 'SCMP_CMP_EQ' ? '=' : op} ${value}`).join(', '),
    );
    expect(kinds).toEqual([
      '0 = 1', // AF_UNIX
      ...[2, 10].flatMap((family) => [0, 6, 17].map((protocol) => `0 = ${family}, 2 = ${protocol}`)), // TCP, UDP
      '0 = 16, 2 = 0', // NETLINK_ROUTE
    ]);
  });

  it('never allows without its conditions what it allows with them', () => {
    const conditional = new Set(profile.syscalls.filter(({ args }) => args).flatMap(({ names }) => names));
    const free = profile.syscalls.filter(({ args, action }) => !args && action === 'SCMP_ACT_ALLOW');
    expect(free.flatMap(({ names }) => names).filter((name) => conditional.has(name))).toEqual([]);
  });
});
