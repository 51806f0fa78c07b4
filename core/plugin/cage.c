#include "plugin/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "plugin/cage_parts.h"

/* The parts that this build has to do without, whatever the kernel offers. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif
#ifdef SANITIZED
enum { BUILT_WITHOUT = CAGE_LIMITS | CAGE_CALLS };
#else
enum { BUILT_WITHOUT = 0 };
#endif

enum {
    /* Of all its life: what spins is ended by its call's deadline long before. */
    PROCESSOR_SECONDS = 3600,
    FILES = 256,
    FILE_BYTES = 256 * 1024 * 1024, /* of one file, where it may write at all */
    /* Counts the user's, not the child's: this binds where the filter of calls is missing, and
     * must not bind an honest user with many threads. */
    PROCESSES = 4096,
    /* A program may make processes: that many more than the whole system has at its start. Of all
     * users, for that is what can be had; so those that are there never count against it. */
    MORE_PROCESSES = 256,
    /* Libraries, stacks and arenas take address space that no data is in; interpreters that
     * translate to machine code set aside a great deal more. */
    SPACE_FACTOR = 4,
    SPACE_FACTOR_PROGRAM = 256,
};

static bool
limit(int what, uint64_t most)
{
    struct rlimit now;
    if (getrlimit(what, &now) != 0) {
        return false;
    }
    rlim_t wanted = now.rlim_max == RLIM_INFINITY || most < now.rlim_max ? most : now.rlim_max;
    struct rlimit l = {wanted, wanted};
    return setrlimit(what, &l) == 0;
}

/* Threads and processes that there are: the number behind the slash of
 * "0.42 0.59 0.84 1/95 22176". PROCESSES where it cannot be known. */
static uint64_t
processes(void)
{
    char text[128];
    int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));
    struct str rest = {text, got > 0 ? (size_t)got : 0};
    struct str part;
    int64_t count = 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    bool found = str_split(&rest, '/', &part) && str_split(&rest, ' ', &part) &&
                 str_to_i64(part, &count) && count > 0;
    return found ? (uint64_t)count : PROCESSES;
}

static bool
hold_limits(const struct cage *cage)
{
    bool writes = cage->write && cage->write[0];
    uint64_t space = cage->program ? SPACE_FACTOR_PROGRAM : SPACE_FACTOR;
    uint64_t most = cage->program ? processes() + MORE_PROCESSES : PROCESSES;
    bool held = limit(RLIMIT_DATA, (uint64_t)cage->memory);
    held = limit(RLIMIT_AS, (uint64_t)cage->memory * space) && held;
    held = limit(RLIMIT_CPU, PROCESSOR_SECONDS) && held;
    held = limit(RLIMIT_NOFILE, FILES) && held;
    held = limit(RLIMIT_NPROC, most) && held;
    held = limit(RLIMIT_FSIZE, writes ? FILE_BYTES : 0) && held;
    return limit(RLIMIT_CORE, 0) && held;
}

/* When memory runs out the kernel is to end this one, not a desk that answers customers. Not a part
 * of the cage: where it cannot be had, as little is lost as can be. */
static void
go_first(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1000", 4);
        (void)close(fd);
    }
}

/* Root's own limits do not bind root. */
static bool
drop_user(void)
{
    if (geteuid() != 0 && getuid() != 0) {
        return true;
    }
    return setgroups(0, NULL) == 0 && setresgid(CAGE_NOBODY, CAGE_NOBODY, CAGE_NOBODY) == 0 &&
           setresuid(CAGE_NOBODY, CAGE_NOBODY, CAGE_NOBODY) == 0;
}

unsigned
cage_built_without(void)
{
    return BUILT_WITHOUT;
}

int
cage_enter(const struct cage *cage, unsigned *ret_missing, struct err *err)
{
    unsigned without = cage->without | BUILT_WITHOUT;
    unsigned missing = without;
    int rules = -1;
    if (!(without & CAGE_PATHS) && cage_paths_make(cage, &rules, err) < 0) {
        return err->code;
    }
    go_first();
    if (without & CAGE_PRIVILEGES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        missing |= CAGE_PRIVILEGES;
    }
    if (without & CAGE_LIMITS || !hold_limits(cage)) {
        missing |= CAGE_LIMITS;
    }
    if (without & CAGE_USER || !drop_user()) {
        missing |= CAGE_USER;
    }
    if (rules < 0 || !cage_paths_hold(rules)) {
        missing |= CAGE_PATHS;
    }
    unsigned held = ~missing & CAGE_PATHS;
    held |= held && cage_paths_signals() ? HELD_SIGNALS : 0;
    /* A change of user takes it back, so it comes behind. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return err_set_errno(err, errno, "ask for a signal at the parent's end");
    }
    if (without & CAGE_CALLS || !cage_calls_hold(cage, held)) {
        missing |= CAGE_CALLS;
    }
    *ret_missing = missing;
    return 0;
}

bool
cage_holds(struct str folder, struct str private)
{
    bool root = str_eq_c(folder, "/");
    return private.len > 0 && folder.len > 0 && str_starts(private, folder) &&
           (root || private.len == folder.len || private.ptr[folder.len] == '/');
}

struct str
cage_part_name(unsigned part)
{
    switch (part) {
    case CAGE_PRIVILEGES:
        return STR("no_new_privs");
    case CAGE_USER:
        return STR("another user");
    case CAGE_LIMITS:
        return STR("limits");
    case CAGE_PATHS:
        return STR("Landlock");
    case CAGE_CALLS:
        return STR("seccomp");
    default:
        return (struct str){0};
    }
}

struct str
cage_part_loss(unsigned part)
{
    switch (part) {
    case CAGE_PRIVILEGES:
        return STR("it could start programs that give it more rights");
    case CAGE_USER:
        return STR("it stays root");
    case CAGE_LIMITS:
        return STR("it may use memory, processor and files without limit");
    case CAGE_PATHS:
        return STR("it can read every file that its user can, and change them where it may write");
    case CAGE_CALLS:
        return STR("it can start processes and open sockets");
    default:
        return (struct str){0};
    }
}
