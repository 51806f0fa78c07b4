/* The record: desk.db, its turns, the lock files of its processes. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "doctor.h"
#include "store/process_lock.h"
#include "store/store.h"
#include "turn/ledger.h"

static const char rescue[] =
    "stop what uses this desk, then put a backup in its place, or save what can be read: "
    "sqlite3 desk.db .recover | sqlite3 new.db";

/* MESSAGE without its advice to run the doctor, who is speaking. */
static void
add_problem(struct doctor *d, const char *message, const char *todo)
{
    static const char advice[] = "run `deskhand doctor`";
    const char *at = strstr(message, advice);
    size_t len = at ? (size_t)(at - message) : strlen(message);
    while (len > 0 && (message[len - 1] == ' ' || message[len - 1] == ':')) {
        len--;
    }
    checklist_add(&d->list, CHECK_PROBLEM, "record", "%.*s%s%s", (int)len, message,
                  *todo ? ": " : "", todo);
}

static void
say_unopened(struct doctor *d, const struct err *why)
{
    switch (why->code) {
    case ERR_NOTFOUND:
        add_problem(d, "there is no desk.db, or an empty one",
                    "put your backup in its place, or begin an empty one: deskhand doctor --mend");
        return;
    case ERR_INVALID:
        add_problem(d, why->message, rescue);
        return;
    case ERR_AUTH:
        add_problem(d, why->message,
                    strstr(why->message, "older") ? "run `deskhand doctor --mend`" : "");
        return;
    default:
        add_problem(d, why->message, "");
        return;
    }
}

static void
check_turns(struct doctor *d, struct store *store)
{
    struct err err;
    struct ledger_recover r = {.store = store};
    int result = store_read_wait(store, ledger_find_dead, &r, &err);
    size_t found = r.closed;
    if (result == 0 && found > 0 && d->mend) {
        r = (struct ledger_recover){.store = store};
        result = store_write_wait(store, ledger_recover, &r, &err);
    }
    if (result < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "turns", "%s", err.message);
    } else if (found == 0) {
        checklist_add(&d->list, CHECK_OK, "turns", "none was left open by a process that died");
    } else if (d->mend) {
        checklist_add(&d->list, CHECK_MENDED, "turns",
                      "%zu left open by a process that died: closed, nothing was run again",
                      r.closed);
    } else {
        checklist_add(&d->list, CHECK_PROBLEM, "turns",
                      "%zu left open by a process that died: closed at the next start of `deskhand "
                      "chat` or `ask`, or now with `deskhand doctor --mend`",
                      found);
    }
}

/* Taking a name of our own sweeps those of the dead. */
static void
check_locks(struct doctor *d, struct store *store)
{
    struct err err;
    struct str name;
    struct str path = arena_str(&d->app->arena, d->app->desk);
    size_t found = path.ptr ? process_lock_stale(path.ptr, false) : 0;
    if (found > 0 && d->mend && store_process(store, &name, &err) == 0 &&
        process_lock_stale(path.ptr, false) == 0) {
        checklist_add(&d->list, CHECK_MENDED, "locks",
                      "%zu lock file%s of processes that died: removed", found,
                      found == 1 ? "" : "s");
    } else if (found > 0) {
        checklist_add(&d->list, d->mend ? CHECK_PROBLEM : CHECK_NOTE, "locks",
                      "%zu lock file%s of processes that died in %s/run: harmless, removed at the "
                      "next start",
                      found, found == 1 ? "" : "s", path.ptr);
    } else {
        checklist_add(&d->list, CHECK_OK, "locks", "none is left of a process that died");
    }
}

static int
open_store(struct doctor *d, struct store **ret, struct err *err)
{
    struct store_options options = {
        .path = d->app->desk,
        .create = d->mend,
        .read_only = !d->mend,
    };
    return store_open_sqlite(&options, NULL, ret, err);
}

/* Is it there and up to date already? Then mending has nothing to say about that. */
static bool
opens_unmended(struct doctor *d, struct err *why)
{
    AUTO(store) struct store *store = NULL;
    struct store_options options = {.path = d->app->desk, .read_only = true};
    return store_open_sqlite(&options, NULL, &store, why) == 0;
}

void
doctor_store(struct doctor *d)
{
    AUTO(store) struct store *store = NULL;
    struct err before;
    struct err err;
    bool opened = !d->mend || opens_unmended(d, &before);
    int result = open_store(d, &store, &err);
    if (result < 0) {
        say_unopened(d, &err);
        return;
    }
    if (!opened) {
        bool made = before.code == ERR_NOTFOUND;
        checklist_add(&d->list, CHECK_MENDED, "record", "%s",
                      made ? "there was none: an empty desk.db was made" : "brought up to date");
    }
    result = store_check(store, &err);
    if (result < 0) {
        add_problem(d, err.message, err.code == ERR_INVALID ? rescue : "");
    } else {
        checklist_add(&d->list, CHECK_OK, "record", "desk.db is sound");
    }
    check_turns(d, store);
    check_locks(d, store);
}
