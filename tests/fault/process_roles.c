#include "process_roles.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fault_desk.h"
#include "io/loop.h"
#include "turn/ledger.h"

static int64_t
now(void)
{
    return clock_mono_ms(clock_real());
}

static void
sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    (void)nanosleep(&time, NULL);
}

static void
say_event(struct fault_talk *t, const char *name)
{
    fault_talk_acknowledge(t, name, t->arg);
    (void)printf("%s %lld %s\n", name, (long long)now(),
                 strcmp(name, "done") == 0 ? t->outcome.ptr : "-");
}

static int
role_ask(char **args, struct err *err)
{
    struct fault_desk d;
    struct fault_talk t = {.event = say_event, .arg = args[0]};
    struct fault_desk_options options = {.folder = args[0], .script = args[2]};
    int result = fault_desk_open(&d, &options, err);
    if (result == 0) {
        result = fault_talk_say(&t, &d, str_c(args[1]), args[3], err);
        fault_desk_close(&d);
    }
    return result;
}

static int
open_store(const char *folder, bool read_only, struct loop *loop, struct store **ret,
           struct err *err)
{
    struct store_options options = {.path = str_c(folder), .read_only = read_only};
    return store_open_sqlite(&options, loop, ret, err);
}

static int
claim_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct str conversation = str_c(arg);
    struct conversation_row row;
    int64_t epoch;
    AUTO(arena) struct arena arena = {0};
    int result = store_conversation_get(tx, conversation, &arena, &row, err);
    return result == 0 ? store_owner_set(tx, conversation, row.epoch, OWNER_HUMAN, STR("agent:Sam"),
                                         STR("test"), &epoch, err)
                       : result;
}

static int
role_claim(char **args, struct err *err)
{
    AUTO(store) struct store *s = NULL;
    int result = open_store(args[0], false, NULL, &s, err);
    if (result == 0) {
        result = store_write_wait(s, claim_body, args[1], err);
    }
    (void)printf("claimed %lld -\n", (long long)now());
    return result;
}

static int
role_recover(char **args, struct err *err)
{
    AUTO(store) struct store *s = NULL;
    struct ledger_recover recover = {0};
    int result = open_store(args[0], false, NULL, &s, err);
    if (result == 0) {
        recover.store = s;
        result = store_write_wait(s, ledger_recover, &recover, err);
    }
    (void)printf("recovered %lld %zu\n", (long long)now(), recover.closed);
    return result;
}

/* Everything is read twice in one snapshot, some time apart: it must not change in between. */
static int
report_body(struct store_tx *tx, void *arg, struct err *err)
{
    enum { PAUSE_MS = 150 };
    AUTO(arena) struct arena arena = {0};
    struct conversation_filter all = {0};
    struct conversation_row *rows;
    struct message_row *messages;
    size_t count;
    size_t found[2] = {0};
    int result = 0;
    (void)arg;
    for (size_t pass = 0; result == 0 && pass < 2; pass++) {
        result = store_conversation_list(tx, &all, &arena, &rows, &count, err);
        for (size_t i = 0; result == 0 && i < count; i++) {
            size_t some = 0;
            result = store_message_list(tx, rows[i].id, 0, 0, &arena, &messages, &some, err);
            found[pass] += some;
        }
        sleep_ms(PAUSE_MS);
    }
    return result == 0 && found[0] != found[1]
               ? err_set(err, ERR_BUG, "the snapshot moved: %zu, %zu", found[0], found[1])
               : result;
}

static int
role_report(char **args, struct err *err)
{
    enum { LOOKS = 6 };
    AUTO(store) struct store *s = NULL;
    int result = open_store(args[0], true, NULL, &s, err);
    for (int i = 0; result == 0 && i < LOOKS; i++) {
        result = store_read_wait(s, report_body, NULL, err);
    }
    (void)printf("reported %lld -\n", (long long)now());
    return result;
}

struct watcher {
    struct store_watch watch;
    struct store_request request;
    struct arena arena;
    const char *conversation;
    int64_t epoch;
    bool reading;
    bool again;
};

static int
watcher_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct watcher *w = arg;
    struct conversation_row row;
    int result = store_conversation_get(tx, str_c(w->conversation), &w->arena, &row, err);
    w->epoch = result == 0 ? row.epoch : w->epoch;
    arena_clear(&w->arena);
    return result;
}

static void
watcher_read(struct watcher *w)
{
    w->reading = true;
    store_read(w->watch.store, &w->request);
}

static void
watcher_done(void *arg, int result, const struct err *err)
{
    struct watcher *w = arg;
    (void)printf("seen %lld %lld%s\n", (long long)now(), (long long)w->epoch,
                 result == 0 ? "" : err->message);
    w->reading = false;
    if (w->again) {
        w->again = false;
        watcher_read(w);
    }
}

static void
watcher_changed(struct store_watch *watch)
{
    struct watcher *w = OWNER_OF(watch, struct watcher, watch);
    if (w->reading) {
        w->again = true;
    } else {
        watcher_read(w);
    }
}

static int
role_watch(char **args, struct err *err)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(store) struct store *s = NULL;
    struct watcher w = {.conversation = args[1]};
    w.request = (struct store_request){.body = watcher_body, .done = watcher_done, .arg = &w};
    int result = loop_new(&loop, err);
    if (result == 0) {
        result = open_store(args[0], true, loop, &s, err);
    }
    if (result == 0) {
        result = store_watch_start(s, &w.watch, watcher_changed, err);
    }
    return result == 0 ? loop_run(loop, err) : result;
}

static const struct part {
    const char *name;
    int arg_count;
    int (*run)(char **args, struct err *err);
} parts[] = {
    {"ask", 4, role_ask},       {"claim", 2, role_claim}, {"recover", 1, role_recover},
    {"report", 1, role_report}, {"watch", 2, role_watch},
};

int
process_role(int argc, char **argv, struct err *err)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(argv[0], parts[i].name) == 0 && argc == parts[i].arg_count + 1) {
            return parts[i].run(argv + 1, err);
        }
    }
    return err_set(err, ERR_INVALID, "there is no such role");
}
