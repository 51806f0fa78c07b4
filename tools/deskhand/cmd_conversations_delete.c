/* deskhand conversations delete: gone for good, after a question. */
#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "command.h"
#include "store/store.h"
#include "term.h"

static int
not_found(struct str id, struct err *err)
{
    return err_set(err, ERR_NOTFOUND,
                   "conversation %" STR_FMT ": there is none: see `deskhand conversations list`",
                   STR_ARG(id));
}

struct deleting {
    struct store *store;
    struct str id;
    struct arena *arena;
    struct conversation_row row;
    int64_t messages;
    size_t tickets;
};

/* What would be lost, for the question; and whether somebody is at it. */
static int
look_before(struct store_tx *tx, void *arg, struct err *err)
{
    struct deleting *d = arg;
    const struct ticket_filter filter = {.conversation = d->id};
    struct ticket_row *tickets;
    struct turn_row *open;
    struct message_row *last;
    size_t open_count = 0;
    size_t last_count = 0;
    int result = store_conversation_get(tx, d->id, d->arena, &d->row, err);
    if (result == STORE_NONE) {
        return not_found(d->id, err);
    }
    if (result == 0) {
        result = store_turn_list_open(tx, d->id, d->arena, &open, &open_count, err);
    }
    for (size_t i = 0; result == 0 && i < open_count; i++) {
        if (store_process_alive(d->store, open[i].process)) {
            return err_set(err, ERR_BUSY,
                           "conversation %" STR_FMT ": the bot is answering in it: try again in a "
                           "moment",
                           STR_ARG(d->id));
        }
    }
    if (result == 0) {
        result = store_ticket_list(tx, &filter, d->arena, &tickets, &d->tickets, err);
    }
    if (result == 0) {
        result = store_message_list(tx, d->id, 0, 1, d->arena, &last, &last_count, err);
        d->messages = result == 0 && last_count ? last[0].seq : 0;
    }
    return result;
}

static int
delete_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct deleting *d = arg;
    int result = look_before(tx, d, err);
    if (result == 0) {
        result = store_conversation_delete(tx, d->id, err);
    }
    return result == STORE_NONE ? not_found(d->id, err) : result;
}

/* True: go on. */
static bool
ask(const struct deleting *d)
{
    char answer[16];
    (void)fprintf(stderr, "Delete conversation ");
    term_text(stderr, d->row.id);
    (void)fprintf(stderr, " of ");
    term_text(stderr, d->row.customer.len ? d->row.customer : STR("an unknown customer"));
    (void)fprintf(stderr, ", %" PRId64 " message%s and %zu ticket%s, for good? [y/N] ", d->messages,
                  d->messages == 1 ? "" : "s", d->tickets, d->tickets == 1 ? "" : "s");
    if (!fgets(answer, sizeof(answer), stdin)) {
        (void)fprintf(stderr, "\n");
        return false;
    }
    struct str word = str_trim(str_c(answer));
    return str_eq_nocase(word, STR("y")) || str_eq_nocase(word, STR("yes"));
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct deleting d = {.id = args_at(args, 0), .arena = &app->arena};
    bool sure = args_flag(args, "yes");
    if (!sure && !(term_is_terminal(stdin) && term_is_terminal(stderr))) {
        (void)err_set(err, ERR_INVALID,
                      "delete: there is nobody to ask here: add --yes to delete it for good");
        term_error(err);
        return EXIT_USAGE;
    }
    int result = app_store(app, APP_WRITE, NULL, err);
    d.store = app->store;
    if (result == 0 && !sure) {
        result = store_read_wait(app->store, look_before, &d, err);
    }
    if (result == 0 && !sure && !ask(&d)) {
        (void)fprintf(stderr, "Nothing was deleted.\n");
        return EXIT_FAILED;
    }
    if (result == 0) {
        result = store_write_wait(app->store, delete_body, &d, err);
    }
    if (result == 0) {
        (void)printf("deleted %" STR_FMT ": %" PRId64 " messages, %zu tickets\n", STR_ARG(d.id),
                     d.messages, d.tickets);
    }
    return result;
}

static const struct arg_option options[] = {
    {"yes", 'y', NULL, "do not ask"},
    {0},
};

const struct command cmd_conversations_delete = {
    .name = "delete",
    .summary = "a conversation, its tickets and all else of it, for good",
    .usage = "ID [--yes]",
    .details = "Numbers of deleted tickets are not given again.",
    .example = "deskhand conversations delete c-6fkw3ma7qx1bd2",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
