/* What a tool that is a program can reach, and what it cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command_bench.h"

/* The words of a failed call, or what came of it, as JSON. */
#define TRY                                                                                        \
    "#!/usr/bin/python3\nimport json, os, socket, subprocess, sys\n"                               \
    "def is_open(n):\n"                                                                            \
    "  try: return bool(os.fstat(n))\n"                                                            \
    "  except OSError: return False\n"                                                             \
    "def say(f):\n"                                                                                \
    "  try: seen = f()\n"                                                                          \
    "  except OSError as e: seen = 'refused: ' + e.strerror\n"                                     \
    "  json.dump(str(seen), sys.stdout)\n"                                                         \
    "say(lambda: "

static const struct {
    const char *name;
    const char *text;
    const char *seen;
    unsigned needs; /* parts of the cage that forbid it */
} reaches[] = {
    {"its environment is empty", TRY "{k for k in os.environ if k != 'LC_CTYPE'})", "\"set()\"", 0},
    {"no descriptor is ours", TRY "[n for n in range(3, 256) if is_open(n)])", "\"[]\"", 0},
    {"its own folder may be read", TRY "open(sys.path[0] + '/beside').read())", "\"beside it\"", 0},
    {"a granted one too", TRY "open(sys.path[0] + '-read/granted').read())", "\"granted\"", 0},
    {"what lies outside may not", TRY "open('/etc/passwd').read())", "refused", CAGE_PATHS},
    {"nor be listed", TRY "os.listdir('/'))", "refused", CAGE_PATHS},
    {"a granted folder may be written to", TRY "open(sys.path[0] + '-write/new', 'w').write('x'))",
     "\"1\"", 0},
    {"its own may not", TRY "open(sys.path[0] + '/new', 'w'))", "refused", CAGE_PATHS},
    {"a file read is not cut",
     TRY "os.open(sys.path[0] + '-read/granted', os.O_RDONLY | os.O_TRUNC))", "refused",
     CAGE_PATHS},
    {"nor opened in a way that asks for nothing",
     TRY "os.open(sys.path[0] + '-read/granted', os.O_WRONLY | os.O_RDWR))", "refused", CAGE_CALLS},
    {"no file's rights are changed by its name",
     TRY "[open(sys.path[0] + '-write/new', 'w'), os.chmod(sys.path[0] + '-write/new', 0o777)])",
     "refused", CAGE_CALLS},
    {"nor its times",
     TRY "[open(sys.path[0] + '-write/new', 'w'), os.utime(sys.path[0] + '-write/new')])",
     "refused", CAGE_CALLS},
    {"nor its length",
     TRY "[open(sys.path[0] + '-write/new', 'w'), os.truncate(sys.path[0] + '-write/new', 5)])",
     "refused", CAGE_CALLS},
    {"those of what is open are",
     TRY "(lambda n: [os.fchmod(n, 0o640), os.utime(n), os.truncate(n, 5)])"
         "(os.open(sys.path[0] + '-write/new', os.O_RDWR | os.O_CREAT)))",
     "[None, None, None]", 0},
    {"nothing is made outside", TRY "os.mkdir('/tmp/deskhand-command-was-here'))", "refused",
     CAGE_PATHS},
    {"no internet", TRY "socket.socket(socket.AF_INET))", "refused", CAGE_CALLS},
    {"no socket of this machine", TRY "socket.socket(socket.AF_UNIX))", "refused", CAGE_CALLS},
    {"no sockets that could send to any",
     TRY "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))", "refused", CAGE_CALLS},
    {"but a pair of its own", TRY "len(socket.socketpair()))", "\"2\"", 0},
    {"programs of the system run",
     TRY "subprocess.run(['sh', '-c', 'echo in | sed s/i/o/ 2>/dev/null'], capture_output=True,"
         "check=True).stdout)",
     "\"b'on\\\\n'\"", 0},
    {"programs of its folder run",
     TRY "subprocess.run([sys.path[0] + '/helper'], capture_output=True, check=True).stdout)",
     "\"b'helped\\\\n'\"", 0},
    {"others do not", TRY "subprocess.run([sys.path[0] + '-read/other']))", "refused", CAGE_PATHS},
    {"no group of its own", TRY "os.setsid())", "refused", CAGE_CALLS},
    {"no world of its own",
     TRY "subprocess.run(['unshare', '--user', 'true'], stderr=subprocess.DEVNULL).returncode)",
     "\"1\"", CAGE_CALLS},
    {"no signal to the desk", TRY "os.kill(os.getppid(), 0))", "refused", CAGE_CALLS},
    {"nor in the name of a pipe", TRY "__import__('fcntl').fcntl(1, 8, os.getppid()))", "refused",
     CAGE_CALLS},
    {"no core files", TRY "subprocess.run(['sh', '-c', 'ulimit -c'], capture_output=True).stdout)",
     "b'0\\\\n'", CAGE_LIMITS},
    {"memory ends",
     "#!/usr/bin/python3\ntry: x = bytearray(400 << 20)\n"
     "except MemoryError: print('\"none left\"')\nelse: print('\"enough\"')\n",
     "none left", CAGE_LIMITS},
    {"nor is there more that is shared", TRY "__import__('mmap').mmap(-1, 400 << 20))",
     "refused: Cannot allocate", CAGE_CALLS},
    {"processes end",
     "#!/usr/bin/python3\nimport os, sys\nn = 0\n"
     "try:\n"
     "  while n < 3000:\n"
     "    if os.fork() == 0: os.read(os.pipe()[0], 1)\n"
     "    n += 1\n"
     "except OSError: print('\"ended\"')\n",
     "ended", CAGE_LIMITS | CAGE_USER},
};

static const char *const *
one_path(struct command_bench *b, const char *suffix, mode_t mode)
{
    const char **paths = arena_zero(&b->bench.arena, 2, sizeof(*paths));
    paths[0] = arena_printf(&b->bench.arena, "%s%s", b->dir, suffix).ptr;
    assert_int_equal(mkdir(paths[0], 0700), 0);
    assert_int_equal(chmod(paths[0], mode), 0);
    return paths;
}

static void
remove_path(const char *path, const char *file)
{
    char name[200];
    (void)snprintf(name, sizeof(name), "%s/%s", path, file);
    (void)unlink(name);
    (void)rmdir(path);
}

static void
furnish(struct command_bench *b, struct command_settings *s)
{
    s->cage.read = one_path(b, "-read", 0755);
    s->cage.write = one_path(b, "-write", 0777);
    (void)commands_file(b, "beside", "beside it", 0644);
    (void)commands_file(b, "helper", "#!/bin/sh\necho helped\n", 0755);
    struct str dir = str_c(b->dir);
    struct str up = arena_printf(&b->bench.arena, "../%" STR_FMT "-read/granted",
                                 STR_ARG(str_sub(dir, 5, SIZE_MAX)));
    (void)commands_file(b, up.ptr, "granted", 0666);
    up = arena_printf(&b->bench.arena, "../%" STR_FMT "-read/other",
                      STR_ARG(str_sub(dir, 5, SIZE_MAX)));
    (void)commands_file(b, up.ptr, "#!/bin/sh\n", 0755);
}

static void
test_reaches(void **state)
{
    (void)state;
    struct command_bench probe;
    commands_init(&probe);
    unsigned missing = commands_missing(&probe);
    commands_done(&probe);
    for (size_t i = 0; i < sizeof(reaches) / sizeof(*reaches); i++) {
        struct command_bench b;
        if (reaches[i].needs & missing) {
            print_message("skip: %s: this system lacks a part of the cage\n", reaches[i].name);
            continue;
        }
        commands_init(&b);
        struct command_settings s = commands_settings(&b, "tool");
        furnish(&b, &s);
        (void)commands_add(&b, s, reaches[i].text);
        const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
        struct str text = r->status == TOOL_OK ? r->json : r->message;
        if (r->status != TOOL_OK || str_find(text, str_c(reaches[i].seen), 0) == SIZE_MAX) {
            fail_msg("%s: %" STR_FMT, reaches[i].name, STR_ARG(text));
        }
        remove_path(s.cage.write[0], "new");
        remove_path(s.cage.read[0], "other");
        remove_path(s.cage.read[0], "granted");
        commands_done(&b);
    }
}

/* Nothing but what it is given, which our own process never has. */
static void
test_environment(void **state)
{
    (void)state;
    static const char *const env[] = {"PATH=/usr/bin:/bin", "LD_PRELOAD=/no/such.so",
                                      "EMPTY=", NULL};
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.env = env;
    (void)commands_add(&b, s,
                       "#!/usr/bin/python3\nimport json, os\n"
                       "print(json.dumps([k + '=' + v for k, v in os.environ.items()]))");
    const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
    assert_int_equal(r->status, TOOL_OK);
    assert_contains(r->json, "[\"PATH=/usr/bin:/bin\", \"LD_PRELOAD=/no/such.so\", \"EMPTY=\"");
    assert_null(getenv("EMPTY"));
    commands_done(&b);
}

static void
test_network(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.cage.network = true;
    (void)commands_add(&b, s, TRY "socket.socket(socket.AF_INET).fileno() > 2)");
    assert_contains(bench_run(&b.bench, "tool", "{}")->json, "True");
    commands_done(&b);
}

/* Without a part of its cage it works as far as it can, and that is said. */
static void
test_less_of_a_cage(void **state)
{
    (void)state;
    for (unsigned part = 1; part <= CAGE_ALL; part <<= 1) {
        struct command_bench b;
        struct err err;
        unsigned missing = 0;
        commands_init(&b);
        struct command_settings s = commands_settings(&b, "tool");
        s.cage.without = part;
        struct command_tool *c = commands_add(&b, s, "#!/bin/sh\necho 1 2>/dev/null\n");
        assert_int_equal(command_probe(c, &missing, &err), 0);
        assert_true(missing & part);
        const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
        /* Who may write where is Landlock's word; without it nobody may. */
        if (part == CAGE_PATHS && r->status != TOOL_OK) {
            assert_contains(r->error_code, "failed");
        } else {
            assert_int_equal(r->status, TOOL_OK);
        }
        commands_done(&b);
    }
}

/* When memory runs out, the kernel is to end it before the desk. */
static void
test_first_to_go(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.cage.without = CAGE_PATHS; /* to see it */
    (void)commands_add(&b, s, TRY "open('/proc/self/oom_score_adj').read())");
    assert_contains(bench_run(&b.bench, "tool", "{}")->json, "1000");
    commands_done(&b);
}

static void
test_probe_says_why_not(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        const char *words;
    } cases[] = {{0644, "may not read and execute it"}, {0700, "may not read and execute it"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct command_bench b;
        struct err err;
        unsigned missing = 0;
        commands_init(&b);
        struct command_settings s = commands_settings(&b, "tool");
        struct command_tool *c = commands_add(&b, s, "#!/bin/sh\necho 1\n");
        (void)commands_file(&b, "tool", "#!/bin/sh\necho 1\n", cases[i].mode);
        if (geteuid() == 0 || !(cases[i].mode & S_IXUSR)) {
            assert_int_equal(command_probe(c, &missing, &err), ERR_PLUGIN);
            assert_non_null(strstr(err.message, cases[i].words));
        }
        commands_done(&b);
    }
}

static void
test_grants_that_are_not_there(void **state)
{
    (void)state;
    static const char *const nowhere[] = {"/nowhere/at/all", NULL};
    struct command_bench b;
    struct err err;
    unsigned missing = 0;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.cage.read = nowhere;
    struct command_tool *c = commands_add(&b, s, "#!/bin/sh\necho 1\n");
    assert_int_equal(command_probe(c, &missing, &err), ERR_PLUGIN);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    assert_contains(bench_run(&b.bench, "tool", "{}")->error_code, "unavailable");
    commands_done(&b);
}

int
main(void)
{
    (void)alarm(300);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reaches),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_less_of_a_cage),
        cmocka_unit_test(test_first_to_go),
        cmocka_unit_test(test_probe_says_why_not),
        cmocka_unit_test(test_grants_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
