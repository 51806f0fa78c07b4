#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugin/cage.h"
#include "plugin/cage_filter.h"
#include "plugin/cage_parts.h"

/* The filter of system calls.
 *
 * It is a list of what may be called; everything else fails with EPERM, as if the user had no right
 * to it, so that a library that tries and gives way goes on. The few calls whose arguments decide
 * come first.
 *
 * clone3() keeps its flags where a filter cannot see them: it "does not exist", and libc falls back
 * to clone(), which may make threads, and for a program processes, and nothing else.
 *
 * A program may make processes, but none that leaves its group (setsid, setpgid), which is how they
 * are all found at its end. */

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
enum { OTHER_NUMBERS = 0x40000000 }; /* the x32 calls: the same functions by other numbers */
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
enum { OTHER_NUMBERS = 0x40000000 };
#endif

#ifdef MACHINE

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

/* Where it may write: what a program that keeps files does. Landlock does not look at a file's
 * rights and times, nor its first versions at truncate(): these are only for what is open. */
static const int allowed_writing[] = {
    SYS_fallocate, SYS_fchmod,   SYS_fdatasync, SYS_fsync,     SYS_ftruncate,       SYS_linkat,
    SYS_mkdirat,   SYS_renameat, SYS_renameat2, SYS_symlinkat, SYS_sync_file_range, SYS_unlinkat,
#ifdef __x86_64__
    SYS_link,      SYS_mkdir,    SYS_rename,    SYS_rmdir,     SYS_symlink,         SYS_unlink,
#endif
};

static const int allowed_network[] = {
    SYS_accept4,    SYS_bind,     SYS_connect,  SYS_getpeername, SYS_getsockname,
    SYS_getsockopt, SYS_recvmmsg, SYS_sendmmsg, SYS_setsockopt,
};

/* A program, and the processes that it makes. */
static const int allowed_program[] = {
    SYS_capget,          SYS_chdir,         SYS_close_range,
    SYS_copy_file_range, SYS_execve,        SYS_fchdir,
    SYS_fgetxattr,       SYS_flistxattr,    SYS_getgroups,
    SYS_getitimer,       SYS_getpeername,   SYS_getpgid,
    SYS_getpriority,     SYS_getresgid,     SYS_getresuid,
    SYS_getrlimit,       SYS_getsid,        SYS_getsockname,
    SYS_getsockopt,      SYS_getxattr,      SYS_lgetxattr,
    SYS_listxattr,       SYS_llistxattr,    SYS_rt_sigsuspend,
    SYS_setitimer,       SYS_setsockopt,    SYS_splice,
    SYS_timer_create,    SYS_timer_delete,  SYS_timer_getoverrun,
    SYS_timer_gettime,   SYS_timer_settime, SYS_umask,
    SYS_wait4,           SYS_waitid,
#ifdef __x86_64__
    SYS_alarm,           SYS_fork,          SYS_getpgrp,
    SYS_pause,           SYS_vfork,
#endif
};

/* Signals to whom it likes: for a program whose signals Landlock keeps in. */
static const int allowed_signals[] = {SYS_kill, SYS_tgkill, SYS_tkill};

static void
put_head(struct filter *f)
{
    filter_load(f, offsetof(struct seccomp_data, arch));
    filter_put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0));
    filter_verdict(f, SECCOMP_RET_KILL_PROCESS);
    filter_load(f, offsetof(struct seccomp_data, nr));
    filter_unless(f, BPF_JGE, OTHER_NUMBERS, 1);
    filter_verdict(f, filter_failing(ENOSYS));
}

/* Opening a file. Flags that ask neither for reading nor for writing (both bits are set) make a
 * descriptor that Landlock does not look at. */
static void
put_open(struct filter *f, int call, unsigned flags, const struct cage *cage, unsigned held)
{
    const uint32_t modes = O_WRONLY | O_RDWR;
    bool writes = cage->write && cage->write[0];
    bool judged = writes || (cage->program && held & CAGE_PATHS);
    filter_unless(f, BPF_JEQ, (uint32_t)call, judged ? 9 : 8);
    filter_load(f, filter_argument(flags));
    filter_put(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, modes));
    filter_unless(f, BPF_JEQ, modes, 1);
    filter_verdict(f, filter_failing(EACCES));
    filter_load(f, filter_argument(flags));
    if (judged) {
        /* Who may write where is Landlock's word, whose first versions do not look at a file that
         * is cut while it is opened for reading. */
        filter_unless(f, BPF_JSET, O_TRUNC, 2);
        filter_put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, modes, 1, 0));
        filter_verdict(f, filter_failing(EACCES));
        filter_verdict(f, SECCOMP_RET_ALLOW);
    } else {
        filter_unless(f, BPF_JSET, modes | O_CREAT | O_TRUNC, 1);
        filter_verdict(f, filter_failing(EACCES));
        filter_verdict(f, SECCOMP_RET_ALLOW);
    }
}

/* Times of what is open: no path, both halves of the pointer. */
static void
put_times(struct filter *f)
{
    filter_unless(f, BPF_JEQ, SYS_utimensat, 6);
    filter_load(f, filter_argument(1));
    filter_unless(f, BPF_JEQ, 0, 3);
    filter_load(f, filter_argument(1) + 4);
    filter_unless(f, BPF_JEQ, 0, 1);
    filter_verdict(f, SECCOMP_RET_ALLOW);
    filter_verdict(f, filter_failing(EPERM));
}

/* Memory; but not such as is shared and of no file, which no limit of data counts. */
static void
put_memory(struct filter *f)
{
    const uint32_t kinds = MAP_SHARED | MAP_ANONYMOUS;
    filter_unless(f, BPF_JEQ, SYS_mmap, 5);
    filter_load(f, filter_argument(3));
    filter_put(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kinds));
    filter_unless(f, BPF_JEQ, kinds, 1);
    filter_verdict(f, filter_failing(ENOMEM));
    filter_verdict(f, SECCOMP_RET_ALLOW);
}

/* Limits are read, not set; the upper half of a pointer to new ones is seldom 0, so both are
 * looked at. */
static void
put_limits(struct filter *f)
{
    filter_unless(f, BPF_JEQ, SYS_prlimit64, 6);
    filter_load(f, filter_argument(2));
    filter_unless(f, BPF_JEQ, 0, 3);
    filter_load(f, filter_argument(2) + 4);
    filter_unless(f, BPF_JEQ, 0, 1);
    filter_verdict(f, SECCOMP_RET_ALLOW);
    filter_verdict(f, filter_failing(EPERM));
}

/* What is done with descriptors; but nobody is made their owner, who would get signals from them:
 * only the newest Landlock keeps these in. */
static void
put_descriptors(struct filter *f)
{
    static const uint32_t done[] = {
        F_DUPFD,        F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,     F_GETFL,
        F_SETFL,        F_GETLK,         F_SETLK,      F_SETLKW,    36 /* F_OFD_GETLK */,
        37 /* SETLK */, 38 /* SETLKW */, F_GETPIPE_SZ, F_GET_SEALS, F_ADD_SEALS,
    };
    filter_one_of(f, SYS_fcntl, 1, done, sizeof(done) / sizeof(*done));
}

/* A pair of sockets with nobody else on it, which event loops and pipes to children are made of.
 * Only streams: a pair of the other kind could be sent from to any name. */
static void
put_pair(struct filter *f)
{
    filter_unless(f, BPF_JEQ, SYS_socketpair, 7);
    filter_load(f, filter_argument(0));
    filter_unless(f, BPF_JEQ, AF_UNIX, 4);
    filter_load(f, filter_argument(1));
    filter_put(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
                                               ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK)));
    filter_unless(f, BPF_JEQ, SOCK_STREAM, 1);
    filter_verdict(f, SECCOMP_RET_ALLOW);
    filter_verdict(f, filter_failing(EPERM));
}

/* Its own threads, what abort() and raise() call, and for a program its own group. */
static void
put_signals(struct filter *f, const struct cage *cage, unsigned held)
{
    uint32_t self = (uint32_t)getpid();
    const uint32_t own[] = {0, self, -self};
    if (cage->program && held & HELD_SIGNALS) {
        filter_allow(f, allowed_signals, sizeof(allowed_signals) / sizeof(*allowed_signals));
        return;
    }
    filter_one_of(f, SYS_tgkill, 0, &self, 1);
    if (cage->program) {
        filter_one_of(f, SYS_kill, 0, own, 3);
    }
}

/* What only a program may, where an argument decides. */
static void
put_program(struct filter *f)
{
    static const uint32_t looks[] = {FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ};
    /* A world of its own, or a process that is not its own but its parent's. */
    const uint32_t apart = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                           CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PARENT |
                           CLONE_PTRACE | CLONE_UNTRACED;
    filter_by_argument(f, SYS_clone, 0, BPF_JSET, apart, filter_failing(EPERM), SECCOMP_RET_ALLOW);
    filter_one_of(f, SYS_ioctl, 1, looks, sizeof(looks) / sizeof(*looks));
}

static void
put_decided(struct filter *f, const struct cage *cage, unsigned held)
{
    static const uint32_t names[] = {PR_SET_NAME, PR_GET_NAME, 0x53564d41 /* PR_SET_VMA */};
    static const uint32_t looks[] = {FIONBIO, FIONREAD};
    static const uint32_t families[] = {AF_INET, AF_INET6};
    put_open(f, SYS_openat, 2, cage, held);
#ifdef SYS_open
    put_open(f, SYS_open, 1, cage, held);
#endif
    put_signals(f, cage, held);
    put_memory(f);
    put_limits(f);
    put_descriptors(f);
    if (cage->write && cage->write[0]) {
        put_times(f);
    }
    filter_one_of(f, SYS_prctl, 0, names, 3);
    if (cage->network) {
        filter_one_of(f, SYS_socket, 0, families, 2);
    }
    if (cage->network || cage->program) {
        put_pair(f);
    }
    if (cage->program) {
        put_program(f);
    } else {
        filter_by_argument(f, SYS_clone, 0, BPF_JSET, CLONE_THREAD, SECCOMP_RET_ALLOW,
                           filter_failing(EPERM));
        filter_one_of(f, SYS_ioctl, 1, looks, 2);
    }
}

static void
put_unknown(struct filter *f)
{
    filter_unless(f, BPF_JEQ, SYS_clone3, 1);
    filter_verdict(f, filter_failing(ENOSYS));
    filter_verdict(f, filter_failing(EPERM));
}

#define ALLOW(f, calls) filter_allow(f, calls, sizeof(calls) / sizeof(*(calls)))

bool
cage_calls_hold(const struct cage *cage, unsigned held)
{
    struct filter f = {.count = 0};
    put_head(&f);
    put_decided(&f, cage, held);
    ALLOW(&f, allowed);
    if (cage->write && cage->write[0]) {
        ALLOW(&f, allowed_writing);
    }
    if (cage->network) {
        ALLOW(&f, allowed_network);
    }
    if (cage->program) {
        ALLOW(&f, allowed_program);
    }
    put_unknown(&f);
    return filter_hold(&f);
}

#else

bool
cage_calls_hold(const struct cage *cage, unsigned held)
{
    (void)cage;
    (void)held;
    return false;
}

#endif
