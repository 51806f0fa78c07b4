#include "feed.h"

#include "base/arena.h"
#include "base/media.h"
#include "base/message.h"
#include "io/loop.h"
#include "store/store.h"

struct feed {
    struct store *store;
    struct loop *loop;
    char *conversation;
    feed_fn fn;
    void *arg;
    int64_t seen; /* seq of the last message told, or there before */
    struct store_watch watch;
    struct store_request request;
    bool looking;
    bool again;
    struct arena arena; /* of the look under way */
    struct message_row *rows;
    size_t count;
};

/* [store thread] */
static int
look(struct store_tx *tx, void *arg, struct err *err)
{
    struct feed *f = arg;
    arena_clear(&f->arena);
    return store_message_list(tx, str_c(f->conversation), f->seen, 0, &f->arena, &f->rows,
                              &f->count, err);
}

static void
tell(struct feed *f, const struct message_row *row)
{
    struct err err = {0};
    struct message m = {0};
    if (str_eq(row->state, MESSAGE_DISCARDED) || str_eq(row->author, AUTHOR_TOOL) ||
        str_eq(row->author, AUTHOR_NOTE)) {
        return;
    }
    if (message_parse_content(row->content, &f->arena, &m.blocks, &m.count, &err) == 0) {
        f->fn(f->arg, row, media_text(&m, &f->arena));
    }
}

static void start_look(struct feed *f);

static void
on_looked(void *arg, int result, const struct err *err)
{
    struct feed *f = arg;
    (void)err; /* the next commit looks again */
    f->looking = false;
    for (size_t i = 0; result == 0 && i < f->count; i++) {
        f->seen = f->rows[i].seq;
        tell(f, &f->rows[i]);
    }
    if (f->again) {
        f->again = false;
        start_look(f);
    }
}

static void
start_look(struct feed *f)
{
    if (f->looking) {
        f->again = true;
        return;
    }
    f->looking = true;
    f->request = (struct store_request){.body = look, .done = on_looked, .arg = f};
    store_read(f->store, &f->request);
}

static void
on_change(struct store_watch *watch)
{
    start_look(OWNER_OF(watch, struct feed, watch));
}

int
feed_new(struct store *s, struct loop *loop, struct str conversation, feed_fn fn, void *arg,
         struct feed **ret, struct err *err)
{
    AUTO(feed) struct feed *f = mem_zero(1, sizeof(*f));
    if (!f) {
        return err_nomem(err);
    }
    f->store = s;
    f->loop = loop;
    f->fn = fn;
    f->arg = arg;
    f->conversation = mem_str(conversation);
    if (!f->conversation) {
        return err_nomem(err);
    }
    int result = store_read_wait(s, look, f, err);
    if (result == 0) {
        f->seen = f->count ? f->rows[f->count - 1].seq : 0;
        result = store_watch_start(s, &f->watch, on_change, err);
    }
    if (result < 0) {
        return result;
    }
    *ret = TAKE(f);
    return 0;
}

void
feed_free(struct feed *f)
{
    struct err err = {0};
    if (!f) {
        return;
    }
    if (f->watch.fn) {
        store_watch_stop(&f->watch);
    }
    f->again = false;
    while (f->looking && loop_step(f->loop, 20, &err) == 0) {
    }
    arena_done(&f->arena);
    mem_free(f->conversation);
    mem_free(f);
}
