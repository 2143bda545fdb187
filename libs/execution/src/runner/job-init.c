/*
 * Process 1 of a job with isolation `namespace`: makes the job's namespaces and file systems, gives up what only that needs, starts its
 * script, reaps its processes and tells of them. Started by the resident (namespaces.py), as whose child it ends:
 *
 *     job-init <tmpfs MiB> <tmpfs files> <shm MiB> <processes> <cgroup.procs or nothing> <folder> <program> <argument>...
 *
 * A program of its own, since a fork of the resident would cost each job the pages that a Python and its copy both write to. Static and
 * without an allocation, since what it touches is what it costs.
 *
 * Descriptors 1, 2 and 9 are the script's. 3 is a socket to the resident with one message a packet (integers as the machine has them):
 *     R                ready; comes with the descriptors of the job's /proc and /tmp
 *     F text           it cannot be made: why
 *     X i32            the program cannot be executed: errno
 *     E i32            the script has ended: its status, as of waitpid(2)
 *     N u64 u64 u64    no process is left: microseconds that all of them used in user and in system mode, KiB that the largest one held
 * and from it:
 *     B                begins the script, in its folder
 *     S u8             sends a signal to all processes but this one
 * When the resident's end is closed, all end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = 3, ORDERS = 9, LAST_CAPABILITY = 63, NOT_EXECUTED = 127 };

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "The filter of system calls knows x86_64 and aarch64."
#endif

static void tell(const void *message, size_t length)
{
    /* A resident that has gone is seen where its next message is waited for. */
    (void)!send(CONTROL, message, length, MSG_NOSIGNAL);
}

static void tell_number(char kind, int32_t number)
{
    char message[1 + sizeof number] = {kind};
    memcpy(message + 1, &number, sizeof number);
    tell(message, sizeof message);
}

static _Noreturn void fail(const char *doing, const char *what)
{
    char text[256];
    int length = snprintf(text, sizeof text, "F%s%s: %s", doing, what, strerror(errno));
    tell(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    _exit(1);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) fail("writing ", path);
    close(fd);
}

/* This process gets all of them but that of processes, in which the next child is the first. */
static void enter_namespaces(void)
{
    char map[64];
    uid_t user = getuid();
    gid_t group = getgid();

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) != 0)
        fail("making namespaces", "");
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", user, user);
    write_file("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%u %u 1", group, group);
    write_file("/proc/self/gid_map", map);
}

static void cover(const char *kind, const char *target, unsigned long flags, const char *options)
{
    if (mount(kind, target, kind, flags, options) != 0) fail("mounting ", target);
}

/* Covers what jobs would share. The root is read-only, and nothing of it is uncovered again: see `confine`. */
static void furnish(const char *megabytes, const char *files, const char *shm_megabytes)
{
    char options[96];
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("taking the mounts over", "");
    cover("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    cover("sysfs", "/sys", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    cover("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620");
    cover("mqueue", "/dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    snprintf(options, sizeof options, "size=%sm,mode=1777", shm_megabytes);
    cover("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
    snprintf(options, sizeof options, "size=%sm,nr_inodes=%s,mode=1777", megabytes, files);
    cover("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, options);
    if (sethostname("sandbox", strlen("sandbox")) != 0) fail("naming the host", "");

    int network = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (network < 0 || ioctl(network, SIOCSIFFLAGS, &loopback) != 0) fail("raising the loopback interface", "");
    close(network);
}

/* Refuses (EPERM) what the container's own filter allows beyond a sandbox's (container-spec.ts). The rest that one decides. */
static void narrow_system_calls(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mount, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_unshare, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sethostname, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) fail("narrowing the system calls", "");
}

/* Gives up what only furnishing needs, for good. */
static void confine(const char *processes)
{
    struct rlimit limit;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    /* Counted in its user namespace alone. */
    limit.rlim_cur = limit.rlim_max = strtoul(processes, NULL, 10);
    if (setrlimit(RLIMIT_NPROC, &limit) != 0) fail("limiting the processes", "");
    for (unsigned long capability = 0; capability <= LAST_CAPABILITY; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break; /* the kernel has no more */
    if (syscall(SYS_capset, &header, none) != 0) fail("giving up capabilities", "");
    narrow_system_calls();
    /* Its memory and its descriptors are closed to the script, which has the same user. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("closing its memory", "");
}

static void say_ready(void)
{
    int folders[2] = {open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof folders)];
    } rights = {.bytes = {0}};
    struct iovec text = {"R", 1};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = rights.bytes, .msg_controllen = sizeof rights.bytes};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);

    if (folders[0] < 0 || folders[1] < 0) fail("opening its folders", "");
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof folders);
    memcpy(CMSG_DATA(part), folders, sizeof folders);
    if (sendmsg(CONTROL, &message, MSG_NOSIGNAL) < 0) _exit(1);
    close(folders[0]);
    close(folders[1]);
}

static void set_oom_score(int file, const char *score)
{
    (void)!pwrite(file, score, strlen(score), 0); /* where it is refused, the kernel chooses as it does */
}

static void close_scripts_descriptors(void)
{
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    close(ORDERS);
}

/* The script's process, in a session of its own. */
static pid_t begin(const char *folder, char **command, int oom_score_file)
{
    char own_score[16] = "";
    sigset_t none;

    (void)!pread(oom_score_file, own_score, sizeof own_score - 1, 0);
    /* Inherited: the kernel is to choose the script before its init. Going back is allowed to where we came from. */
    set_oom_score(oom_score_file, "900");
    pid_t script = fork();
    if (script == 0) {
        setsid();
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (chdir(folder) == 0) execv(command[0], command);
        tell_number('X', errno);
        _exit(NOT_EXECUTED);
    }
    if (script < 0) tell_number('X', errno);
    set_oom_score(oom_score_file, own_score);
    close_scripts_descriptors();
    return script;
}

static void tell_nobody_is_left(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    struct {
        char padding[7], kind;
        uint64_t user, system, kilobytes;
    } message = {
        .kind = 'N',
        .user = (uint64_t)used.ru_utime.tv_sec * 1000000 + (uint64_t)used.ru_utime.tv_usec,
        .system = (uint64_t)used.ru_stime.tv_sec * 1000000 + (uint64_t)used.ru_stime.tv_usec,
        .kilobytes = (uint64_t)used.ru_maxrss,
    };
    tell(&message.kind, sizeof message - offsetof(__typeof__(message), kind));
}

static void reap(pid_t script)
{
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended > 0 && ended == script) tell_number('E', status);
        if (ended < 0 && errno == ECHILD) tell_nobody_is_left();
        if (ended <= 0) return;
    }
}

static void wake(int signal_number)
{
    (void)signal_number; /* ends the wait; what has happened is asked for */
}

static _Noreturn void serve(const char *folder, char **command, int oom_score_file)
{
    struct pollfd control = {CONTROL, POLLIN, 0};
    struct sigaction on_child = {.sa_handler = wake};
    sigset_t child, none;
    pid_t script = -1;

    sigemptyset(&none);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    sigaction(SIGCHLD, &on_child, NULL);
    for (;;) {
        unsigned char message[2] = {0};
        if (ppoll(&control, 1, NULL, &none) > 0) {
            if (recv(CONTROL, message, sizeof message, 0) <= 0) _exit(0);
            if (message[0] == 'B') script = begin(folder, command, oom_score_file);
            if (message[0] == 'S') kill(-1, message[1]);
        }
        if (script > 0) reap(script);
    }
}

int main(int count, char **words)
{
    if (count < 8) return 2;
    /* None but these is given; this makes sure. */
    syscall(SYS_close_range, CONTROL + 1, ORDERS - 1, 0);
    syscall(SYS_close_range, ORDERS + 1, ~0U, 0);
    fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
    /* Before its namespaces: in them its cgroup is the root. */
    if (*words[5] != '\0') write_file(words[5], "0");
    enter_namespaces();
    pid_t first = fork();
    if (first < 0) fail("starting the first process", "");
    if (first > 0) _exit(0);
    furnish(words[1], words[2], words[3]);
    int oom_score_file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    say_ready();
    confine(words[4]);
    serve(words[6], words + 7, oom_score_file);
}
