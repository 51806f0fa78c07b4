/* What the segment tests share: records made by chance, an index of them, and a model that keeps
 * the records and works out by brute force what the index must say. */
#ifndef TEST_SEGMENT_FIXTURE_H
#define TEST_SEGMENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "catalog/index/segment.h"

enum {
    MODEL_RECORDS = 4000,
    MODEL_TOKENS = 24,
    MODEL_FIELDS = 3,
    MODEL_WORDS = 60,
};

static const struct rank_plan model_plan = {
    .fields = {{.weight = 5.0, .length = 0.5, .pairs = true},
               {.weight = 4.0, .length = 0.0},
               {.weight = 0.4, .length = 0.6}},
    .count = MODEL_FIELDS,
    .saturation = 2.0,
};

struct model_token {
    int field;
    uint32_t position;
    int word;
};

struct model_record {
    struct segment_attributes attributes;
    struct model_token tokens[MODEL_TOKENS];
    size_t count;
    bool live;
};

struct model {
    struct model_record records[MODEL_RECORDS];
    size_t count;
    bool averaged;
    double averages[RANK_FIELDS];
    uint64_t seed;
};

static inline struct model *
model_new(uint64_t seed)
{
    struct model *m = test_calloc(1, sizeof(*m));
    m->seed = seed;
    return m;
}

static inline uint32_t
model_random(struct model *m, uint32_t below)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(m->seed >> 33) % below;
}

/* Words that share beginnings, are beginnings of others, and of all lengths. */
static inline struct str
model_word(int word, char room[32])
{
    static const char *const stems[] = {"lamp", "lampe", "lampenschirm", "x", "\xc3\xa9t\xc3\xa9"};
    int len = word < 5 ? snprintf(room, 32, "%s", stems[word])
                       : snprintf(room, 32, "%s%s%d", stems[word % 5], word % 2 ? "-" : "", word);
    return (struct str){room, (size_t)len};
}

/* The common ones much more often: their lists are long. */
static inline int
model_pick(struct model *m)
{
    uint32_t limit = 1 + model_random(m, MODEL_WORDS);
    return (int)model_random(m, limit);
}

static inline struct model_record *
model_add(struct model *m, int64_t row)
{
    assert_true(m->count < MODEL_RECORDS);
    struct model_record *r = &m->records[m->count++];
    memset(r, 0, sizeof(*r));
    r->live = true;
    r->attributes = (struct segment_attributes){
        .row = row,
        .brand = 0,
        .category = 0,
        .price = model_random(m, 4) == 0 ? -1 : model_random(m, 100000) / 100.0,
        .stock = (enum catalog_stock)model_random(m, 3),
    };
    size_t count = model_random(m, MODEL_TOKENS + 1);
    int field = 0;
    uint32_t position = 0;
    while (r->count < count) {
        if (field + 1 < MODEL_FIELDS && model_random(m, 5) == 0) {
            field++;
            position = 0;
        }
        r->tokens[r->count++] = (struct model_token){field, position, model_pick(m)};
        /* Now and then two at one place, or a gap. */
        uint32_t chance = model_random(m, 8);
        position += chance == 0 ? 0 : chance == 1 ? 2 : 1;
    }
    return r;
}

static inline void
model_remove(struct model *m, int64_t row)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->records[i].attributes.row == row) {
            m->records[i].live = false;
        }
    }
}

static inline bool
model_first_of_place(const struct model_record *r, size_t i)
{
    return i == 0 || r->tokens[i - 1].field != r->tokens[i].field ||
           r->tokens[i - 1].position != r->tokens[i].position;
}

static inline double
model_length(const struct model_record *r, int field)
{
    double length = 0;
    for (size_t i = 0; i < r->count; i++) {
        length += r->tokens[i].field == field && model_first_of_place(r, i);
    }
    return length;
}

/* The averages are those of the first flush. */
static inline void
model_freeze(struct model *m)
{
    if (m->averaged) {
        return;
    }
    double live = 0;
    double totals[RANK_FIELDS] = {0};
    for (size_t i = 0; i < m->count; i++) {
        live += m->records[i].live;
        for (int f = 0; m->records[i].live && f < MODEL_FIELDS; f++) {
            totals[f] += model_length(&m->records[i], f);
        }
    }
    for (int f = 0; f < RANK_FIELDS; f++) {
        m->averages[f] = totals[f] > 0 ? totals[f] / live : 1.0;
    }
    m->averaged = true;
}

/* The weighted count of FIRST in R; SECOND >= 0: of the two as neighbours in the first field. */
static inline double
model_count(const struct model *m, const struct model_record *r, int first, int second)
{
    double sum = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct model_token *t = &r->tokens[i];
        const struct rank_field *field = &model_plan.fields[t->field];
        double unit =
            field->weight /
            (1 - field->length + field->length * model_length(r, t->field) / m->averages[t->field]);
        if (second < 0) {
            sum += t->word == first ? unit : 0;
            continue;
        }
        for (size_t k = 0; t->field == 0 && k < r->count; k++) {
            const struct model_token *n = &r->tokens[k];
            bool next = n->field == 0 && n->position == t->position + 1;
            if (next && t->word == first && n->word == second && model_first_of_place(r, i) &&
                model_first_of_place(r, k)) {
                sum += unit;
            }
        }
    }
    return sum;
}

static inline int
model_impact(const struct model *m, const struct model_record *r, int first, int second)
{
    double count = model_count(m, r, first, second);
    if (count <= 0) {
        return 0;
    }
    int impact = (int)floor(count / (model_plan.saturation + count) * 255 + 0.5);
    return impact < 1 ? 1 : impact > 255 ? 255 : impact;
}

static inline void
model_write(const struct model_record *r, struct segment_writer *w)
{
    struct err err = {0};
    char room[32];
    assert_int_equal(segment_begin(w, &r->attributes, &err), 0);
    for (size_t i = 0; i < r->count; i++) {
        const struct model_token *t = &r->tokens[i];
        assert_int_equal(segment_token(w, t->field, t->position, model_word(t->word, room), &err),
                         0);
    }
    assert_int_equal(segment_end(w, &err), 0);
}

static inline const struct model_record *
model_find(const struct model *m, int64_t row)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->records[i].live && m->records[i].attributes.row == row) {
            return &m->records[i];
        }
    }
    return NULL;
}

/* Every posting of the term is a record's of the model, with its impact. Returns how many of them
 * live. */
static inline size_t
model_check_list(const struct model *m, struct segment_reader *r, size_t segment, struct str term,
                 int first, int second, uint64_t *total)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct postings list;
    struct postings_cursor cursor;
    size_t live = 0;
    assert_int_equal(segment_postings(r, segment, term, &arena, &list, &err), 0);
    *total += list.count;
    if (list.count == 0) {
        return 0;
    }
    for (postings_start(&cursor, &list); cursor.doc != POSTINGS_END; postings_next(&cursor)) {
        struct segment_attributes a;
        assert_int_equal(segment_attributes(r, segment, cursor.doc, &a, &err), 0);
        const struct model_record *record = model_find(m, a.row);
        if (segment_gone(r, segment, cursor.doc)) {
            continue;
        }
        assert_non_null(record);
        assert_int_equal(cursor.impact, model_impact(m, record, first, second));
        assert_true(a.price == record->attributes.price);
        assert_int_equal(a.stock, record->attributes.stock);
        assert_int_equal(a.brand, record->attributes.brand);
        live++;
    }
    return live;
}

static inline void
model_check_term(const struct model *m, struct segment_reader *r, size_t segments, int first,
                 int second)
{
    char room[80];
    char one[32];
    char two[32];
    struct err err = {0};
    struct str a = model_word(first, one);
    struct str b = second < 0 ? (struct str){0} : model_word(second, two);
    (void)snprintf(room, sizeof(room), "%" STR_FMT "%s%" STR_FMT, STR_ARG(a), second < 0 ? "" : " ",
                   STR_ARG(b));
    size_t expected = 0;
    size_t live = 0;
    uint64_t total = 0;
    uint64_t frequency = 0;
    for (size_t i = 0; i < m->count; i++) {
        expected += m->records[i].live && model_impact(m, &m->records[i], first, second) > 0;
    }
    assert_int_equal(segment_frequency(r, str_c(room), &frequency, &err), 0);
    for (size_t i = 0; i < segments; i++) {
        live += model_check_list(m, r, i, str_c(room), first, second, &total);
    }
    assert_int_equal(live, expected);
    assert_int_equal(total, frequency);
}

/* All words, and pairs with a stride: there are thousands. */
static inline void
model_check(const struct model *m, struct segment_reader *r)
{
    struct err err = {0};
    size_t segments = 0;
    assert_int_equal(segment_read_begin(r, &segments, &err), 0);
    for (int first = 0; first < MODEL_WORDS; first++) {
        model_check_term(m, r, segments, first, -1);
        for (int second = first % 7; second < MODEL_WORDS; second += 7) {
            model_check_term(m, r, segments, first, second);
        }
    }
    for (int f = 0; m->averaged && f < MODEL_FIELDS; f++) {
        assert_true(segment_averages(r)[f] == m->averages[f]);
    }
    segment_read_end(r);
}

static inline sqlite3 *
index_open(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static inline sqlite3 *
index_new(const char *path)
{
    sqlite3 *db = index_open(path);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, segment_schema_sql, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static inline struct segment_writer *
index_begin(sqlite3 *db)
{
    struct segment_writer *w = NULL;
    struct err err = {0};
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(segment_writer_open(db, &model_plan, &w, &err), 0);
    return w;
}

static inline void
index_commit(sqlite3 *db, struct segment_writer *w)
{
    struct err err = {0};
    assert_int_equal(segment_finish(w, &err), 0);
    segment_writer_free(w);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
}

#endif
