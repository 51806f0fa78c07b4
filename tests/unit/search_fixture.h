/* What the tests of product search share: a catalogue of given rows, the same rows as JSON, and a
 * reading of them that knows nothing of any index. */
#ifndef TEST_SEARCH_FIXTURE_H
#define TEST_SEARCH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "catalog_fixture.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum { SHELF_ROWS = 4096 };

/* A small shop with words that are met in many ways. */
#define SHOP_ROWS                                                                                  \
    "{\"id\":\"A-1\",\"name\":\"Sony WH-1000XM4 headphones\",\"model\":\"WH-1000XM4\"}\n"          \
    "{\"id\":\"A-2\",\"name\":\"Sony WH-1000XM3 headphones\",\"model\":\"WH-1000XM3\"}\n"          \
    "{\"id\":\"A-3\",\"name\":\"Case for WH 1000XM4\",\"sku\":\"CS/77.310\"}\n"                    \
    "{\"id\":\"T-1\",\"name\":\"Panel television 55\\\"\",\"specifications\":{\"diagonal\":\"55 "  \
    "inch\"}}\n"                                                                                   \
    "{\"id\":\"T-2\",\"name\":\"Panel television 65 inch\"}\n"                                     \
    "{\"id\":\"B-1\",\"name\":\"Battery size D, pack of 2\"}\n"                                    \
    "{\"id\":\"B-2\",\"name\":\"Battery size C, pack of 2\"}\n"                                    \
    "{\"id\":\"B-3\",\"name\":\"Battery charger\",\"description\":\"for D and C cells\"}\n"        \
    "{\"id\":\"L-1\",\"name\":\"Smart Lock for the front door\"}\n"                                \
    "{\"id\":\"L-2\",\"name\":\"Bicycle lock\",\"description\":\"not smart, but strong\"}\n"       \
    "{\"id\":\"D-1\",\"name\":\"Video doorbell\"}\n"                                               \
    "{\"id\":\"S-1\",\"name\":\"Bluetooth speaker, waterproof\",\"brand\":\"Sony\"}\n"             \
    "{\"id\":\"S-2\",\"name\":\"Shelf speakers\",\"features\":[\"Walnut\"]}\n"                     \
    "{\"id\":\"C-1\",\"name\":\"Caf\xC3\xA9 grinder\"}\n"

struct shelf {
    struct folder folder;
    struct catalog *catalog;
    struct arena arena;
    const struct js *rows[SHELF_ROWS];
    size_t count;
};

static inline struct str
file_text(const char *path, struct arena *arena)
{
    AUTO(buf) struct buf text;
    char block[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file) {
        return (struct str){0};
    }
    buf_init(&text, 256UL * 1024 * 1024);
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buf_add(&text, (struct str){block, got});
    }
    (void)fclose(file);
    return buf_to_arena(&text, arena);
}

/* A catalogue of the lines of TEXT, in LANGUAGE (empty: the default). */
static inline void
shelf_make(struct shelf *s, struct str text, const char *language)
{
    struct err err = {0};
    struct catalog_report report;
    struct catalog_import options = {.kind = CATALOG_PRODUCTS, .language = str_c(language)};
    struct str line;
    memset(s, 0, sizeof(*s));
    folder_make(&s->folder);
    const char *const files[] = {folder_file(&s->folder, "p.jsonl", text)};
    if (catalog_import(s->folder.db, files, 1, &options, &report, &err) != 0 ||
        catalog_open(s->folder.db, &s->catalog, &err) != 0) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(report.rejected, 0);
    while (str_split(&text, '\n', &line) && s->count < SHELF_ROWS) {
        struct js *row = NULL;
        if (line.len > 0) {
            assert_int_equal(js_parse_object(line, "row", &s->arena, &row, &err), 0);
            s->rows[s->count++] = row;
        }
    }
}

static inline void
shelf_sample(struct shelf *s)
{
    AUTO(arena) struct arena scratch = {0};
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/catalog/sample/products.jsonl",
                   getenv("DESKHAND_SOURCE"));
    struct str text = file_text(path, &scratch);
    assert_true(text.len > 0);
    shelf_make(s, text, "");
    assert_true(s->count >= 90);
}

static inline void
shelf_remove(struct shelf *s)
{
    catalog_free(s->catalog);
    folder_remove(&s->folder);
    arena_done(&s->arena);
}

/* What must not fail. */
static inline struct catalog_hits
shelf_find(const struct shelf *s, const struct catalog_query *query, struct arena *arena)
{
    struct err err = {0};
    struct catalog_hits hits;
    if (catalog_search(s->catalog, query, arena, &hits, &err) != 0) {
        fail_msg("'%.*s': %s", (int)query->text.len, query->text.ptr, err.message);
    }
    return hits;
}

/* Ids found for TEXT, with a space between. */
static inline const char *
shelf_ids(const struct shelf *s, const char *text, size_t limit, struct arena *arena)
{
    struct catalog_query query = {.text = str_c(text), .limit = limit, .no_snippets = true};
    struct catalog_hits hits = shelf_find(s, &query, arena);
    AUTO(buf) struct buf ids;
    buf_init(&ids, 8192);
    for (size_t i = 0; i < hits.count; i++) {
        buf_printf(&ids, "%s%" STR_FMT, i > 0 ? " " : "", STR_ARG(hits.items[i].id));
    }
    return ids.len > 0 ? buf_to_arena(&ids, arena).ptr : "";
}

/* Does TEXT hold WORD, or its plural, as a word of its own? ASCII. */
static inline bool
text_has(struct str text, struct str word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        struct str rest = str_sub(text, i + word.len, SIZE_MAX);
        bool begins = i == 0 || !isalnum((unsigned char)text.ptr[i - 1]);
        if (!begins || !str_eq_nocase(str_sub(text, i, word.len), word)) {
            continue;
        }
        rest = rest.len > 0 && rest.ptr[0] == 's' ? str_sub(rest, 1, SIZE_MAX) : rest;
        if (rest.len == 0 || !isalnum((unsigned char)rest.ptr[0])) {
            return true;
        }
    }
    return false;
}

/* The same of a value, whatever is in it; NEED is asked of every text. */
static inline bool
value_has(const struct js *value, struct str word, bool (*need)(struct str, struct str))
{
    struct js_member member;
    bool has = js_type(value) == JS_STRING && need(js_text(value), word);
    for (size_t i = 0; js_type(value) == JS_ARRAY && i < js_count(value); i++) {
        has = has || value_has(js_at(value, i), word, need);
    }
    if (js_type(value) == JS_OBJECT) {
        for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
            has = has || need(member.key, word) || value_has(member.value, word, need);
        }
    }
    return has;
}

/* Does the record hold WORD where search looks? */
static inline bool
row_has(const struct js *row, struct str word)
{
    static const char *const members[] = {"name",          "brand",    "category",
                                          "description",   "features", "specifications",
                                          "common_issues", "model"};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (value_has(js_get_c(row, members[i]), word, text_has)) {
            return true;
        }
    }
    return false;
}

#endif
