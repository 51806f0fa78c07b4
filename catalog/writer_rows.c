#include "catalog/writer_parts.h"

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
put_keys(struct writer *w, const struct entry *entry, enum writer_statement which, int64_t doc,
         struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < entry->code_count; i++) {
        rc = put_key(w, entry->kind, which, entry->codes[i], doc, err);
    }
    AUTO(buf) struct buf key;
    buf_init(&key, (size_t)4 * RECORD_NAME_BYTES);
    for (size_t i = 0; rc == 0 && i < entry->product_count; i++) {
        struct str name = str_sub(entry->products[i], 0, RECORD_NAME_BYTES);
        rc = words_key(&w->words, name, &key, err);
        rc = rc != 0 ? rc : put_key(w, entry->kind, which, buf_str(&key), doc, err);
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

static int
bind_product(struct writer *w, sqlite3_stmt *s, const struct entry *entry, struct buf *brand_key,
             struct buf *category_key, struct err *err)
{
    static const int64_t units[] = {1, 10, 100, 1000};
    int rc = words_key(&w->words, entry->brand, brand_key, err);
    rc = rc != 0 ? rc : words_key(&w->words, entry->category, category_key, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 6, entry->brand);
    sql_text(s, 7, entry->category);
    sql_text(s, 8, buf_str(brand_key));
    sql_text(s, 9, buf_str(category_key));
    if (entry->price.known) {
        (void)sqlite3_bind_int64(s, 10, entry->price.minor);
        (void)sqlite3_bind_int64(s, 11, units[price_decimals(entry->price.currency)]);
    }
    sql_text(s, 12, entry->price.currency);
    if (entry->stock != CATALOG_STOCK_UNKNOWN) {
        (void)sqlite3_bind_int(s, 13, entry->stock == CATALOG_STOCK_IN);
    }
    return 0;
}

/* DOC 0: the next free one. */
static int
put_row(struct writer *w, const struct entry *entry, uint64_t hash, int64_t *doc, struct err *err)
{
    AUTO(buf) struct buf brand;
    AUTO(buf) struct buf category;
    buf_init(&brand, LIMIT_IMPORT_LINE);
    buf_init(&category, LIMIT_IMPORT_LINE);
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, entry->kind, WRITER_INSERT, &s, err);
    if (rc != 0) {
        return rc;
    }
    if (*doc != 0) {
        (void)sqlite3_bind_int64(s, 1, *doc);
    }
    sql_text(s, 2, entry->id);
    (void)sqlite3_bind_int64(s, 3, (int64_t)hash);
    sql_text(s, 4, entry->name);
    sql_text(s, 5, entry->record);
    rc = entry->kind == CATALOG_PRODUCTS ? bind_product(w, s, entry, &brand, &category, err) : 0;
    rc = rc != 0 ? rc : sql_finish(s, "import", err);
    *doc = sqlite3_last_insert_rowid(w->db);
    return rc;
}

int
writer_insert(struct writer *w, enum catalog_kind kind, struct str record, uint64_t hash,
              int64_t doc, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct entry entry;
    int rc = entry_read(kind, record, &arena, &entry, err);
    rc = rc != 0 ? rc : put_row(w, &entry, hash, &doc, err);
    rc = rc != 0 ? rc : put_index(w, &entry, WRITER_INDEX, doc, err);
    return rc != 0 ? rc : put_keys(w, &entry, WRITER_KEY, doc, err);
}

int
writer_delete(struct writer *w, enum catalog_kind kind, struct str record, int64_t doc,
              struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct entry entry;
    sqlite3_stmt *s;
    int rc = entry_read(kind, record, &arena, &entry, err);
    rc = rc != 0 ? rc : put_index(w, &entry, WRITER_UNINDEX, doc, err);
    rc = rc != 0 ? rc : put_keys(w, &entry, WRITER_UNKEY, doc, err);
    rc = rc != 0 ? rc : writer_statement_get(w, kind, WRITER_DELETE, &s, err);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(s, 1, doc);
    return sql_finish(s, "import", err);
}
