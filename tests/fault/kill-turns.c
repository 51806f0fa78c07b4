/* kill-turns: the kill test of the engine. A process works through a scenario and is killed, as
 * kill -9 would, at the first point of base/fault.h, then another at the second, and so on until
 * one comes through: before and after every commit, around every tool call and its effect, at the
 * process' lock file. After each, a fresh process goes on with the same desk and looks whether all
 * that was promised holds (verify.h).
 *
 *     kill-turns                        all of it; a line a scenario
 *     kill-turns work SCENARIO FOLDER   the process that is killed (DESKHAND_FAULT=kill:N)
 *     kill-turns look SCENARIO FOLDER   the one that looks; RECOVER=1: recovers at its start, as
 *                                       `deskhand ask` does, else by its next message */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "fault_desk.h"
#include "verify.h"

enum { POINTS_MAX = 2000, PATH_BYTES = 1024, MESSAGES = 2 };

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"

/* The scripts read better as they are. */
/* clang-format off */
static const struct scenario {
    const char *name;
    const char *script;
    const char *outcomes[MESSAGES];
    unsigned cancel_at; /* the so-many-th tool that finished; 0: never */
    const char *says;   /* as the second message; NULL: "message 2" */
    bool again;         /* who looks has the same script */
} scenarios[] = {
    {"parallel tools",
     "[{\"calls\":[" CALL("look", "{\"ms\":6}") "," CALL("look", "{\"ms\":1}") ","
     CALL("look", "{\"ms\":3}") "," CALL("nosuch", "{}") "]},{\"text\":\"three looked up\"}]",
     {"answered", "answered"}, 0, NULL, false},
    {"a write tool",
     "[{\"text\":\"one moment\",\"calls\":[" CALL("append", "{\"ms\":1}") ","
     CALL("look", "{\"ms\":2}") "," CALL("append", "{}") "]},{\"text\":\"two written\"}]",
     {"answered", "answered"}, 0, NULL, false},
    {"a hand-over",
     "[{\"calls\":[" CALL("append", "{}") ","
     CALL("escalate_to_human", "{\"reason\":\"angry\",\"priority\":\"high\"}") ","
     CALL("look", "{\"ms\":4}") "]}]",
     {"handed_over", "with_human"}, 0, NULL, false},
    {"a cancel",
     "[{\"calls\":[" CALL("look", "{\"ms\":1}") "," CALL("append", "{\"ms\":4}") ","
     CALL("look", "{\"ms\":40}") "," CALL("append", "{\"ms\":40}") "]},{\"text\":\"never said\"}]",
     {"canceled", "canceled"}, 2, NULL, false},
    {"many rounds",
     "[{\"calls\":[" CALL("look", "{\"q\":\"1\"}") "]},"
     "{\"text\":\"still at it\",\"calls\":[" CALL("append", "{\"q\":\"2\"}") "]},"
     "{\"calls\":[" CALL("look", "{\"q\":\"3\"}") "," CALL("append", "{\"q\":\"3\"}") "]},"
     "{\"calls\":[" CALL("look", "{\"q\":\"4\"}") "]},"
     "{\"calls\":[" CALL("append", "{\"q\":\"5\"}") "]},{\"text\":\"at last\"}]",
     {"answered", "answered"}, 0, NULL, false},
    {"a question and its yes",
     "[{\"text\":\"I did\",\"calls\":[" CALL("cancel", "{\"ms\":1}") ","
     CALL("look", "{}") "]},{\"text\":\"gone\"}]",
     {"answered", "answered"}, 0, "yes", true},
};
/* clang-format on */
enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

/* ---- The process that is killed --------------------------------------------------------------*/

struct work {
    const struct scenario *scenario;
    const char *folder;
};

static void
on_event(struct fault_talk *t, const char *name)
{
    const struct work *w = t->arg;
    fault_talk_acknowledge(t, name, w->folder);
    if (strcmp(name, "finished") == 0 && t->tools_finished == w->scenario->cancel_at) {
        engine_cancel(t->desk->engine, t->id);
    }
}

static int
work_messages(struct fault_desk *d, struct work *w, struct err *err)
{
    struct str conversation = {0};
    int result = 0;
    for (int i = 0; result == 0 && i < MESSAGES; i++) {
        char text[32];
        struct fault_talk t = {.event = on_event, .arg = w};
        (void)snprintf(text, sizeof(text), "message %d", i + 1);
        if (i > 0 && w->scenario->says) {
            (void)snprintf(text, sizeof(text), "%s", w->scenario->says);
        }
        result = fault_talk_say(&t, d, conversation, text, err);
        conversation = t.conversation;
        if (result == 0 && !str_eq_c(t.outcome, w->scenario->outcomes[i])) {
            return err_set(err, ERR_BUG, "%s: ended as %s: %s", text, t.outcome.ptr, t.reason.ptr);
        }
    }
    return result;
}

static int
work(const struct scenario *scenario, const char *folder, struct err *err)
{
    struct fault_desk d;
    struct work w = {scenario, folder};
    struct fault_desk_options options = {.folder = folder, .script = scenario->script};
    int result = fault_desk_open(&d, &options, err);
    if (result == 0) {
        result = work_messages(&d, &w, err);
        fault_desk_close(&d);
    }
    return result;
}

/* ---- The process that looks ------------------------------------------------------------------*/

struct ids {
    struct arena arena;
    struct conversation_row *rows;
    size_t count;
};

static int
list_conversations(struct store_tx *tx, void *arg, struct err *err)
{
    struct ids *ids = arg;
    struct conversation_filter all = {0};
    return store_conversation_list(tx, &all, &ids->arena, &ids->rows, &ids->count, err);
}

/* Every conversation takes its next message, and a new one begins. */
static int
go_on(struct fault_desk *d, const struct ids *ids, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i <= ids->count; i++) {
        struct fault_talk t = {0};
        bool known = i < ids->count;
        struct str id = known ? ids->rows[i].id : (struct str){0};
        bool bots = !known || str_eq(ids->rows[i].owner, OWNER_BOT);
        result = fault_talk_say(&t, d, id, "and now", err);
        if (result == 0 && !str_eq_c(t.outcome, bots ? "answered" : "with_human")) {
            return err_set(err, ERR_INVALID, "the next message ended as %s: %s", t.outcome.ptr,
                           t.reason.ptr);
        }
    }
    return result;
}

static int
look(const struct scenario *scenario, const char *folder, struct err *err)
{
    struct fault_desk d;
    struct ids ids = {0};
    size_t effects = verify_lines(folder, "effects");
    struct fault_desk_options options = {
        .folder = folder,
        .script = scenario->again ? scenario->script : "[{\"text\":\"going on\"}]",
        .recover = getenv("RECOVER")};
    int result = fault_desk_open(&d, &options, err);
    if (result < 0) {
        return result;
    }
    result = store_read_wait(d.store, list_conversations, &ids, err);
    if (result == 0 && options.recover) {
        result = verify_desk(d.store, folder, err);
    }
    if (result == 0) {
        result = go_on(&d, &ids, err);
    }
    if (result == 0) {
        result = verify_desk(d.store, folder, err);
    }
    if (result == 0 && verify_lines(folder, "effects") != effects) {
        result = err_set(err, ERR_INVALID, "an effect came after the recovery: %zu, now %zu",
                         effects, verify_lines(folder, "effects"));
    }
    arena_done(&ids.arena);
    fault_desk_close(&d);
    return result;
}

/* ---- The test --------------------------------------------------------------------------------*/

/* Run this program as ROLE; its wait status. */
static int
run(const char *role, const struct scenario *scenario, const char *folder, const char *variable,
    const char *value)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        char *args[] = {"kill-turns", (char *)role, (char *)scenario->name, (char *)folder, NULL};
        if (variable) {
            (void)setenv(variable, value, 1);
        }
        (void)execv("/proc/self/exe", args);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* 1: the process was killed at point N and what it left is right; 0: it came through, and that is
 * right too; -1: neither. */
static int
kill_at(const struct scenario *scenario, const char *folder, int n)
{
    char fault[32];
    struct err err = {0};
    (void)snprintf(fault, sizeof(fault), "kill:%d", n);
    if (fault_folder_fresh(folder, &err) < 0) {
        (void)fprintf(stderr, "kill-turns: %s\n", err.message);
        return -1;
    }
    int status = run("work", scenario, folder, "DESKHAND_FAULT", fault);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (!killed && status != 0) {
        (void)fprintf(stderr, "kill-turns: %s, point %d: the process failed: status %d\n",
                      scenario->name, n, status);
        return -1;
    }
    status = run("look", scenario, folder, n % 2 ? "RECOVER" : NULL, "1");
    if (status != 0) {
        (void)fprintf(stderr, "kill-turns: %s, point %d: see above\n", scenario->name, n);
        return -1;
    }
    return killed;
}

static int
kill_everywhere(const struct scenario *scenario, const char *folder)
{
    for (int n = 1; n < POINTS_MAX; n++) {
        int result = kill_at(scenario, folder, n);
        if (result <= 0) {
            (void)printf(result == 0 ? "ok kill -9 in %s: %d points\n"
                                     : "not ok kill -9 in %s: point %d\n",
                         scenario->name, result == 0 ? n - 1 : n);
            return result == 0 ? n - 1 : -1;
        }
    }
    (void)printf("not ok kill -9 in %s: it never ends\n", scenario->name);
    return -1;
}

static int
test(void)
{
    char scratch[PATH_BYTES];
    char folder[PATH_BYTES + 8];
    struct err err = {0};
    int points = 0;
    int failed = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (fault_scratch_make(scratch, sizeof(scratch), "kill-turns", &err) < 0) {
        (void)fprintf(stderr, "kill-turns: %s\n", err.message);
        return 1;
    }
    (void)snprintf(folder, sizeof(folder), "%s/desk", scratch);
    for (size_t i = 0; i < SCENARIOS; i++) {
        int found = kill_everywhere(&scenarios[i], folder);
        points += found > 0 ? found : 0;
        failed += found <= 0;
    }
    fault_scratch_remove(scratch);
    (void)printf("kill points: %d over %d scenarios\n", points, SCENARIOS);
    return failed ? 1 : 0;
}

int
main(int argc, char **argv)
{
    struct err err = {0};
    const struct scenario *scenario = NULL;
    const char *fault = getenv("DESKHAND_FAULT");
    if (argc == 1) {
        return test();
    }
    for (size_t i = 0; argc == 4 && i < SCENARIOS; i++) {
        scenario = strcmp(argv[2], scenarios[i].name) == 0 ? &scenarios[i] : scenario;
    }
    if (!scenario || (fault && !fault_configure(str_c(fault)))) {
        (void)fprintf(stderr, "usage: kill-turns [work|look SCENARIO FOLDER]\n");
        return 2;
    }
    int result = strcmp(argv[1], "work") == 0 ? work(scenario, argv[3], &err)
                                                : look(scenario, argv[3], &err);
    if (result != 0) {
        (void)fprintf(stderr, "kill-turns: %s: %s\n", argv[1], err.message);
    }
    return result == 0 ? 0 : 1;
}
