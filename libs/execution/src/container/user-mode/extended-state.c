/*
 * Preloaded into user-mode Linux 6.1, which keeps 2,696 bytes of a process's extended state (NT_X86_XSTATE). A processor with AMX has 11 KB, and
 * its kernel takes all or nothing (xstateregs_set of arch/x86/kernel/fpu/regset.c), so that the first process would die: "ptrace set fp regs
 * failed". What is set here is what user-mode Linux kept, and behind it what the process has.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef long (*ptrace_function)(enum __ptrace_request, pid_t, void *, void *);

static ptrace_function real;
/* The kernel's stacks are small; no two of its threads are here at once. */
static char state[1 << 16];

static long set_all(pid_t pid, const struct iovec *kept) {
    struct iovec all = {state, sizeof state};
    long result = real(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all);
    if (result != 0) return result;
    memcpy(state, kept->iov_base, kept->iov_len < all.iov_len ? kept->iov_len : all.iov_len);
    return real(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &all);
}

long ptrace(enum __ptrace_request request, ...) {
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *), *data = va_arg(arguments, void *);
    va_end(arguments);
    if (!real) real = (ptrace_function)dlsym(RTLD_NEXT, "ptrace");
    if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) return set_all(pid, data);
    return real(request, pid, address, data);
}
