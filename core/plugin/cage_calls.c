#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"
#include "plugin/cage.h"
#include "plugin/cage_parts.h"

/* The filter of system calls, as a program for the kernel's classic BPF.
 *
 * It is a list of what may be called; everything else fails with EPERM, as if the user had no right
 * to it, so that a library that tries and gives way goes on. The few calls whose arguments decide
 * come first, each as a little block that ends in a verdict or falls through to the next block:
 *
 *     is it this call? no: over the block
 *     load one argument (its lower half: flags and small numbers)
 *     compare; verdict; other verdict
 *
 * clone3() keeps its flags where a filter cannot see them: it "does not exist", and libc falls back
 * to clone(), which may make threads and nothing else. */

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
enum { OTHER_NUMBERS = 0x40000000 }; /* the x32 calls: the same functions by other numbers */
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
enum { OTHER_NUMBERS = 0x40000000 };
#endif

#ifdef MACHINE

enum { PROGRAM_MAX = 512, SET_MODE_FILTER = 1 };

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short count;
};

/* Every program: memory, clocks, threads, its own signals, what is open. */
static const int allowed[] = {
    SYS_brk,
    SYS_clock_getres,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_close,
    SYS_dup,
    SYS_dup3,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_eventfd2,
    SYS_exit,
    SYS_exit_group,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fadvise64,
    SYS_fcntl,
    SYS_flock,
    SYS_fstat,
    SYS_fstatfs,
    SYS_futex,
    SYS_get_robust_list,
    SYS_getcwd,
    SYS_getdents64,
    SYS_getegid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getpid,
    SYS_getppid,
    SYS_getrandom,
    SYS_getrusage,
    SYS_gettid,
    SYS_gettimeofday,
    SYS_getuid,
    SYS_lseek,
    SYS_madvise,
    SYS_membarrier,
    SYS_mincore,
    SYS_mlock,
    SYS_mmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_msync,
    SYS_munlock,
    SYS_munmap,
    SYS_nanosleep,
    SYS_newfstatat,
    SYS_pipe2,
    SYS_ppoll,
    SYS_pread64,
    SYS_preadv,
    SYS_pselect6,
    SYS_pwrite64,
    SYS_pwritev,
    SYS_read,
    SYS_readlinkat,
    SYS_readv,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_restart_syscall,
    SYS_rseq,
    SYS_rt_sigaction,
    SYS_rt_sigpending,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_yield,
    SYS_sendfile,
    SYS_sendmsg,
    SYS_sendto,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_shutdown,
    SYS_sigaltstack,
    SYS_statfs,
    SYS_statx,
    SYS_sysinfo,
    SYS_timerfd_create,
    SYS_timerfd_gettime,
    SYS_timerfd_settime,
    SYS_times,
    SYS_uname,
    SYS_write,
    SYS_writev,
#ifdef __x86_64__
    SYS_access,
    SYS_arch_prctl,
    SYS_dup2,
    SYS_epoll_create,
    SYS_epoll_wait,
    SYS_eventfd,
    SYS_getdents,
    SYS_lstat,
    SYS_pipe,
    SYS_poll,
    SYS_readlink,
    SYS_select,
    SYS_stat,
    SYS_time,
#endif
};

/* Where it may write: what a program that keeps files does. */
static const int allowed_writing[] = {
    SYS_fallocate, SYS_fchmod,   SYS_fchmodat,  SYS_fdatasync, SYS_fsync,     SYS_ftruncate,
    SYS_linkat,    SYS_mkdirat,  SYS_renameat,  SYS_renameat2, SYS_symlinkat, SYS_sync_file_range,
    SYS_truncate,  SYS_unlinkat, SYS_utimensat,
#ifdef __x86_64__
    SYS_chmod,     SYS_link,     SYS_mkdir,     SYS_rename,    SYS_rmdir,     SYS_symlink,
    SYS_unlink,    SYS_utimes,
#endif
};

static const int allowed_network[] = {
    SYS_accept4,    SYS_bind,     SYS_connect,  SYS_getpeername, SYS_getsockname,
    SYS_getsockopt, SYS_recvmmsg, SYS_sendmmsg, SYS_setsockopt,  SYS_socketpair,
};

static void
put(struct program *p, struct sock_filter line)
{
    must(p->count < PROGRAM_MAX);
    p->code[p->count++] = line;
}

static void
put_load(struct program *p, size_t offset)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
put_verdict(struct program *p, uint32_t verdict)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* Skip SKIP lines unless the loaded word passes TEST (BPF_JEQ, BPF_JSET, BPF_JGE) with VALUE. */
static void
put_unless(struct program *p, uint16_t test, uint32_t value, uint8_t skip)
{
    put(p, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), value, 0, skip));
}

static uint32_t
failing(int error)
{
    return SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA);
}

static size_t
argument(unsigned index)
{
    return offsetof(struct seccomp_data, args) + 8 * (size_t)index;
}

static void
put_allowed(struct program *p, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_unless(p, BPF_JEQ, (uint32_t)calls[i], 1);
        put_verdict(p, SECCOMP_RET_ALLOW);
    }
}

/* CALL, decided by whether its argument INDEX passes TEST with VALUE. The call's number is loaded
 * again behind it. */
static void
put_by_argument(struct program *p, int call, unsigned index, uint16_t test, uint32_t value,
                uint32_t passes, uint32_t fails)
{
    put_unless(p, BPF_JEQ, (uint32_t)call, 4);
    put_load(p, argument(index));
    put_unless(p, test, value, 1);
    put_verdict(p, passes);
    put_verdict(p, fails);
}

/* CALL, allowed where its argument INDEX is one of VALUES. */
static void
put_one_of(struct program *p, int call, unsigned index, const uint32_t *values, uint8_t count)
{
    put_unless(p, BPF_JEQ, (uint32_t)call, (uint8_t)(2 + 2 * count));
    put_load(p, argument(index));
    for (uint8_t i = 0; i < count; i++) {
        put_unless(p, BPF_JEQ, values[i], 1);
        put_verdict(p, SECCOMP_RET_ALLOW);
    }
    put_verdict(p, failing(EPERM));
}

static void
put_head(struct program *p)
{
    put_load(p, offsetof(struct seccomp_data, arch));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0));
    put_verdict(p, SECCOMP_RET_KILL_PROCESS);
    put_load(p, offsetof(struct seccomp_data, nr));
    put_unless(p, BPF_JGE, OTHER_NUMBERS, 1);
    put_verdict(p, failing(ENOSYS));
}

static void
put_decided(struct program *p, const struct cage *cage)
{
    static const uint32_t names[] = {PR_SET_NAME, PR_GET_NAME, 0x53564d41 /* PR_SET_VMA */};
    static const uint32_t looks[] = {FIONBIO, FIONREAD};
    static const uint32_t families[] = {AF_INET, AF_INET6};
    const uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    bool writes = cage->write && cage->write[0];
    uint32_t opened = writes ? SECCOMP_RET_ALLOW : failing(EACCES);
    put_by_argument(p, SYS_clone, 0, BPF_JSET, CLONE_THREAD, SECCOMP_RET_ALLOW, failing(EPERM));
    put_by_argument(p, SYS_openat, 2, BPF_JSET, writing, opened, SECCOMP_RET_ALLOW);
#ifdef SYS_open
    put_by_argument(p, SYS_open, 1, BPF_JSET, writing, opened, SECCOMP_RET_ALLOW);
#endif
    /* Its own threads: what abort() and raise() call. */
    put_by_argument(p, SYS_tgkill, 0, BPF_JEQ, (uint32_t)getpid(), SECCOMP_RET_ALLOW,
                    failing(EPERM));
    /* Limits are read, not set; the upper half of a pointer to new ones is seldom 0, so both are
     * looked at. */
    put_unless(p, BPF_JEQ, SYS_prlimit64, 6);
    put_load(p, argument(2));
    put_unless(p, BPF_JEQ, 0, 3);
    put_load(p, argument(2) + 4);
    put_unless(p, BPF_JEQ, 0, 1);
    put_verdict(p, SECCOMP_RET_ALLOW);
    put_verdict(p, failing(EPERM));
    put_one_of(p, SYS_prctl, 0, names, 3);
    put_one_of(p, SYS_ioctl, 1, looks, 2);
    if (cage->network) {
        put_one_of(p, SYS_socket, 0, families, 2);
    }
}

static void
put_unknown(struct program *p)
{
    put_unless(p, BPF_JEQ, SYS_clone3, 1);
    put_verdict(p, failing(ENOSYS));
    put_verdict(p, failing(EPERM));
}

bool
cage_calls_hold(const struct cage *cage)
{
    struct program p = {.count = 0};
    put_head(&p);
    put_decided(&p, cage);
    put_allowed(&p, allowed, sizeof(allowed) / sizeof(*allowed));
    if (cage->write && cage->write[0]) {
        put_allowed(&p, allowed_writing, sizeof(allowed_writing) / sizeof(*allowed_writing));
    }
    if (cage->network) {
        put_allowed(&p, allowed_network, sizeof(allowed_network) / sizeof(*allowed_network));
    }
    put_unknown(&p);
    struct sock_fprog program = {p.count, p.code};
    return syscall(SYS_seccomp, SET_MODE_FILTER, 0, &program) == 0;
}

#else

bool
cage_calls_hold(const struct cage *cage)
{
    (void)cage;
    return false;
}

#endif
