#include "knowledge.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "app.h"
#include "base/buf.h"
#include "catalog/catalog.h"
#include "io/worker.h"
#include "turn/turn.h"

enum {
    THREADS = 2,         /* a search takes some milliseconds */
    ARTICLES_MAX = 5,    /* what the configuration allows */
    ARTICLE_LABEL = 200, /* around each */
};

struct knowledge {
    struct turn_knowledge parts;
    struct pool *pool;
    char *path;
};

static int
write_articles(const struct catalog_hits *hits, struct arena *arena, struct str *ret,
               struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, ARTICLES_MAX * (CATALOG_BRIEF_BYTES + ARTICLE_LABEL));
    for (size_t i = 0; i < hits->count; i++) {
        struct js_out out;
        if (!hits->items[i].exact && hits->items[i].confidence < CATALOG_FITS) {
            continue;
        }
        buf_add_c(&text, text.len ? "\n" : "");
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_put_str(&out, "source", STR("article"));
        js_put_str(&out, "id", hits->items[i].id);
        js_key(&out, STR("article"));
        int result = catalog_write_brief(&hits->items[i], arena, &out, err);
        if (result < 0) {
            return result;
        }
        js_end_object(&out);
    }
    int result = buf_finish(&text, "articles", err);
    struct str found = buf_to_arena(&text, arena);
    if (result == 0 && !found.ptr) {
        return err_nomem(err);
    }
    *ret = found;
    return result;
}

/* [worker] A reader is opened for each search: it costs less than a millisecond, and an import
 * that has put a new file in place is noticed. */
static int
find(void *arg, struct str text, size_t count, struct arena *arena, struct str *ret,
     struct err *err)
{
    const struct knowledge *k = arg;
    AUTO(catalog) struct catalog *c = NULL;
    struct catalog_hits hits;
    const struct catalog_query query = {.kind = CATALOG_ARTICLES,
                                        .text = text,
                                        .limit = count < ARTICLES_MAX ? count : ARTICLES_MAX};
    int result = catalog_open(k->path, &c, err);
    if (result == ERR_NOTFOUND) {
        *ret = STR("");
        return 0;
    }
    if (result == 0) {
        result = catalog_search(c, &query, arena, &hits, err);
    }
    return result == 0 ? write_articles(&hits, arena, ret, err) : result;
}

int
knowledge_new(struct app *app, struct loop *l, struct knowledge **ret, struct err *err)
{
    struct str path;
    struct knowledge *k = mem_zero(1, sizeof(*k));
    if (!k) {
        return err_nomem(err);
    }
    int result = app_catalog_path(app, &path, err);
    if (result == 0) {
        k->path = mem_str(path);
        result = k->path ? pool_new(l, "knowledge", THREADS, 0, &k->pool, err) : err_nomem(err);
    }
    if (result < 0) {
        knowledge_free(k);
        return result;
    }
    k->parts = (struct turn_knowledge){.find = find, .arg = k, .pool = k->pool};
    *ret = k;
    return 0;
}

void
knowledge_free(struct knowledge *k)
{
    if (k) {
        pool_free(k->pool);
        mem_free(k->path);
        mem_free(k);
    }
}

const struct turn_knowledge *
knowledge_parts(const struct knowledge *k)
{
    return k ? &k->parts : NULL;
}

/* An import writes the write-ahead log first, or puts a new file in place. An empty log is none. */
void
knowledge_version(struct app *app, char ret[KNOWLEDGE_VERSION])
{
    AUTO(arena) struct arena arena = {0};
    struct str path;
    struct err ignored = {0};
    struct stat file = {0};
    struct stat log = {0};
    ret[0] = '\0';
    if (app_catalog_path(app, &path, &ignored) < 0) {
        return;
    }
    struct str log_path = arena_printf(&arena, "%" STR_FMT "-wal", STR_ARG(path));
    if (stat(path.ptr, &file) != 0) {
        return;
    }
    if (!log_path.ptr || stat(log_path.ptr, &log) != 0 || log.st_size == 0) {
        log = (struct stat){0};
    }
    (void)snprintf(ret, KNOWLEDGE_VERSION,
                   "%" PRIu64 " %" PRId64 " %" PRId64 ".%ld %" PRId64 " %" PRId64 ".%ld",
                   (uint64_t)file.st_ino, (int64_t)file.st_size, (int64_t)file.st_mtim.tv_sec,
                   file.st_mtim.tv_nsec, (int64_t)log.st_size, (int64_t)log.st_mtim.tv_sec,
                   log.st_mtim.tv_nsec);
}
