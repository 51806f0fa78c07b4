/* deskhand conversations import: what export wrote, into this desk, all of it or nothing. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/limits.h"
#include "command.h"
#include "desk/record.h"
#include "progress.h"
#include "store/store.h"

struct importing {
    const char *name; /* of the file, for messages */
    FILE *stream;     /* one that can be read twice */
    struct progress progress;
    uint64_t total; /* bytes */
    uint64_t seen;
    /* counted */
    size_t conversations;
    size_t messages;
    size_t tickets;
};

static void
close_stream(FILE *stream)
{
    if (stream && stream != stdin) {
        (void)fclose(stream);
    }
}
AUTO_DEFINE(stream, FILE *, close_stream)

/* ---- The file --------------------------------------------------------------------------------*/

/* A pipe is read once; a body may have to run twice. So it is kept in a file without a name. */
static int
spool(struct importing *im, FILE *from, FILE **ret, struct err *err)
{
    char piece[16384];
    size_t got;
    AUTO(stream) FILE *to = tmpfile();
    if (!to) {
        return err_set_errno(err, errno, "a temporary file for %s", im->name);
    }
    while ((got = fread(piece, 1, sizeof(piece), from)) > 0) {
        if (fwrite(piece, 1, got, to) != got) {
            return err_set_errno(err, errno, "a temporary file for %s", im->name);
        }
        im->total += got;
    }
    if (ferror(from)) {
        return err_set_errno(err, errno, "%s", im->name);
    }
    *ret = TAKE(to);
    return 0;
}

static int
open_file(struct importing *im, struct str path, FILE **ret, struct err *err)
{
    struct stat st;
    bool standard = str_eq(path, STR("-"));
    im->name = standard ? "standard input" : path.ptr;
    AUTO(stream) FILE *file = standard ? stdin : fopen(path.ptr, "re");
    if (!file || fstat(fileno(file), &st) != 0) {
        int seen = errno;
        (void)err_set_errno(err, seen, "%s", im->name);
        return seen == ENOENT ? err_set(err, ERR_NOTFOUND, "%s: there is no such file", im->name)
                              : err->code;
    }
    if (S_ISDIR(st.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: is a folder, not a file", im->name);
    }
    if (standard || !S_ISREG(st.st_mode)) {
        return spool(im, file, ret, err);
    }
    im->total = (uint64_t)st.st_size;
    *ret = TAKE(file);
    return 0;
}

/* ---- Its conversations -----------------------------------------------------------------------*/

static int
take_one(struct store_tx *tx, struct importing *im, const struct buf *text, size_t line,
         struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct record record;
    int result = buf_finish(text, "conversation", err);
    if (result == 0) {
        result = record_read(buf_str(text), &arena, &record, err);
    }
    if (result == 0) {
        result = record_store(tx, &record, err);
    }
    if (result < 0) {
        return err_wrap(err, "%s:%zu", im->name, line);
    }
    im->conversations++;
    im->messages += record.message_count;
    im->tickets += record.ticket_count;
    return 0;
}

/* The pieces of one read, each value taken as it ends. */
static int
take_piece(struct store_tx *tx, struct importing *im, struct str piece, struct record_split *split,
           struct buf *text, struct err *err)
{
    int result = 0;
    while (result == 0 && piece.len > 0) {
        bool whole;
        size_t used = record_split(split, piece, &whole);
        buf_add(text, str_sub(piece, 0, used));
        piece = str_sub(piece, used, SIZE_MAX);
        if (whole || text->failed) {
            result = take_one(tx, im, text, split->begin, err);
            buf_clear(text);
        }
    }
    return result;
}

/* A write body; runs from the beginning whenever it runs. */
static int
import_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct importing *im = arg;
    struct record_split split = {0};
    char piece[65536];
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_JSON_BYTES);
    im->conversations = im->messages = im->tickets = 0;
    im->seen = 0;
    rewind(im->stream);
    for (;;) {
        size_t got = fread(piece, 1, sizeof(piece), im->stream);
        if (ferror(im->stream) || fault_io("import.read")) {
            return err_set_errno(err, errno ? errno : EIO, "%s", im->name);
        }
        if (got == 0) {
            break;
        }
        im->seen += got;
        int result = take_piece(tx, im, (struct str){piece, got}, &split, &text, err);
        if (result < 0) {
            return result;
        }
        progress_show(&im->progress, im->conversations, im->seen, im->total);
    }
    /* A value that did not end: the reader of JSON says what is missing. */
    int result = split.started ? take_one(tx, im, &text, split.begin, err) : 0;
    if (result == 0 && im->conversations == 0) {
        return err_set(err, ERR_INVALID, "%s: holds no conversation", im->name);
    }
    return result;
}

/* Needs no memory: it is done, and must not look as if it failed. */
static void
print_counts(const struct importing *im, bool json)
{
    if (json) {
        (void)printf("{\"conversations\":%zu,\"messages\":%zu,\"tickets\":%zu}\n",
                     im->conversations, im->messages, im->tickets);
        return;
    }
    (void)printf("imported %zu conversation%s: %zu message%s, %zu ticket%s\n", im->conversations,
                 im->conversations == 1 ? "" : "s", im->messages, im->messages == 1 ? "" : "s",
                 im->tickets, im->tickets == 1 ? "" : "s");
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct importing im = {0};
    AUTO(stream) FILE *stream = NULL;
    int result = app_store(app, APP_WRITE, NULL, err);
    if (result == 0) {
        result = open_file(&im, args_at(args, 0), &stream, err);
    }
    if (result < 0) {
        return result;
    }
    im.stream = stream;
    progress_begin(&im.progress, "importing", "conversations");
    result = store_write_wait(app->store, import_body, &im, err);
    progress_clear(&im.progress);
    if (result == 0) {
        print_counts(&im, args_flag(args, "json"));
    }
    return result;
}

static const struct arg_option options[] = {
    {"json", 0, NULL, "print the counts as one JSON object"},
    {0},
};

const struct command cmd_conversations_import = {
    .name = "import",
    .summary = "take in what export wrote, all of it or nothing",
    .usage = "FILE [--json]",
    .details = "FILE holds conversations as `export` writes them, as JSON or JSON Lines; - is\n"
               "standard input. A mistake anywhere, or an id or ticket number that this desk has\n"
               "already, and nothing is imported. The desk cannot be written to meanwhile.",
    .example = "deskhand conversations import talk.json",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
