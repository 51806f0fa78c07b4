/* store: the record of a desk. What callers see; it names no database and no SQL.
 *
 * Work is done in bodies: a function that gets a transaction and the caller's argument and runs
 * on one of the store's threads (with a _wait form: on the calling thread). Threads and readers
 * are started by the first request that needs them.
 *
 *   store_write()  BODY runs on the writer thread inside a transaction that holds the write lock
 *                  from its start. Bodies that arrive together share one durable commit; a body
 *                  that fails is rolled back alone. DONE runs on the loop after the commit is
 *                  durable: what it acknowledges is not lost. A body may run twice (the first
 *                  run's transaction lost, the arena it fills cleared by nobody), so it must start
 *                  its outputs afresh and touch nothing but its argument.
 *   store_read()   BODY runs on a reader thread with a consistent snapshot; writing functions
 *                  return ERR_BUG there.
 *
 * A body returns 0 to keep what it did, positive or negative to have it rolled back; DONE gets
 * that number (positive: an outcome the caller defined; negative: the failure, with words). Each
 * start yields exactly one DONE. The _wait forms block and are for programs without a loop, before
 * the loop runs, and for tests; never call them on a loop's thread that has one running.
 *
 * Rows and their views (rows.h) are borrowed from the arena given to the reading function. Writing
 * functions borrow their row for the call.
 *
 * Several processes may have the same desk open. store_watch() tells of others' commits;
 * process names (store_process) tell which of them still live. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "store/rows.h"

struct loop;
struct store;
struct store_tx;

enum store_sync { STORE_SYNC_FULL, STORE_SYNC_NORMAL, STORE_SYNC_OFF };

struct store_options {
    struct str path; /* the desk's folder (SQLite: desk.db in it); unused by memory */
    bool create;     /* make the database where there is none; else ERR_NOTFOUND */
    bool read_only;  /* writes are refused; a read-only file system is fine */
    enum store_sync sync;
    unsigned readers;          /* reader threads; 0 = 2 */
    unsigned busy_ms;          /* how long to wait for another process' lock; 0 = 5000 */
    const struct clock *clock; /* NULL = clock_real() */
};

/* LOOP may be NULL: then only the _wait forms may be used. Opens and migrates the database.
 * ERR_NOTFOUND no desk there; ERR_INVALID not a desk or corrupt (says which, and to run `deskhand
 * doctor`); ERR_AUTH no permission; ERR_BUSY locked by another process for too long; ERR_LIMIT
 * made by a newer Deskhand (names both versions). */
int store_open_sqlite(const struct store_options *options, struct loop *loop, struct store **ret,
                      struct err *err) WARN_UNUSED;
/* Lives and dies with the object; for unit tests and as proof of this interface. */
int store_open_memory(const struct store_options *options, struct loop *loop, struct store **ret,
                      struct err *err) WARN_UNUSED;
/* Waits for bodies under way; their DONE no longer runs. Bodies not yet begun are dropped. Drops
 * the process lock. NULL is fine. Nothing but the store may open desk.db in a process that has it
 * open: closing any descriptor of that file would drop the store's locks on it. */
void store_free(struct store *s);
AUTO_DEFINE(store, struct store *, store_free)

/* [any] How much was written so far: BODIES in COMMITS durable transactions. */
struct store_stats {
    uint64_t bodies;
    uint64_t commits;
};
void store_get_stats(struct store *s, struct store_stats *ret);

typedef int (*store_body)(struct store_tx *tx, void *arg, struct err *err);
typedef void (*store_done)(void *arg, int result, const struct err *err);

/* [loop] A request is the caller's storage, embedded in whatever ARG is, valid until DONE. */
struct store_request {
    store_body body;
    store_done done;
    void *arg;
    /* the store's */
    struct store_request *next;
    int result;
    struct err err;
};
void store_write(struct store *s, struct store_request *request);
void store_read(struct store *s, struct store_request *request);

/* Blocking; 0, the body's outcome, or the failure. */
int store_write_wait(struct store *s, store_body body, void *arg, struct err *err) WARN_UNUSED;
int store_read_wait(struct store *s, store_body body, void *arg, struct err *err) WARN_UNUSED;

/* [loop] Call FN on the loop within 250 ms of any commit to this desk, this process' own included,
 * until stopped, and once soon after the start, so that nothing is missed in between. Commits that
 * come together are told once. When the database cannot be asked FN is called as well: whoever
 * then reads meets the reason. FN may stop this watch or another. */
struct store_watch {
    void (*fn)(struct store_watch *watch);
    struct store *store; /* NULL: not started */
    /* the store's */
    struct store_watch *next;
    struct store_watch *previous;
};
int store_watch_start(struct store *s, struct store_watch *watch, void (*fn)(struct store_watch *),
                      struct err *err) WARN_UNUSED;
void store_watch_stop(struct store_watch *watch);

/* This process' name on the desk ("p-..."), holding its lock file from the first call on.
 * Borrowed from S. Call once before the loop runs; it touches the file system. */
int store_process(struct store *s, struct str *ret, struct err *err) WARN_UNUSED;
/* [any] Does the process of that name still live (its lock is held)? Names without a lock file
 * are dead. */
bool store_process_alive(struct store *s, struct str process);

/* Now, by the store's clock; and a fresh id. Only inside a body. */
int64_t store_now(struct store_tx *tx);
struct str store_new_id(struct store_tx *tx, char kind, struct arena *arena);

/* What doctor asks: 0 sound; ERR_INVALID with the first thing found. Blocking, slow: the database's
 * own structure, then what must hold between rows (turns and their calls, numbers of messages,
 * epochs, approvals and who gave and used them). */
int store_check(struct store *s, struct err *err) WARN_UNUSED;

/* ---- Rows, inside a body. --------------------------------------------------------------------
 * "get" functions return STORE_NONE where there is no such row. "list" functions return rows in
 * the order named, those that agree in it as they were added; possibly none; in ARENA. "add"
 * functions fail with ERR_BUSY (retryable) when the id exists or another row forbids it (a second
 * open turn of a conversation), with ERR_NOTFOUND when the conversation or ticket it belongs to
 * does not exist. Functions that return STORE_STALE return STORE_NONE when there is no row. */
enum { STORE_NONE = 1, STORE_STALE = 2 };

int store_conversation_get(struct store_tx *tx, struct str id, struct arena *a,
                           struct conversation_row *ret, struct err *err) WARN_UNUSED;
int store_conversation_add(struct store_tx *tx, const struct conversation_row *row,
                           struct err *err) WARN_UNUSED;
/* UPDATED_AT only moves forward. */
int store_conversation_touch(struct store_tx *tx, struct str id, int64_t updated_at,
                             struct err *err) WARN_UNUSED;
/* Say what it is about, unless that was said before. */
int store_conversation_set_topic(struct store_tx *tx, struct str id, struct str topic,
                                 struct err *err) WARN_UNUSED;
/* The conversation and everything that belongs to it, tickets included. STORE_NONE. */
int store_conversation_delete(struct store_tx *tx, struct str id, struct err *err) WARN_UNUSED;

struct conversation_filter {
    struct str customer; /* empty: all */
    struct str owner;    /* empty: all */
    int64_t since;       /* updated_at >= since */
    size_t limit;        /* 0: no limit */
};
/* Latest first. */
int store_conversation_list(struct store_tx *tx, const struct conversation_filter *filter,
                            struct arena *a, struct conversation_row **ret, size_t *ret_count,
                            struct err *err) WARN_UNUSED;

/* Hand the conversation over: from EXPECTED_EPOCH to the next, with a new OWNER. Adds the
 * owner_row. STORE_STALE when its epoch is another by now; STORE_NONE. */
int store_owner_set(struct store_tx *tx, struct str conversation, int64_t expected_epoch,
                    struct str owner, struct str who, struct str reason, int64_t *ret_epoch,
                    struct err *err) WARN_UNUSED;
/* 0 when CONVERSATION is still at EPOCH, STORE_STALE otherwise (or STORE_NONE). */
int store_owner_check(struct store_tx *tx, struct str conversation, int64_t epoch,
                      struct err *err) WARN_UNUSED;
int store_owner_list(struct store_tx *tx, struct str conversation, struct arena *a,
                     struct owner_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* For imports: the row as it stands. */
int store_owner_add(struct store_tx *tx, const struct owner_row *row, struct err *err) WARN_UNUSED;

/* ROW's seq is ignored; *RET_SEQ (may be NULL) is the one given. */
int store_message_add(struct store_tx *tx, const struct message_row *row, int64_t *ret_seq,
                      struct err *err) WARN_UNUSED;
/* By seq, those above AFTER_SEQ. LAST > 0: only the newest LAST of them. */
int store_message_list(struct store_tx *tx, struct str conversation, int64_t after_seq, size_t last,
                       struct arena *a, struct message_row **ret, size_t *ret_count,
                       struct err *err) WARN_UNUSED;

/* Those of one AUTHOR below BEFORE_SEQ, by seq. */
int store_message_list_by(struct store_tx *tx, struct str conversation, struct str author,
                          int64_t before_seq, struct arena *a, struct message_row **ret,
                          size_t *ret_count, struct err *err) WARN_UNUSED;

int store_turn_add(struct store_tx *tx, const struct turn_row *row, struct err *err) WARN_UNUSED;
int store_turn_get(struct store_tx *tx, struct str id, struct arena *a, struct turn_row *ret,
                   struct err *err) WARN_UNUSED;
/* Write ROW over the row of its id, which must be open; STORE_STALE when it is closed already. Its
 * conversation stays. */
int store_turn_update(struct store_tx *tx, const struct turn_row *row, struct err *err) WARN_UNUSED;
/* The open turns: of CONVERSATION, or of the whole desk when it is empty. Oldest first. */
int store_turn_list_open(struct store_tx *tx, struct str conversation, struct arena *a,
                         struct turn_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
int store_turn_list(struct store_tx *tx, struct str conversation, struct arena *a,
                    struct turn_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

int store_model_call_add(struct store_tx *tx, const struct model_call_row *row,
                         struct err *err) WARN_UNUSED;
int store_model_call_list(struct store_tx *tx, struct str conversation, struct arena *a,
                          struct model_call_row **ret, size_t *ret_count,
                          struct err *err) WARN_UNUSED;

int store_tool_call_add(struct store_tx *tx, const struct tool_call_row *row,
                        struct err *err) WARN_UNUSED;
/* Store the one result of the open call of ROW's id: status, result, error_code, ended_at and
 * untrusted. STORE_STALE when it has one already: nothing changes. */
int store_tool_call_finish(struct store_tx *tx, const struct tool_call_row *row,
                           struct err *err) WARN_UNUSED;
/* By (started_at, seq): of one turn, or of the whole conversation when TURN is empty. */
int store_tool_call_list(struct store_tx *tx, struct str conversation, struct str turn,
                         struct arena *a, struct tool_call_row **ret, size_t *ret_count,
                         struct err *err) WARN_UNUSED;

/* ROW's number 0: the next one, never given before, deleted ones included; else that one (imports).
 * *RET_NUMBER may be NULL. */
int store_ticket_add(struct store_tx *tx, const struct ticket_row *row, int64_t *ret_number,
                     struct err *err) WARN_UNUSED;
int store_ticket_get(struct store_tx *tx, int64_t number, struct arena *a, struct ticket_row *ret,
                     struct err *err) WARN_UNUSED;
/* Write ROW over the ticket of its number if that is still at ROW->version; the version grows by
 * one. STORE_STALE otherwise. Its conversation stays. */
int store_ticket_update(struct store_tx *tx, const struct ticket_row *row,
                        struct err *err) WARN_UNUSED;
struct ticket_filter {
    struct str conversation; /* empty: all */
    struct str status;       /* empty: all */
    int64_t since;           /* updated_at >= since */
    int64_t after;           /* number > after: with LIMIT, page by page */
    size_t limit;            /* 0: no limit */
};
/* By number. */
int store_ticket_list(struct store_tx *tx, const struct ticket_filter *filter, struct arena *a,
                      struct ticket_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
int store_ticket_event_add(struct store_tx *tx, const struct ticket_event_row *row,
                           struct err *err) WARN_UNUSED;
int store_ticket_event_list(struct store_tx *tx, int64_t ticket, struct arena *a,
                            struct ticket_event_row **ret, size_t *ret_count,
                            struct err *err) WARN_UNUSED;

int store_feedback_add(struct store_tx *tx, const struct feedback_row *row,
                       struct err *err) WARN_UNUSED;
int store_feedback_list(struct store_tx *tx, struct str conversation, struct arena *a,
                        struct feedback_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

/* Adding a version that is there already does nothing. */
int store_prompt_add(struct store_tx *tx, const struct prompt_row *row,
                     struct err *err) WARN_UNUSED;
int store_prompt_get(struct store_tx *tx, struct str hash, struct arena *a, struct prompt_row *ret,
                     struct err *err) WARN_UNUSED;

/* Add TOKENS and MICROS, both may be negative, to the spend row of ROW's id; made as ROW says where
 * there is none. */
int store_spend_change(struct store_tx *tx, const struct spend_row *row,
                       struct err *err) WARN_UNUSED;
int store_spend_get(struct store_tx *tx, struct str id, struct arena *a, struct spend_row *ret,
                    struct err *err) WARN_UNUSED;
/* Remove the rows that expired before NOW; the one of CONVERSATION. */
int store_spend_expire(struct store_tx *tx, int64_t now, struct err *err) WARN_UNUSED;
int store_spend_forget(struct store_tx *tx, struct str conversation, struct err *err) WARN_UNUSED;

int store_hold_add(struct store_tx *tx, const struct hold_row *row, struct err *err) WARN_UNUSED;
int store_hold_get(struct store_tx *tx, struct str id, struct arena *a, struct hold_row *ret,
                   struct err *err) WARN_UNUSED;
/* Oldest first. */
int store_hold_list(struct store_tx *tx, struct str conversation, struct arena *a,
                    struct hold_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
int store_hold_remove(struct store_tx *tx, struct str id, struct err *err) WARN_UNUSED;

int store_digest_add(struct store_tx *tx, const struct digest_row *row,
                     struct err *err) WARN_UNUSED;
/* By to_seq; the last is the newest. */
int store_digest_list(struct store_tx *tx, struct str conversation, struct arena *a,
                      struct digest_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* That last one alone. STORE_NONE. */
int store_digest_newest(struct store_tx *tx, struct str conversation, struct arena *a,
                        struct digest_row *ret, struct err *err) WARN_UNUSED;

/* An answer of that id that is there already stays as it is. */
int store_answer_add(struct store_tx *tx, const struct answer_row *row,
                     struct err *err) WARN_UNUSED;
int store_answer_get(struct store_tx *tx, struct str id, struct arena *a, struct answer_row *ret,
                     struct err *err) WARN_UNUSED;
int store_answer_remove(struct store_tx *tx, struct str id, struct err *err) WARN_UNUSED;
/* One hit more, now. */
int store_answer_hit(struct store_tx *tx, const struct answer_row *row,
                     struct err *err) WARN_UNUSED;

int store_approval_add(struct store_tx *tx, const struct approval_row *row,
                       struct err *err) WARN_UNUSED;
int store_approval_get(struct store_tx *tx, struct str id, struct arena *a,
                       struct approval_row *ret, struct err *err) WARN_UNUSED;
struct approval_filter {
    struct str conversation; /* empty: all */
    struct str state;        /* empty: all */
    struct str needs;        /* empty: all */
    size_t limit;            /* 0: no limit */
};
/* Oldest first. */
int store_approval_list(struct store_tx *tx, const struct approval_filter *filter, struct arena *a,
                        struct approval_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* From state FROM to ROW's: state, ticket, decided_by, used_by, expires_at and decided_at are
 * written. STORE_STALE when it is in another state by now. */
int store_approval_move(struct store_tx *tx, const struct approval_row *row, struct str from,
                        struct err *err) WARN_UNUSED;
/* Has any call of CONVERSATION brought text from outside the shop? */
int store_tool_call_outside(struct store_tx *tx, struct str conversation, bool *ret,
                            struct err *err) WARN_UNUSED;

/* ROW's uses more (0: only look) in the window of its id; *RET_USES of it now. */
int store_tool_use_add(struct store_tx *tx, const struct tool_use_row *row, int64_t *ret_uses,
                       struct err *err) WARN_UNUSED;
int store_tool_use_expire(struct store_tx *tx, int64_t now, struct err *err) WARN_UNUSED;

/* What plugins keep. Nothing here checks quotas or times of expiry: core/host does. */
int store_plugin_value_get(struct store_tx *tx, struct str id, struct arena *a,
                           struct plugin_value_row *ret, struct err *err) WARN_UNUSED;
int store_plugin_value_put(struct store_tx *tx, const struct plugin_value_row *row,
                           struct err *err) WARN_UNUSED;
int store_plugin_value_remove(struct store_tx *tx, struct str id, struct err *err) WARN_UNUSED;
/* In the order of their ids, those above AFTER. */
int store_plugin_value_list(struct store_tx *tx, struct str after, size_t limit, struct arena *a,
                            struct plugin_value_row **ret, size_t *ret_count,
                            struct err *err) WARN_UNUSED;
int store_plugin_space_get(struct store_tx *tx, struct str plugin, struct arena *a,
                           struct plugin_space_row *ret, struct err *err) WARN_UNUSED;
int store_plugin_space_set(struct store_tx *tx, const struct plugin_space_row *row,
                           struct err *err) WARN_UNUSED;
/* ROW's count and sum are added to the row of its id, least and most widened; made where there is
 * none. STORE_NONE, and nothing is changed: that row is of another kind, or its plugin has MAX
 * (at least 1) of them that day already. */
int store_plugin_metric_add(struct store_tx *tx, const struct plugin_metric_row *row, size_t max,
                            struct err *err) WARN_UNUSED;
/* By id: by day. PLUGIN empty: all. */
int store_plugin_metric_list(struct store_tx *tx, struct str plugin, struct arena *a,
                             struct plugin_metric_row **ret, size_t *ret_count,
                             struct err *err) WARN_UNUSED;
int store_plugin_state_get(struct store_tx *tx, struct str plugin, struct arena *a,
                           struct plugin_state_row *ret, struct err *err) WARN_UNUSED;
int store_plugin_state_set(struct store_tx *tx, const struct plugin_state_row *row,
                           struct err *err) WARN_UNUSED;
int store_plugin_state_list(struct store_tx *tx, struct arena *a, struct plugin_state_row **ret,
                            size_t *ret_count, struct err *err) WARN_UNUSED;

/* ---- Questions in SQL ------------------------------------------------------------------------
 * The one door for SQL, and for reading only: what reports ask goes over many rows at once. */
enum store_value_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT };

struct store_value {
    enum store_value_type type;
    int64_t number;  /* STORE_INT */
    double real;     /* STORE_REAL */
    struct str text; /* STORE_TEXT */
};

struct store_query {
    struct str sql; /* one SELECT in what SQLite and PostgreSQL share; values are $1, $2, ... */
    const struct store_value *values;
    size_t value_count;
    /* Called with each row; what it shows is borrowed until it returns. Anything but 0 ends the
     * query and is what store_query() returns. It may not ask the store anything. */
    int (*row)(void *arg, const struct store_value *row, size_t columns, struct err *err);
    void *arg;
};

/* Inside any body. ERR_INVALID: not a single reading statement, or a backend without SQL (memory);
 * ERR_LIMIT: above 64 KiB of text or 32 columns; ERR_BUG: the database does not understand it. */
int store_query(struct store_tx *tx, const struct store_query *q, struct err *err) WARN_UNUSED;

#endif
