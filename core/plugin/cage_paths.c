#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugin/cage.h"
#include "plugin/cage_parts.h"

/* Landlock, by its numbers: the headers of the systems we build on are older than the kernels we
 * run on. The rights grew with the interface's version, and a version refuses what it does not
 * know; so each is asked for from its version on.
 *
 * Starting programs (EXECUTE) is handled and granted to nobody but one who is to become a program.
 * It is not what mapping a library needs. */
enum {
    RIGHT_EXECUTE = 1 << 0,
    RIGHT_WRITE_FILE = 1 << 1,
    RIGHT_READ_FILE = 1 << 2,
    RIGHT_READ_DIR = 1 << 3,
    RIGHT_REMOVE_DIR = 1 << 4,
    RIGHT_REMOVE_FILE = 1 << 5,
    RIGHT_MAKE_DIR = 1 << 7,
    RIGHT_MAKE_REG = 1 << 8,
    RIGHT_MAKE_SYM = 1 << 12,
    RIGHT_REFER = 1 << 13,
    RIGHT_TRUNCATE = 1 << 14,
    RIGHTS_1 = (1 << 13) - 1, /* of version 1 */
    RIGHTS_2 = (1 << 14) - 1,
    RIGHTS_3 = (1 << 15) - 1,
    RIGHTS_5 = (1 << 16) - 1, /* and ioctl() on devices */
    RIGHTS_OF_FILES = RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_READ_FILE | RIGHT_TRUNCATE,
    RIGHTS_READ = RIGHT_READ_FILE | RIGHT_READ_DIR,
    RIGHTS_START = RIGHTS_READ | RIGHT_EXECUTE,
    RIGHTS_WRITE = RIGHTS_READ | RIGHT_WRITE_FILE | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE |
                   RIGHT_MAKE_DIR | RIGHT_MAKE_REG | RIGHT_MAKE_SYM | RIGHT_REFER | RIGHT_TRUNCATE,
    NET_ALL = 3,   /* bind and connect over TCP; version 4 */
    SCOPE_ALL = 3, /* abstract sockets and signals of others; version 6 */
    CALL_CREATE = 444,
    CALL_ADD = 445,
    CALL_HOLD = 446,
    CREATE_VERSION = 1,
    RULE_PATH_BENEATH = 1,
};

struct rules_attr {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

struct path_attr {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

/* What any program reads: its libraries, the time zone, noise. */
static const char *const common[] = {
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/dev/random",
    NULL,
};
/* And what finding and trusting a server needs. */
static const char *const common_network[] = {
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/services",
    "/etc/ssl",
    "/usr/share/ca-certificates",
    "/run/systemd/resolve",
    NULL,
};
/* What interpreters and shells are made of. Python and OpenSSL take it ill when a file of theirs is
 * there and cannot be opened. */
static const char *const common_programs[] = {
    "/bin",
    "/usr",
    NULL,
};
static const char *const common_settings[] = {
    "/etc/perl",
    "/etc/python3",
    "/etc/python3.9",
    "/etc/python3.10",
    "/etc/python3.11",
    "/etc/python3.12",
    "/etc/python3.13",
    "/etc/python3.14",
    "/etc/ssl/openssl.cnf",
    NULL,
};
static const char *const sinks[] = {"/dev/null", NULL};

static uint64_t
known_rights(long version)
{
    return version >= 5 ? RIGHTS_5 : version >= 3 ? RIGHTS_3 : version >= 2 ? RIGHTS_2 : RIGHTS_1;
}

/* 0 or an errno value. */
static int
allow(int rules, const char *path, uint64_t rights, uint64_t known)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int failed = fstat(fd, &st) == 0 ? 0 : errno;
    struct path_attr attr = {
        .allowed = rights & known & (S_ISDIR(st.st_mode) ? UINT64_MAX : RIGHTS_OF_FILES),
        .parent_fd = fd,
    };
    if (failed == 0 && syscall(CALL_ADD, rules, RULE_PATH_BENEATH, &attr, 0) != 0) {
        failed = errno;
    }
    (void)close(fd);
    return failed;
}

/* Those that are not there are passed over, unless an operator named them. */
static int
allow_all(int rules, const char *const *paths, uint64_t rights, uint64_t known, bool granted,
          struct err *err)
{
    for (size_t i = 0; paths && paths[i]; i++) {
        int failed = allow(rules, paths[i], rights, known);
        if (failed && granted) {
            (void)err_set_errno(err, failed, "open %s, which it was granted", paths[i]);
            err->code = failed == ENOENT ? ERR_NOTFOUND : ERR_IO;
            return err->code;
        }
    }
    return 0;
}

/* For one who becomes a program: it, what system folders hold, and what its folder holds. */
static int
fill_program(int rules, const struct cage *cage, uint64_t known, struct err *err)
{
    const char *const own[] = {cage->program, NULL};
    int result = allow_all(rules, common_programs, RIGHTS_START, known, false, err);
    if (result == 0) {
        result = allow_all(rules, common_settings, RIGHTS_READ, known, false, err);
    }
    if (result == 0) {
        result = allow_all(rules, sinks, RIGHT_WRITE_FILE | RIGHT_TRUNCATE, known, false, err);
    }
    return result < 0 ? result : allow_all(rules, own, RIGHTS_START, known, true, err);
}

static int
fill(int rules, const struct cage *cage, uint64_t known, struct err *err)
{
    const char *const own[] = {cage->folder, NULL};
    uint64_t rights = cage->program ? RIGHTS_START : RIGHTS_READ;
    int result = allow_all(rules, common, rights, known, false, err);
    if (result == 0 && cage->network) {
        result = allow_all(rules, common_network, RIGHTS_READ, known, false, err);
    }
    if (result == 0 && cage->program) {
        result = fill_program(rules, cage, known, err);
    }
    if (result == 0) {
        result = allow_all(rules, own, rights, known, true, err);
    }
    if (result == 0) {
        result = allow_all(rules, cage->read, RIGHTS_READ, known, true, err);
    }
    return result < 0 ? result : allow_all(rules, cage->write, RIGHTS_WRITE, known, true, err);
}

int
cage_paths_make(const struct cage *cage, int *ret_rules, struct err *err)
{
    long version = syscall(CALL_CREATE, NULL, 0, CREATE_VERSION);
    uint64_t known = known_rights(version);
    struct rules_attr attr = {
        .files = known,
        .net = version >= 4 && !cage->network ? NET_ALL : 0,
        .scoped = version >= 6 ? SCOPE_ALL : 0,
    };
    size_t size = version >= 6   ? sizeof(attr)
                  : version >= 4 ? offsetof(struct rules_attr, scoped)
                                 : offsetof(struct rules_attr, net);
    int rules = version < 1 ? -1 : (int)syscall(CALL_CREATE, &attr, size, 0);
    if (rules < 0) {
        *ret_rules = -1;
        return 0;
    }
    int result = fill(rules, cage, known, err);
    if (result < 0) {
        (void)close(rules);
        return result;
    }
    *ret_rules = rules;
    return 0;
}

bool
cage_paths_hold(int rules)
{
    bool held = syscall(CALL_HOLD, rules, 0) == 0;
    (void)close(rules);
    return held;
}

bool
cage_paths_signals(void)
{
    return syscall(CALL_CREATE, NULL, 0, CREATE_VERSION) >= 6;
}
