/* Any bytes as a query, for products and for articles: an answer or nothing, never a failure. The
 * catalogue is made once, in memory's place on disk, from a handful of records. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "base/utf8.h"
#include "catalog/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char products[] =
    "{\"id\":\"1\",\"name\":\"AND OR NOT NEAR lamp\",\"model\":\"WH-1000XM4\",\"category\":\"a "
    "b\"}\n"
    "{\"id\":\"2\",\"name\":\"hub 2\",\"features\":[\"55\\\" wide\"],\"price\":5}\n";
static const char articles[] = "{\"id\":\"1\",\"title\":\"what is it\",\"text\":\"a lamp that "
                               "blinks\",\"products\":[\"hub\"]}\n";

static void
import_text(const char *db, enum catalog_kind kind, const char *text)
{
    char name[64] = "/tmp/fuzz-query-XXXXXX";
    struct catalog_report report;
    struct err err = {0};
    struct catalog_import options = {.kind = kind};
    int fd = mkstemp(name);
    must(fd >= 0 && write(fd, text, str_c(text).len) == (ssize_t)str_c(text).len);
    must(close(fd) == 0);
    const char *const files[] = {name};
    must(catalog_import(db, files, 1, &options, &report, &err) == 0);
    (void)unlink(name);
}

/* The files are gone as soon as the handle has them; it goes on with what it has open. */
static struct catalog *
make_catalog(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    char folder[] = "/tmp/fuzz-query-XXXXXX";
    char db[128];
    struct catalog *c = NULL;
    struct err err = {0};
    must(mkdtemp(folder) != NULL);
    (void)snprintf(db, sizeof(db), "%s/catalog.db", folder);
    import_text(db, CATALOG_PRODUCTS, products);
    import_text(db, CATALOG_ARTICLES, articles);
    must(catalog_open(db, &c, &err) == 0);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char name[160];
        (void)snprintf(name, sizeof(name), "%s%s", db, endings[i]);
        (void)unlink(name);
    }
    (void)rmdir(folder);
    return c;
}

static void
check_hits(const struct catalog_hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        const struct catalog_hit *hit = &hits->items[i];
        must(hit->id.len > 0 && hit->confidence >= 0 && hit->confidence <= 1.000001);
        must(i == 0 || hit->score <= hits->items[i - 1].score);
        must(utf8_valid(hit->snippet));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct catalog *c;
    c = c ? c : make_catalog();
    AUTO(arena) struct arena arena = {0};
    struct str text = {(const char *)data, size};
    size_t half = size / 2;
    struct catalog_query queries[] = {
        {.kind = CATALOG_PRODUCTS, .text = text},
        {.kind = CATALOG_PRODUCTS,
         .text = str_sub(text, 0, half),
         .category = str_sub(text, half, SIZE_MAX),
         .brand = str_sub(text, 0, half / 2),
         .max_price = (double)size},
        {.kind = CATALOG_ARTICLES, .text = text},
        {.kind = CATALOG_ARTICLES,
         .text = str_sub(text, 0, half),
         .product = str_sub(text, half, SIZE_MAX)},
    };
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct err err = {0};
        struct catalog_hits hits;
        must(catalog_search(c, &queries[i], &arena, &hits, &err) == 0);
        check_hits(&hits);
    }
    return 0;
}
