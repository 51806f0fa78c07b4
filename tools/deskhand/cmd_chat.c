/* deskhand chat: be the customer. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "attach.h"
#include "base/buf.h"
#include "base/limits.h"
#include "bot.h"
#include "command.h"
#include "feed.h"
#include "io/loop.h"
#include "line.h"
#include "md.h"
#include "store/store.h"
#include "term.h"

struct chat {
    struct app *app;
    struct bot *bot;
    struct loop *loop;
    struct loop_signal interrupt;
    unsigned interrupts;
    struct buf conversation; /* its id; empty until the first message is in */
    struct str greeting;     /* shown, and recorded with the first message */
    uint64_t turn;
    struct attachments files; /* go with the next message */
    struct line *input;
    struct feed *feed;  /* of the conversation, once it has a name */
    unsigned own_lines; /* of the desk's that the feed brings and are on the screen already */
    bool live;          /* stdout is a terminal: stream */
    bool streaming;     /* text of this turn is on the screen */
    bool tool_line;
    struct md md;
};

static void
note(const char *text)
{
    (void)printf("%s%s%s\n", term_style(stdout, TERM_DIM), text, term_style(stdout, TERM_PLAIN));
    (void)fflush(stdout);
}

/* ---- What a turn shows -----------------------------------------------------------------------*/

static void
clear_tool_line(struct chat *c)
{
    if (c->tool_line) {
        (void)printf("\r\033[K");
        (void)fflush(stdout);
        c->tool_line = false;
    }
}

static void
on_started(void *arg, struct str conversation)
{
    struct chat *c = arg;
    buf_clear(&c->conversation);
    buf_add(&c->conversation, conversation);
}

static void
begin_text(struct chat *c)
{
    clear_tool_line(c);
    if (!c->streaming) {
        md_begin(&c->md, stdout, term_width(stdout));
        c->streaming = true;
    }
}

static void
on_text(void *arg, struct str delta)
{
    struct chat *c = arg;
    if (c->live) {
        begin_text(c);
        md_add(&c->md, delta);
    }
}

static void
on_retracted(void *arg)
{
    struct chat *c = arg;
    if (c->streaming) {
        md_end(&c->md);
        c->streaming = false;
        note("(the text above is withdrawn)");
    }
}

static void
on_tool_started(void *arg, struct str name)
{
    struct chat *c = arg;
    if (!c->live) {
        return;
    }
    if (c->streaming) {
        md_end(&c->md);
        c->streaming = false;
    }
    clear_tool_line(c);
    (void)printf("%s\xC2\xB7 %" STR_FMT " ...%s", term_style(stdout, TERM_DIM), STR_ARG(name),
                 term_style(stdout, TERM_PLAIN));
    (void)fflush(stdout);
    c->tool_line = true;
}

static void
on_tool_finished(void *arg, struct str name, bool ok, int64_t ms)
{
    (void)name;
    (void)ok;
    (void)ms;
    clear_tool_line(arg);
}

static void
on_handed_over(void *arg, int64_t ticket, struct str line)
{
    struct chat *c = arg;
    bot_handed_over(c->bot, ticket);
    on_text(c, line);
}

static void
print_committed(const struct turn_report *report)
{
    if (report->reply.len) {
        term_text(stdout, report->reply);
        (void)printf("\n");
    }
}

static void
on_done(void *arg, const struct turn_report *report)
{
    struct chat *c = arg;
    clear_tool_line(c);
    if (c->streaming) {
        md_end(&c->md);
    } else if (c->live && str_eq(report->outcome, OUTCOME_FAILED)) {
        on_text(c, report->reply);
        md_end(&c->md);
    } else if (!c->live) {
        print_committed(report);
    }
    c->streaming = false;
    if (str_eq(report->outcome, STR("with_human"))) {
        note("(passed on to our team; a colleague will answer here)");
    } else if (str_eq(report->outcome, OUTCOME_CANCELED)) {
        note("(stopped)");
    } else if (str_eq(report->outcome, OUTCOME_FAILED)) {
        struct err err = {0};
        (void)err_set(&err, ERR_REMOTE, "%" STR_FMT, STR_ARG(report->reason));
        term_error(&err);
    }
    (void)fflush(stdout);
    loop_stop(c->loop);
}

static const struct turn_observer observer = {
    .started = on_started,
    .text = on_text,
    .tool_started = on_tool_started,
    .tool_finished = on_tool_finished,
    .retracted = on_retracted,
    .handed_over = on_handed_over,
    .done = on_done,
};

static void
on_interrupt(struct loop_signal *signal)
{
    struct chat *c = OWNER_OF(signal, struct chat, interrupt);
    if (c->interrupts++ > 0) {
        _exit(128 + SIGINT);
    }
    engine_cancel(bot_engine(c->bot), c->turn);
}

static int
say(struct chat *c, struct str text, struct err *err)
{
    struct str id = buf_str(&c->conversation);
    struct turn_input input = bot_input(c->bot, id, text, id.len ? STR("") : c->greeting);
    input.attachments = c->files.blocks;
    input.attachment_count = c->files.count;
    c->interrupts = 0;
    /* Whatever can fail goes before the turn: once it began it has to be carried to its end. */
    int result = loop_signal_init(&c->interrupt, c->loop, SIGINT, on_interrupt, err);
    if (result < 0) {
        return result;
    }
    result = engine_submit(bot_engine(c->bot), &input, &observer, c, &c->turn, err);
    if (result < 0) {
        /* A message nobody can take is the customer's to mend, not the end of the chat. */
        term_error(err);
        result = result == ERR_INVALID || result == ERR_LIMIT ? 0 : result;
    } else {
        result = loop_run(c->loop, err);
    }
    attach_clear(&c->files);
    loop_signal_done(&c->interrupt);
    return result;
}

/* ---- What others write ------------------------------------------------------------------------*/

struct announcement {
    struct str name;
    struct str text;
};

static void
print_announcement(void *arg)
{
    const struct announcement *a = arg;
    struct md md;
    if (a->name.len) {
        (void)printf("%s", term_style(stdout, TERM_GREEN));
        term_text(stdout, a->name);
        (void)printf(":%s ", term_style(stdout, TERM_PLAIN));
    }
    md_begin(&md, stdout, term_width(stdout));
    md_add(&md, a->text);
    md_end(&md);
}

static void
on_message(void *arg, const struct message_row *row, struct str text)
{
    struct chat *c = arg;
    if (str_starts(row->author, AUTHOR_AGENT_PREFIX)) {
        struct announcement a = {str_sub(row->author, AUTHOR_AGENT_PREFIX.len, SIZE_MAX), text};
        line_announce(c->input, print_announcement, &a);
        return;
    }
    /* The desk's own words outside any turn: what an agent decided, when the bot gets it back. */
    if (!str_eq(row->author, AUTHOR_SYSTEM) || row->turn.len) {
        return;
    }
    if (c->own_lines) {
        c->own_lines--;
        return;
    }
    struct announcement a = {STR(""), text};
    line_announce(c->input, print_announcement, &a);
}

/* From the first message on, whoever answers is heard. */
static int
follow(struct chat *c, struct err *err)
{
    if (c->feed || c->conversation.len == 0) {
        return 0;
    }
    return feed_new(c->app->store, c->loop, buf_str(&c->conversation), on_message, c, &c->feed,
                    err);
}

/* ---- Slash commands --------------------------------------------------------------------------*/

enum { CHAT_QUIT = 1 };

static int
slash_help(struct chat *c, struct str rest, struct err *err)
{
    (void)c;
    (void)rest;
    (void)err;
    note("/human        talk to a person\n"
         "/rate N [..]  rate this conversation, 1 to 5, with a comment if you like\n"
         "/image FILE   send a picture with your next message (/document FILE: a document)\n"
         "/new          begin a new conversation\n"
         "/quit         leave (so does Ctrl-D)\n"
         "Ctrl-C stops an answer.");
    return 0;
}

static int
greet(struct chat *c, struct err *err)
{
    int result = bot_greeting(c->bot, &c->greeting, err);
    if (result < 0) {
        return result;
    }
    if (c->live) {
        begin_text(c);
        md_add(&c->md, c->greeting);
        md_end(&c->md);
        c->streaming = false;
    } else {
        term_text(stdout, c->greeting);
        (void)printf("\n");
    }
    return 0;
}

static int
slash_new(struct chat *c, struct str rest, struct err *err)
{
    (void)rest;
    buf_clear(&c->conversation);
    feed_free(c->feed);
    c->feed = NULL;
    note("(a new conversation)");
    return greet(c, err);
}

struct rating {
    struct feedback_row row;
    struct arena *arena;
};

static int
add_rating(struct store_tx *tx, void *arg, struct err *err)
{
    struct rating *r = arg;
    r->row.id = store_new_id(tx, 'f', r->arena);
    r->row.at = store_now(tx);
    return r->row.id.ptr ? store_feedback_add(tx, &r->row, err) : err_nomem(err);
}

static int
slash_rate(struct chat *c, struct str rest, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct rating r = {.arena = &arena};
    struct str number = {0};
    struct str words = rest;
    (void)str_split(&words, ' ', &number);
    if (!str_to_i64(number, &r.row.rating) || r.row.rating < 1 || r.row.rating > 5) {
        note("(a rating is a number from 1 to 5: /rate 4 quick and friendly)");
        return 0;
    }
    if (c->conversation.len == 0) {
        note("(there is nothing to rate yet)");
        return 0;
    }
    r.row.conversation = buf_str(&c->conversation);
    r.row.comment = str_trim(words);
    int result = store_write_wait(c->app->store, add_rating, &r, err);
    if (result == 0) {
        note("(thank you: your rating is recorded)");
    }
    return result;
}

static int
slash_human(struct chat *c, struct str rest, struct err *err)
{
    (void)rest;
    if (c->conversation.len == 0) {
        return say(c, STR("I would like to talk to a human, please."), err);
    }
    int64_t ticket;
    struct str line;
    int result = bot_hand_over(c->bot, buf_str(&c->conversation), &ticket, &line, err);
    if (result == BOT_WITH_HUMAN) {
        note("(our team has this conversation already; a colleague will answer here)");
        return 0;
    }
    if (result == 0) {
        c->own_lines += c->feed != NULL;
        term_text(stdout, line);
        (void)printf("\n");
    }
    return result;
}

static int
attach(struct chat *c, enum media_kind kind, struct str source)
{
    struct err err = {0};
    if (source.len == 0) {
        note("(which file? /image photo.jpg)");
    } else if (attach_add(&c->files, kind, source, &err) < 0) {
        term_error(&err); /* the customer's to mend */
    } else {
        note("(goes with your next message)");
    }
    return 0;
}

static int
slash_image(struct chat *c, struct str rest, struct err *err)
{
    (void)err;
    return attach(c, MEDIA_IMAGE, rest);
}

static int
slash_document(struct chat *c, struct str rest, struct err *err)
{
    (void)err;
    return attach(c, MEDIA_DOCUMENT, rest);
}

static int
slash_quit(struct chat *c, struct str rest, struct err *err)
{
    (void)c;
    (void)rest;
    (void)err;
    return CHAT_QUIT;
}

static int
slash(struct chat *c, struct str line, struct err *err)
{
    static const struct {
        struct str name;
        int (*run)(struct chat *c, struct str rest, struct err *err);
    } table[] = {
        {STR_INIT("/help"), slash_help},         {STR_INIT("/new"), slash_new},
        {STR_INIT("/rate"), slash_rate},         {STR_INIT("/human"), slash_human},
        {STR_INIT("/quit"), slash_quit},         {STR_INIT("/image"), slash_image},
        {STR_INIT("/document"), slash_document},
    };
    struct str rest = line;
    struct str name;
    (void)str_split(&rest, ' ', &name);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (str_eq(name, table[i].name)) {
            return table[i].run(c, str_trim(rest), err);
        }
    }
    note("(there is no such command: /help lists them)");
    return 0;
}

/* ---- The talk --------------------------------------------------------------------------------*/

static int
talk(struct chat *c, struct line *input, struct err *err)
{
    int result = 0;
    while (result == 0) {
        struct str text;
        int got = line_read(input, &text, err);
        if (got == LINE_END) {
            break;
        }
        if (got == LINE_INTERRUPTED) {
            if (c->interrupts++ > 0) {
                break;
            }
            note("(Ctrl-C again, or /quit, leaves)");
            continue;
        }
        if (got < 0) {
            term_error(err);
            if (got != ERR_LIMIT) {
                return got;
            }
            continue;
        }
        c->interrupts = 0;
        if (text.len > 0) {
            result = text.ptr[0] == '/' ? slash(c, text, err) : say(c, text, err);
        }
        if (result == 0 && line_is_terminal(input)) {
            result = follow(c, err);
        }
    }
    return result < 0 ? result : 0;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(bot) struct bot *bot = NULL;
    AUTO(line) struct line *input = NULL;
    struct chat c = {.app = app, .live = term_is_terminal(stdout)};
    int result = bot_open(app, args, "cli", &bot, err);
    if (result == 0) {
        result = bot_watch_plugins(bot, err);
    }
    if (result < 0) {
        return result;
    }
    app_talks(app);
    c.bot = bot;
    c.loop = bot_loop(bot);
    buf_init(&c.conversation, 128);
    buf_add(&c.conversation, args_value(args, "conversation", ""));
    result = attach_args(&c.files, args, err);
    if (result < 0) {
        attach_clear(&c.files);
        buf_done(&c.conversation);
        return result;
    }
    result = line_new(c.loop, "you> ", &input, err);
    if (result == 0) {
        result = c.conversation.len ? bot_check_conversation(bot, buf_str(&c.conversation), err)
                                    : greet(&c, err);
    }
    c.input = input;
    if (result == 0 && line_is_terminal(input)) {
        result = follow(&c, err);
    }
    if (result == 0 && line_is_terminal(input)) {
        note("(/help for commands, Ctrl-D to leave)");
    }
    if (result == 0) {
        result = talk(&c, input, err);
    }
    if (result == 0 && line_is_terminal(input) && c.conversation.len) {
        (void)printf("%s\n(to go on later: deskhand chat -c %s)%s\n", term_style(stdout, TERM_DIM),
                     c.conversation.text, term_style(stdout, TERM_PLAIN));
    }
    feed_free(c.feed);
    attach_clear(&c.files);
    buf_done(&c.conversation);
    return result;
}

static const struct arg_option options[] = {
    BOT_OPTIONS,
    ATTACH_OPTIONS,
    {0},
};

const struct command cmd_chat = {
    .name = "chat",
    .summary = "be the customer: talk to the bot",
    .usage = "[-c ID] [--customer ID] [--image FILE]... [--document FILE]...",
    .details = "In the chat: /help /new /rate N /human /image FILE /document FILE /quit.\n"
               "Ctrl-C stops an answer.",
    .example = "deskhand chat\ndeskhand chat -c c-6fkw3ma7qx1bd2",
    .options = options,
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
