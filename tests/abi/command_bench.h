/* command_bench: tools that are programs, for a test: a folder with scripts, each a command in the
 * bench's registry. Included once by each test of commands. */
#ifndef ABI_COMMAND_BENCH_H
#define ABI_COMMAND_BENCH_H

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "plugin/cage.h"
#include "plugin/command.h"
#include "schema/schema.h"

enum { COMMANDS_MAX = 8 };

static const char *const no_paths[] = {NULL};

struct command_bench {
    struct bench bench;
    char dir[64]; /* others may look into it: a child of root's is somebody else */
    struct schema *schema;
    struct command_tool *commands[COMMANDS_MAX];
    size_t count;
};

static inline void
commands_init(struct command_bench *b)
{
    struct err err;
    memset(b, 0, sizeof(*b));
    bench_init(&b->bench);
    (void)snprintf(b->dir, sizeof(b->dir), "/tmp/deskhand-commands-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    assert_int_equal(chmod(b->dir, 0755), 0);
    assert_int_equal(schema_compile(STR("{\"type\":\"object\"}"), &b->schema, &err), 0);
}

static inline void
commands_done(struct command_bench *b)
{
    int status;
    tool_registry_free(b->bench.registry);
    b->bench.registry = NULL;
    for (size_t i = 0; i < b->count; i++) {
        command_free(b->commands[i]);
    }
    bench_done(&b->bench);
    schema_free(b->schema);
    const char *const argv[] = {"/bin/rm", "-rf", b->dir, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        (void)execv(argv[0], (char *const *)argv);
        _exit(1);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
}

/* The path of file NAME with TEXT in it. */
static inline const char *
commands_file(struct command_bench *b, const char *name, const char *text, mode_t mode)
{
    struct str path = arena_printf(&b->bench.arena, "%s/%s", b->dir, name);
    FILE *out = fopen(path.ptr, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0 && fclose(out) == 0);
    assert_int_equal(chmod(path.ptr, mode), 0);
    return path.ptr;
}

/* What a command has that nobody said anything about. */
static inline struct command_settings
commands_settings(struct command_bench *b, const char *name)
{
    return (struct command_settings){
        .def = {.name = str_c(name),
                .description = STR("a test's tool"),
                .schema_text = STR("{\"type\":\"object\"}"),
                .schema = b->schema,
                .timeout_ms = 20 * 1000,
                .untrusted = true},
        .env = no_paths,
        .dir = b->dir,
        .folder = b->dir,
        .cage = {.program = getenv("DESKHAND_TEST_HOST"), .memory = 256 * 1024 * 1024},
    };
}

/* SETTINGS with the program TEXT, a script. */
static inline struct command_tool *
commands_add(struct command_bench *b, struct command_settings settings, const char *text)
{
    struct err err;
    const char **argv = arena_zero(&b->bench.arena, 4, sizeof(*argv));
    argv[0] = commands_file(b, settings.def.name.ptr, text, 0755);
    argv[1] = "one";
    argv[2] = "two words";
    settings.argv = argv;
    if (command_new(b->bench.loop, &settings, b->bench.registry, &b->commands[b->count], &err) <
        0) {
        fail_msg("%s", err.message);
    }
    return b->commands[b->count++];
}

/* The parts of a cage that this system, or this build, does not have. */
static inline unsigned
commands_missing(struct command_bench *b)
{
    struct err err;
    unsigned missing = 0;
    struct command_tool *look = commands_add(b, commands_settings(b, "look"), "#!/bin/sh\n");
    if (command_probe(look, &missing, &err) < 0) {
        fail_msg("%s", err.message);
    }
    return missing;
}

#endif
