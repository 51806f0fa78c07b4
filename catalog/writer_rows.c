#include "catalog/writer_parts.h"

#include <stdlib.h>

#include "base/limits.h"
#include "catalog/price.h"
#include "catalog/sql.h"

/* By kind. Placeholders of the index statements are the columns in order, rowid last. */
static const char *const statement_sql[2][WRITER_STATEMENTS] = {
    [CATALOG_PRODUCTS] =
        {
            [WRITER_FIND] = "SELECT doc, hash, record FROM product WHERE id = ?1",
            [WRITER_INSERT] =
                "INSERT INTO product(doc, id, hash, name, record, brand, category, brand_key,"
                " category_key, price, unit, currency, in_stock)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            [WRITER_DELETE] = "DELETE FROM product WHERE doc = ?1",
            [WRITER_INDEX] =
                "INSERT INTO product_fts(name, code, brand, category, features, specs, issues,"
                " description, rowid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            [WRITER_UNINDEX] =
                "INSERT INTO product_fts(name, code, brand, category, features, specs, issues,"
                " description, rowid, product_fts)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'delete')",
            [WRITER_KEY] = "INSERT OR IGNORE INTO code(code, doc) VALUES (?1, ?2)",
            [WRITER_UNKEY] = "DELETE FROM code WHERE code = ?1 AND doc = ?2",
        },
    [CATALOG_ARTICLES] =
        {
            [WRITER_FIND] = "SELECT doc, hash, record FROM article WHERE id = ?1",
            [WRITER_INSERT] = "INSERT INTO article(doc, id, hash, name, record)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)",
            [WRITER_DELETE] = "DELETE FROM article WHERE doc = ?1",
            [WRITER_INDEX] = "INSERT INTO article_fts(title, symptoms, section, products, steps,"
                             " text, rowid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            [WRITER_UNINDEX] = "INSERT INTO article_fts(title, symptoms, section, products, steps,"
                               " text, rowid, article_fts)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'delete')",
            [WRITER_KEY] = "INSERT OR IGNORE INTO article_product(product, doc) VALUES (?1, ?2)",
            [WRITER_UNKEY] = "DELETE FROM article_product WHERE product = ?1 AND doc = ?2",
        },
};

static const int index_columns[2] = {[CATALOG_PRODUCTS] = 8, [CATALOG_ARTICLES] = 6};

int
writer_statement_get(struct writer *w, enum catalog_kind kind, enum writer_statement which,
                     sqlite3_stmt **ret, struct err *err)
{
    int rc = sql_prepare(w->db, statement_sql[kind][which], &w->statements[kind][which], err);
    *ret = w->statements[kind][which];
    return rc;
}

/* One row of code or article_product. */
static int
put_key(struct writer *w, enum catalog_kind kind, enum writer_statement which, struct str key,
        int64_t doc, struct err *err)
{
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, kind, which, &s, err);
    if (rc != 0 || key.len == 0) {
        return rc;
    }
    sql_text(s, 1, key);
    (void)sqlite3_bind_int64(s, 2, doc);
    return sql_finish(s, "import", err);
}

/* The names an entry is found by beside its words: codes, or the products an article lists. */
static int
put_keys(struct writer *w, const struct writer_entry *e, enum writer_statement which, int64_t doc,
         struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < e->key_count; i++) {
        rc = put_key(w, e->entry.kind, which, e->keys[i], doc, err);
    }
    return rc;
}

static int
put_index(struct writer *w, const struct entry *entry, enum writer_statement which, int64_t doc,
          struct err *err)
{
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, entry->kind, which, &s, err);
    if (rc != 0) {
        return rc;
    }
    int columns = index_columns[entry->kind];
    for (int i = 0; i < columns; i++) {
        sql_text(s, i + 1, entry->columns[i]);
    }
    (void)sqlite3_bind_int64(s, columns + 1, doc);
    return sql_finish(s, "import", err);
}

static void
bind_product(sqlite3_stmt *s, const struct writer_entry *e)
{
    const struct entry *entry = &e->entry;
    sql_text(s, 6, entry->brand);
    sql_text(s, 7, entry->category);
    sql_text(s, 8, e->brand_key);
    sql_text(s, 9, e->category_key);
    if (entry->price.known) {
        (void)sqlite3_bind_int64(s, 10, entry->price.minor);
        (void)sqlite3_bind_int64(s, 11, price_units(entry->price.currency));
    }
    sql_text(s, 12, entry->price.currency);
    if (entry->stock != CATALOG_STOCK_UNKNOWN) {
        (void)sqlite3_bind_int(s, 13, entry->stock == CATALOG_STOCK_IN);
    }
}

static int
put_row(struct writer *w, const struct writer_row *row, struct err *err)
{
    const struct entry *entry = &row->entry.entry;
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, row->kind, WRITER_INSERT, &s, err);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(s, 1, row->doc);
    sql_text(s, 2, entry->id);
    (void)sqlite3_bind_int64(s, 3, (int64_t)row->hash);
    sql_text(s, 4, entry->name);
    sql_text(s, 5, entry->record);
    if (row->kind == CATALOG_PRODUCTS) {
        bind_product(s, &row->entry);
    }
    return sql_finish(s, "import", err);
}

/* In the order of their rows codes would fall all over the table: they wait, and go in sorted. */
static int
collect_codes(struct writer *w, const struct writer_row *row, struct err *err)
{
    struct writer_codes *codes = &w->codes;
    if (codes->count + ENTRY_CODES > WRITER_CODES) {
        int rc = writer_codes_flush(w, err);
        if (rc != 0) {
            return rc;
        }
    }
    for (size_t i = 0; i < row->entry.key_count; i++) {
        struct str code = row->entry.keys[i];
        if (!mem_grow(codes->items, codes->count, codes->capacity)) {
            return err_nomem(err);
        }
        codes->items[codes->count++] =
            (struct writer_code){(uint32_t)codes->text.len, (uint32_t)code.len, row->doc};
        buf_add(&codes->text, code);
    }
    return buf_finish(&codes->text, "codes", err);
}

static struct str
code_text(const struct writer_codes *codes, const struct writer_code *code)
{
    return str_sub(buf_str(&codes->text), code->offset, code->len);
}

static int
compare_codes(const void *a, const void *b, void *arg)
{
    const struct writer_code *x = a;
    const struct writer_code *y = b;
    int order = str_cmp(code_text(arg, x), code_text(arg, y));
    return order != 0 ? order : (x->doc > y->doc) - (x->doc < y->doc);
}

int
writer_codes_flush(struct writer *w, struct err *err)
{
    struct writer_codes *codes = &w->codes;
    int rc = 0;
    if (codes->count > 0) {
        qsort_r(codes->items, codes->count, sizeof(*codes->items), compare_codes, codes);
    }
    for (size_t i = 0; rc == 0 && i < codes->count; i++) {
        const struct writer_code *code = &codes->items[i];
        rc = put_key(w, CATALOG_PRODUCTS, WRITER_KEY, code_text(codes, code), code->doc, err);
    }
    codes->count = 0;
    buf_clear(&codes->text);
    return rc;
}

int
writer_insert(struct writer *w, const struct writer_row *row, struct err *err)
{
    int rc = put_row(w, row, err);
    if (rc != 0) {
        return rc;
    }
    words_replay(&w->words, row->words, RANK_FIELDS);
    rc = put_index(w, &row->entry.entry, WRITER_INDEX, row->doc, err);
    words_replay(&w->words, NULL, 0);
    if (rc != 0) {
        return rc;
    }
    return row->kind == CATALOG_PRODUCTS ? collect_codes(w, row, err)
                                         : put_keys(w, &row->entry, WRITER_KEY, row->doc, err);
}

/* The segments may be the other thread's just now: they hear of it in the end. */
static int
note_gone(struct writer *w, int64_t doc, struct err *err)
{
    if (!mem_grow(w->gone, w->gone_count, w->gone_capacity)) {
        return err_nomem(err);
    }
    w->gone[w->gone_count++] = doc;
    return 0;
}

int
writer_delete(struct writer *w, enum catalog_kind kind, struct str record, int64_t doc,
              struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct writer_entry e;
    sqlite3_stmt *s;
    int rc = writer_read(&w->words, kind, record, &arena, &e, err);
    rc = rc != 0 ? rc : writer_codes_flush(w, err);
    rc = rc != 0 ? rc : put_index(w, &e.entry, WRITER_UNINDEX, doc, err);
    rc = rc != 0 ? rc : put_keys(w, &e, WRITER_UNKEY, doc, err);
    rc = rc != 0 ? rc : writer_statement_get(w, kind, WRITER_DELETE, &s, err);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(s, 1, doc);
    rc = sql_finish(s, "import", err);
    return rc == 0 && kind == CATALOG_PRODUCTS ? note_gone(w, doc, err) : rc;
}
