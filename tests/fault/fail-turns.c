/* fail-turns: each allocation and each I/O call of a whole turn, and of opening a desk, fails once.
 * Every run must end in success or in one error with words, lose nothing that was acknowledged,
 * leave the record sound, and leave a desk that answers the next message. Leaks are the
 * sanitizer's to find. A line a series. */
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "fault_desk.h"
#include "verify.h"

enum { POINTS_MAX = 20000, PATH_BYTES = 1024 };

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"

static const char *const kinds[] = {"alloc", "io"};

struct series {
    const char *name;
    const char *script; /* NULL: only open the desk */
    bool memory;
    bool existing; /* the desk is there already when the failures begin */
    bool recover;
    const char *before; /* said before the failures begin; NULL: nothing */
    const char *says;   /* NULL: "please" */
};

static const struct series all_series[] = {
    {"opening a new desk", NULL, false, false, true, NULL, NULL},
    {"opening a desk", NULL, false, true, true, NULL, NULL},
    {"a turn in memory",
     "[{\"text\":\"one moment\",\"calls\":[" CALL("append", "{}") "]},{\"text\":\"done\"}]", true,
     false, false, NULL, NULL},
    {"a turn on SQLite",
     "[{\"text\":\"one moment\",\"calls\":[" CALL("append", "{}") "]},{\"text\":\"done\"}]", false,
     false, false, NULL, NULL},
    {"parallel calls on SQLite",
     "[{\"calls\":[" CALL("append", "{}") "," CALL("look", "{\"ms\":5}") "," CALL(
         "nosuch", "{}") "]},{\"text\":\"done\"}]",
     false, false, false, NULL, NULL},
    {"a hand-over on SQLite",
     "[{\"calls\":[" CALL("escalate_to_human", "{\"reason\":\"asked\",\"priority\":\"low\"}") "]}]",
     false, false, false, NULL, NULL},
    {"a question on SQLite", "[{\"calls\":[" CALL("cancel", "{}") "]}]", false, false, false, NULL,
     NULL},
    {"a yes on SQLite", "[{\"calls\":[" CALL("cancel", "{}") "]},{\"text\":\"done\"}]", false,
     false, false, "please", "yes"},
};
enum { SERIES = sizeof(all_series) / sizeof(all_series[0]) };

/* ---- One run ---------------------------------------------------------------------------------*/

static void
on_event(struct fault_talk *t, const char *name)
{
    fault_talk_acknowledge(t, name, t->arg);
}

static bool
is_one_of(struct str word, const char *const *words)
{
    for (; *words; words++) {
        if (str_eq_c(word, *words)) {
            return true;
        }
    }
    return false;
}

/* A turn that met a failure: it ended well, or says what was wrong. */
static int
check_end(const struct fault_talk *t, int result, const struct err *failure, struct err *err)
{
    static const char *const good[] = {"answered", "handed_over", NULL};
    if (result < 0) {
        return failure->message[0] ? 0 : err_set(err, ERR_INVALID, "an error without words");
    }
    if (is_one_of(t->outcome, good)) {
        return t->reply.len ? 0 : err_set(err, ERR_INVALID, "no reply");
    }
    if (!str_eq_c(t->outcome, "failed") || t->reason.len == 0 || t->error == 0) {
        return err_set(err, ERR_INVALID, "it ended as \"%s\", error %d, reason \"%s\"",
                       t->outcome.ptr, t->error, t->reason.ptr);
    }
    return 0;
}

/* The same desk and engine, nothing failing any more. */
static int
check_next(struct fault_desk *d, struct str conversation, const char *folder, struct err *err)
{
    static const char *const wanted[] = {"answered", "handed_over", "with_human", NULL};
    struct fault_talk t = {.event = on_event, .arg = (void *)folder};
    int result = fault_talk_say(&t, d, conversation, "and now", err);
    if (result == 0 && !is_one_of(t.outcome, wanted)) {
        return err_set(err, ERR_INVALID, "the next message ended as %s: %s", t.outcome.ptr,
                       t.reason.ptr);
    }
    return result == 0 ? verify_desk(d->store, folder, err) : result;
}

static int
fail_turn(const struct series *s, const char *folder, const char *fault, struct err *err)
{
    struct fault_desk d;
    struct err failure = {0};
    struct fault_talk before = {.event = on_event, .arg = (void *)folder};
    struct fault_talk t = before;
    struct fault_desk_options options = {
        .folder = folder, .memory = s->memory, .script = s->script, .sync = STORE_SYNC_OFF};
    int result = fault_desk_open(&d, &options, err);
    if (result == 0 && s->before) {
        result = fault_talk_say(&before, &d, STR(""), s->before, err);
    }
    if (result < 0) {
        return result;
    }
    (void)fault_configure(str_c(fault));
    int said = fault_talk_say(&t, &d, before.conversation, s->says ? s->says : "please", &failure);
    unsigned long passed = fault_passed();
    (void)fault_configure(STR(""));
    result = check_end(&t, said, &failure, err);
    if (result == 0) {
        result = check_next(&d, t.started ? t.conversation : STR(""), folder, err);
    }
    fault_desk_close(&d);
    return result < 0 ? result : (int)passed;
}

static int
fail_open(const struct series *s, const char *folder, const char *fault, struct err *err)
{
    struct fault_desk d;
    struct err failure = {0};
    struct fault_desk_options options = {.folder = folder,
                                         .script = "[{\"text\":\"hello\"}]",
                                         .sync = STORE_SYNC_OFF,
                                         .recover = s->recover};
    int result = 0;
    if (s->existing) {
        result = fault_desk_open(&d, &options, err);
        if (result < 0) {
            return result;
        }
        fault_desk_close(&d);
    }
    (void)fault_configure(str_c(fault));
    int opened = fault_desk_open(&d, &options, &failure);
    unsigned long passed = fault_passed();
    (void)fault_configure(STR(""));
    if (opened == 0) {
        fault_desk_close(&d);
    } else if (!failure.message[0]) {
        return err_set(err, ERR_INVALID, "an error without words");
    }
    result = fault_desk_open(&d, &options, err);
    if (result == 0) {
        result = check_next(&d, STR(""), folder, err);
        fault_desk_close(&d);
    }
    return result < 0 ? result : (int)passed;
}

/* ---- All of them -----------------------------------------------------------------------------*/

static int
run_series(const struct series *s, const char *kind, const char *folder)
{
    struct err err = {0};
    for (int n = 1; n < POINTS_MAX; n++) {
        char fault[32];
        (void)snprintf(fault, sizeof(fault), "%s:%d", kind, n);
        int passed = fault_folder_fresh(folder, &err);
        if (passed == 0) {
            passed =
                s->script ? fail_turn(s, folder, fault, &err) : fail_open(s, folder, fault, &err);
        }
        if (passed < 0) {
            (void)printf("not ok %s, %s\n", s->name, fault);
            (void)fprintf(stderr, "fail-turns: %s, %s: %s\n", s->name, fault, err.message);
            return -1;
        }
        if (passed < n) {
            (void)printf("ok %s: each of %d %s failures\n", s->name, n - 1, kind);
            return 0;
        }
    }
    (void)printf("not ok %s, %s: it never ends\n", s->name, kind);
    return -1;
}

int
main(void)
{
    char scratch[PATH_BYTES];
    char folder[PATH_BYTES + 8];
    struct err err = {0};
    int failed = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    log_set_level(LOG_NONE);
    if (fault_scratch_make(scratch, sizeof(scratch), "fail-turns", &err) < 0) {
        (void)fprintf(stderr, "fail-turns: %s\n", err.message);
        return 1;
    }
    (void)snprintf(folder, sizeof(folder), "%s/desk", scratch);
    for (size_t i = 0; i < SERIES; i++) {
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            failed += run_series(&all_series[i], kinds[k], folder) != 0;
        }
    }
    fault_scratch_remove(scratch);
    return failed ? 1 : 0;
}
