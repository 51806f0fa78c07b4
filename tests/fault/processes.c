/* processes: several processes at work on one desk, for real. While a slow tool runs in one, others
 * report on the desk, write in the same conversation, take it over, or recover what the dead left;
 * one is stopped, one is killed. Nothing may be closed, lost or doubled. A line a case, with what
 * was measured. The processes are this program in the roles of process_roles.h. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fault_desk.h"
#include "process_child.h"
#include "process_roles.h"
#include "verify.h"

enum { PATH_BYTES = 1024, PATIENCE_MS = 20000, SOON_MS = 500 };

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"
#define SLOW_WRITE(ms)                                                                             \
    "[{\"calls\":[" CALL("append", "{\"ms\":" ms "}") "]},{\"text\":\"first answer\"}]"
#define ANSWER "[{\"text\":\"second answer\"}]"
#define STREAM "[{\"text\":\"I think that it is\",\"chunks\":3,\"hang\":true}]"

struct suite {
    const char *folder;
    char conversation[64]; /* opened by every case's first message, "hello" */
    int failed;
};

static void
sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    (void)nanosleep(&time, NULL);
}

/* ---- Judging ---------------------------------------------------------------------------------*/

static void __attribute__((format(printf, 3, 4)))
judge(struct suite *s, bool good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)printf(good ? "ok " : "not ok ");
    (void)vprintf(format, args);
    (void)printf("\n");
    va_end(args);
    s->failed += !good;
}

static bool
same(const char *what, const struct buf *got, const char *want)
{
    if (str_eq_c(buf_str(got), want)) {
        return true;
    }
    (void)fprintf(stderr, "processes: %s: want %s, got %s\n", what, want,
                  got->text ? got->text : "");
    return false;
}

/* What the record must hold after the greeting's exchange, and that it is sound. */
static bool
recorded(struct suite *s, const char *messages, const char *calls, const char *turns)
{
    struct err err = {0};
    char wanted[PATH_BYTES];
    char wanted_turns[PATH_BYTES];
    struct glance g = {.conversation = s->conversation};
    struct store_options options = {.path = str_c(s->folder)};
    AUTO(store) struct store *store = NULL;
    (void)snprintf(wanted, sizeof(wanted), "customer:hello|bot:second answer%s", messages);
    (void)snprintf(wanted_turns, sizeof(wanted_turns), "answered %s", turns);
    int result = glance_take(&g, s->folder, &err);
    bool good = result == 0 && same("messages", &g.messages, wanted) &&
                same("calls", &g.calls, calls) && same("turns", &g.turns, wanted_turns);
    glance_done(&g);
    if (result == 0) {
        result = store_open_sqlite(&options, NULL, &store, &err);
    }
    if (result == 0) {
        result = verify_desk(store, s->folder, &err);
    }
    if (result < 0) {
        (void)fprintf(stderr, "processes: %s\n", err.message);
    }
    return good && result == 0;
}

/* A fresh desk with one conversation in it. */
static bool
begin(struct suite *s)
{
    struct child first;
    struct err err = {0};
    struct glance g = {0};
    if (fault_folder_fresh(s->folder, &err) < 0) {
        return false;
    }
    child_start(&first, "ask", s->folder, "", ANSWER, "hello");
    bool good = child_end(&first, 0) && glance_take(&g, s->folder, &err) == 0;
    (void)snprintf(s->conversation, sizeof(s->conversation), "%s", g.found);
    glance_done(&g);
    return good;
}

static void
ask(struct suite *s, struct child *c, const char *script, const char *text)
{
    child_start(c, "ask", s->folder, s->conversation, script, text);
}

/* ---- Cases -----------------------------------------------------------------------------------*/

static void
test_others_while_a_tool_runs(struct suite *s)
{
    struct child a, b, report, recover;
    char closed[CHILD_LINE] = "";
    ask(s, &a, SLOW_WRITE("1200"), "first");
    bool good = child_await(&a, "tool", NULL, PATIENCE_MS) > 0;
    child_start(&report, "report", s->folder, NULL, NULL, NULL);
    ask(s, &b, ANSWER, "second");
    child_start(&recover, "recover", s->folder, NULL, NULL, NULL);
    int64_t recovered = child_await(&recover, "recovered", closed, PATIENCE_MS);
    int64_t first_done = child_await(&a, "done", NULL, PATIENCE_MS);
    int64_t second_started = child_await(&b, "started", NULL, PATIENCE_MS);
    good = good && child_await(&b, "done", NULL, PATIENCE_MS) > 0 &&
           child_await(&report, "reported", NULL, PATIENCE_MS) > 0;
    good = child_end(&a, 0) && good;
    good = child_end(&b, 0) && good;
    good = child_end(&report, 0) && child_end(&recover, 0) && good;
    judge(s, good && recovered < first_done && strcmp(closed, "0") == 0,
          "a report and a recovery beside a running tool close nothing");
    judge(s,
          good && second_started >= first_done &&
              recorded(s,
                       "|customer:first|bot:|tool:|bot:first answer|customer:second|"
                       "bot:second answer",
                       "ok", "answered answered") &&
              verify_lines(s->folder, "effects") == 1,
          "a second message waits for the first one's tool (%lld ms after its end)",
          (long long)(second_started - first_done));
}

static void
test_a_takeover_stops_the_stream(struct suite *s)
{
    struct child a, b, claim;
    char outcome[CHILD_LINE] = "";
    ask(s, &a, STREAM, "first");
    bool good = child_await(&a, "text", NULL, PATIENCE_MS) > 0;
    child_start(&claim, "claim", s->folder, s->conversation, NULL, NULL);
    int64_t claimed = child_await(&claim, "claimed", NULL, PATIENCE_MS);
    int64_t retracted = child_await(&a, "retracted", NULL, PATIENCE_MS);
    good = good && child_await(&a, "done", outcome, PATIENCE_MS) > 0;
    good = child_end(&claim, 0) && child_end(&a, 0) && good;
    ask(s, &b, ANSWER, "second");
    good = child_end(&b, 0) && good && strcmp(outcome, "with_human") == 0;
    judge(s,
          good && retracted > 0 && retracted - claimed <= SOON_MS &&
              recorded(s, "|customer:first|bot*:I think that it is|customer:second", "",
                       "taken_over"),
          "a takeover by another process retracts the stream (%lld ms)",
          (long long)(retracted - claimed));
}

static void
test_a_takeover_while_a_tool_runs(struct suite *s)
{
    struct child a, claim;
    char outcome[CHILD_LINE] = "";
    ask(s, &a, SLOW_WRITE("5000"), "first");
    bool good = child_await(&a, "tool", NULL, PATIENCE_MS) > 0;
    child_start(&claim, "claim", s->folder, s->conversation, NULL, NULL);
    int64_t claimed = child_await(&claim, "claimed", NULL, PATIENCE_MS);
    int64_t done = child_await(&a, "done", outcome, PATIENCE_MS);
    good = child_end(&claim, 0) && child_end(&a, 0) && good && strcmp(outcome, "with_human") == 0;
    judge(s,
          good && done > 0 && done - claimed <= SOON_MS &&
              recorded(s, "|customer:first|bot:|tool:", "unknown", "taken_over") &&
              verify_lines(s->folder, "effects") == 0,
          "a takeover by another process gives a slow tool up (%lld ms)",
          (long long)(done - claimed));
}

/* Stopped is not dead: its lock is held, its turn is its own. */
static void
test_a_stopped_process_is_waited_for(struct suite *s)
{
    struct child a, b, recover;
    char closed[CHILD_LINE] = "";
    ask(s, &a, SLOW_WRITE("300"), "first");
    bool good = child_await(&a, "tool", NULL, PATIENCE_MS) > 0;
    (void)kill(a.pid, SIGSTOP);
    child_start(&recover, "recover", s->folder, NULL, NULL, NULL);
    good = child_await(&recover, "recovered", closed, PATIENCE_MS) > 0 && good;
    good = child_end(&recover, 0) && strcmp(closed, "0") == 0 && good;
    ask(s, &b, ANSWER, "second");
    bool early = child_await(&b, "started", NULL, 1000) > 0;
    (void)kill(a.pid, SIGCONT);
    good = child_await(&a, "done", NULL, PATIENCE_MS) > 0 && good;
    good = child_await(&b, "done", NULL, PATIENCE_MS) > 0 && good;
    good = child_end(&a, 0) && child_end(&b, 0) && good;
    judge(s,
          good && !early &&
              recorded(s,
                       "|customer:first|bot:|tool:|bot:first answer|customer:second|"
                       "bot:second answer",
                       "ok", "answered answered"),
          "a stopped process is not recovered, and goes on");
}

static void
test_a_killed_process_is_recovered(struct suite *s)
{
    struct child a, b;
    ask(s, &a, SLOW_WRITE("60000"), "first");
    bool good = child_await(&a, "tool", NULL, PATIENCE_MS) > 0;
    (void)kill(a.pid, SIGSTOP);
    ask(s, &b, ANSWER, "second");
    bool early = child_await(&b, "started", NULL, 700) > 0;
    int64_t killed = clock_mono_ms(clock_real());
    (void)kill(a.pid, SIGKILL);
    int64_t started = child_await(&b, "started", NULL, PATIENCE_MS);
    good = child_end(&a, SIGKILL) && good;
    good = child_end(&b, 0) && good;
    judge(s,
          good && !early && started > 0 && started - killed <= SOON_MS &&
              recorded(s, "|customer:first|bot:|tool:|customer:second|bot:second answer", "unknown",
                       "crashed answered") &&
              verify_lines(s->folder, "effects") == 0,
          "a killed process is recovered by who waits for it (%lld ms)",
          (long long)(started - killed));
}

static void
test_commits_of_others_are_seen(struct suite *s)
{
    enum { COMMITS = 8 };
    struct child watch, claim;
    int64_t slowest = 0;
    char epoch[CHILD_LINE];
    child_start(&watch, "watch", s->folder, s->conversation, NULL, NULL);
    bool good = child_await(&watch, "seen", NULL, PATIENCE_MS) > 0;
    for (int i = 0; good && i < COMMITS; i++) {
        char wanted[16];
        int64_t seen = -1;
        child_start(&claim, "claim", s->folder, s->conversation, NULL, NULL);
        int64_t claimed = child_await(&claim, "claimed", NULL, PATIENCE_MS);
        (void)snprintf(wanted, sizeof(wanted), "%d", i + 2);
        do {
            seen = child_await(&watch, "seen", epoch, PATIENCE_MS);
        } while (seen > 0 && strcmp(epoch, wanted) != 0);
        good = child_end(&claim, 0) && seen > 0;
        slowest = seen - claimed > slowest ? seen - claimed : slowest;
        /* At another moment of the watcher's rhythm each time. */
        sleep_ms(23 * i);
    }
    (void)kill(watch.pid, SIGKILL);
    good = child_end(&watch, SIGKILL) && good;
    judge(s, good && slowest <= SOON_MS, "commits of others are seen within %lld ms",
          (long long)slowest);
}

static int
test(void)
{
    static void (*const cases[])(struct suite * s) = {
        test_others_while_a_tool_runs,      test_a_takeover_stops_the_stream,
        test_a_takeover_while_a_tool_runs,  test_a_stopped_process_is_waited_for,
        test_a_killed_process_is_recovered, test_commits_of_others_are_seen,
    };
    char scratch[PATH_BYTES];
    char folder[PATH_BYTES + 8];
    struct err err = {0};
    struct suite s = {.folder = folder};
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (fault_scratch_make(scratch, sizeof(scratch), "processes", &err) < 0) {
        (void)fprintf(stderr, "processes: %s\n", err.message);
        return 1;
    }
    (void)snprintf(folder, sizeof(folder), "%s/desk", scratch);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (begin(&s)) {
            cases[i](&s);
        } else {
            judge(&s, false, "a desk for case %zu", i + 1);
        }
    }
    fault_scratch_remove(scratch);
    return s.failed ? 1 : 0;
}

int
main(int argc, char **argv)
{
    struct err err = {0};
    if (argc == 1) {
        return test();
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int result = process_role(argc - 1, argv + 1, &err);
    if (result != 0) {
        (void)fprintf(stderr, "processes: %s: %s\n", argv[1], err.message);
    }
    return result == 0 ? 0 : 1;
}
