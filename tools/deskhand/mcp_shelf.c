#include "mcp_shelf.h"

#include <ctype.h>

#include "app.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/catalog.h"
#include "catalog/list.h"
#include "io/worker.h"

enum { THREADS = 2 }; /* a record takes less than a millisecond */

#define ARTICLES "deskhand://articles/"
#define PRODUCTS "deskhand://products/"

static const struct mcp_resource_template templates[] = {
    {STR_INIT(ARTICLES "{id}"), STR_INIT("article"), STR_INIT("Troubleshooting article"),
     STR_INIT("A troubleshooting article of the shop by its id, as JSON: symptoms, steps, and when "
              "a human should take over")},
    {STR_INIT(PRODUCTS "{id}"), STR_INIT("product"), STR_INIT("Product"),
     STR_INIT(
         "A product of the shop by its id, model or SKU, as JSON: name, price, stock, features "
         "and specifications")},
};

/* ---- URIs ------------------------------------------------------------------------------------*/

/* An id may hold anything: what RFC 3986 does not leave unreserved is written as %XX. */
static struct str
uri_of(const char *prefix, struct str id, struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_URL_BYTES * 4);
    buf_add_c(&text, prefix);
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        bool plain = (c < 0x80 && isalnum(c)) || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            buf_add_char(&text, (char)c);
        } else {
            buf_printf(&text, "%%%02X", c);
        }
    }
    return buf_to_arena(&text, arena);
}

static int
hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The id that TEXT stands for; ptr NULL: it stands for none. A % without two digits is itself. */
static struct str
id_of(struct str text, struct arena *arena)
{
    char *id = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; id && i < text.len; i++) {
        bool coded = text.ptr[i] == '%' && i + 2 < text.len && hex(text.ptr[i + 1]) >= 0 &&
                     hex(text.ptr[i + 2]) >= 0;
        id[len++] = coded ? (char)(hex(text.ptr[i + 1]) * 16 + hex(text.ptr[i + 2])) : text.ptr[i];
        i += coded ? 2 : 0;
    }
    return (struct str){id, len};
}

/* ---- read ------------------------------------------------------------------------------------*/

/* The catalogue's own failures are no fault of what the client asked. */
static int
ours(int result, struct err *err)
{
    return result == ERR_INVALID || result == ERR_NOTFOUND ? (int)(err->code = ERR_IO) : result;
}

/* [worker] */
static int
read_record(void *arg, struct str uri, struct arena *arena, struct str *ret, struct err *err)
{
    const struct mcp_catalog *shelf = arg;
    AUTO(catalog) struct catalog *c = NULL;
    bool article = str_starts(uri, STR(ARTICLES));
    if (!article && !str_starts(uri, STR(PRODUCTS))) {
        return err_set(err, ERR_NOTFOUND,
                       "there is no such resource: URIs are " ARTICLES "ID and " PRODUCTS "ID");
    }
    struct str id = id_of(str_sub(uri, sizeof(ARTICLES) - 1, SIZE_MAX), arena);
    if (!id.ptr) {
        return err_nomem(err);
    }
    int result = catalog_open(shelf->path.ptr, &c, err);
    if (result == 0) {
        result = catalog_get(c, article ? CATALOG_ARTICLES : CATALOG_PRODUCTS, id, arena, ret, err);
    }
    if (result == CATALOG_NONE || result == ERR_NOTFOUND) {
        struct str shown = utf8_cut(id, 80);
        return err_set(err, ERR_NOTFOUND,
                       "there is no %s with the id \"%" STR_FMT "\": the tools find ids by words",
                       article ? "article" : "product", STR_ARG(shown));
    }
    return ours(result, err);
}

/* ---- list ------------------------------------------------------------------------------------*/

/* A page in the making, and where it stands: behind which id, and how many products before. */
struct listing {
    struct arena *arena;
    struct mcp_resource_page *page;
    size_t limit;
    bool products;
    int64_t seen;
    struct str after;
};

/* "a:ID", articles behind ID; "p:N:ID", products behind ID, which is the N-th. */
static bool
read_cursor(struct str cursor, struct listing *ret)
{
    struct str kind;
    struct str seen;
    if (!cursor.len) {
        return true;
    }
    if (!str_split(&cursor, ':', &kind)) {
        return false;
    }
    ret->products = str_eq_c(kind, "p");
    if (ret->products && (!str_split(&cursor, ':', &seen) || !str_to_i64(seen, &ret->seen))) {
        return false;
    }
    ret->after = cursor;
    return (ret->products || str_eq_c(kind, "a")) && ret->seen >= 0 &&
           ret->seen <= MCP_SHELF_PRODUCTS;
}

/* As many of the kind as there is room for. 1: the page is full and there are more. */
static int
add_records(struct listing *l, struct catalog *c, struct err *err)
{
    struct catalog_listed *found;
    size_t count = 0;
    size_t room = l->limit - l->page->count;
    if (l->products && room > (size_t)(MCP_SHELF_PRODUCTS - l->seen)) {
        room = (size_t)(MCP_SHELF_PRODUCTS - l->seen);
    }
    int result = catalog_list(c, l->products ? CATALOG_PRODUCTS : CATALOG_ARTICLES, l->after,
                              room + 1, l->arena, &found, &count, err);
    if (result < 0) {
        return result;
    }
    for (size_t i = 0; i < count && i < room; i++) {
        struct str uri = uri_of(l->products ? PRODUCTS : ARTICLES, found[i].id, l->arena);
        if (!uri.ptr) {
            return err_nomem(err);
        }
        l->page->items[l->page->count++] = (struct mcp_resource){.uri = uri, .name = found[i].name};
        l->after = found[i].id;
        l->seen += l->products;
    }
    return count > room && (!l->products || l->seen < MCP_SHELF_PRODUCTS);
}

static int
fill_page(struct listing *l, struct catalog *c, struct err *err)
{
    int more = 0;
    if (!l->products) {
        more = add_records(l, c, err);
        if (more == 0) {
            l->products = true;
            l->after = STR("");
        }
    }
    if (more == 0) {
        more = add_records(l, c, err);
    }
    if (more <= 0) {
        return more;
    }
    l->page->next = l->products ? arena_printf(l->arena, "p:%lld:%" STR_FMT, (long long)l->seen,
                                               STR_ARG(l->after))
                                : arena_printf(l->arena, "a:%" STR_FMT, STR_ARG(l->after));
    return l->page->next.ptr ? 0 : err_nomem(err);
}

/* [worker] */
static int
list_records(void *arg, struct str cursor, size_t limit, struct arena *arena,
             struct mcp_resource_page *ret, struct err *err)
{
    const struct mcp_catalog *shelf = arg;
    AUTO(catalog) struct catalog *c = NULL;
    struct listing l = {.arena = arena, .page = ret, .limit = limit};
    if (!read_cursor(cursor, &l)) {
        return err_set(err, ERR_INVALID,
                       "cursor: not one of this list's: leave it out to begin anew");
    }
    *ret = (struct mcp_resource_page){.items = arena_zero(arena, limit, sizeof(*ret->items))};
    if (!ret->items) {
        return err_nomem(err);
    }
    int result = catalog_open(shelf->path.ptr, &c, err);
    if (result == ERR_NOTFOUND) {
        return 0; /* a desk without a catalogue */
    }
    return ours(result == 0 ? fill_page(&l, c, err) : result, err);
}

int
mcp_shelf_init(struct mcp_catalog *ret, struct app *app, struct loop *l, struct err *err)
{
    *ret = (struct mcp_catalog){0};
    ret->shelf = (struct mcp_shelf){
        .list = list_records,
        .read = read_record,
        .arg = ret,
        .templates = templates,
        .template_count = sizeof(templates) / sizeof(templates[0]),
    };
    int result = app_catalog_path(app, &ret->path, err);
    return result < 0 ? result : pool_new(l, "resources", THREADS, 0, &ret->shelf.pool, err);
}

void
mcp_shelf_done(struct mcp_catalog *c)
{
    pool_free(c->shelf.pool);
    c->shelf.pool = NULL;
}
