#include <endian.h>
#include <math.h>
#include <string.h>

#include "catalog/index/segment_parts.h"
#include "catalog/sql.h"

const char segment_schema_sql[] =
    "CREATE TABLE index_segment("
    "  id INTEGER PRIMARY KEY, docs INTEGER NOT NULL, gone INTEGER NOT NULL, row INTEGER NOT NULL,"
    "  lists INTEGER NOT NULL, blocks INTEGER NOT NULL);"
    "CREATE TABLE index_page(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE index_part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE index_facet("
    "  facet INTEGER, ordinal INTEGER, key TEXT NOT NULL, name TEXT NOT NULL,"
    "  PRIMARY KEY(facet, ordinal)) WITHOUT ROWID;"
    "CREATE TABLE index_state(name TEXT PRIMARY KEY, value) WITHOUT ROWID;";

enum { PART_BITS = 4 };

int
segment_damaged(const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "catalogue: the index is damaged (%s); move the file away and import again",
                   what);
}

bool
segment_id_valid(int64_t id)
{
    return id > 0 && id < INT64_MAX >> 32;
}

/* A row of the file is as hostile as its blobs. */
static bool
read_meta(sqlite3_stmt *s, struct segment_meta *ret)
{
    int64_t values[6];
    for (int i = 0; i < 6; i++) {
        values[i] = sqlite3_column_int64(s, i);
    }
    *ret = (struct segment_meta){.id = values[0],
                                 .docs = (uint32_t)values[1],
                                 .gone = (uint32_t)values[2],
                                 .row = values[3],
                                 .lists = (uint64_t)values[4],
                                 .blocks = (uint32_t)values[5]};
    return segment_id_valid(values[0]) && values[1] > 0 && values[1] <= SEGMENT_DOCS &&
           values[2] >= 0 && values[2] <= values[1] && values[4] >= 0 &&
           values[4] < (int64_t)1 << 36 && values[5] >= 0 && values[5] < SEGMENT_TERMS;
}

int
segment_list(sqlite3 *db, struct segment_meta **ret, size_t *ret_count, struct err *err)
{
    AUTO(mem) struct segment_meta *all = NULL;
    size_t count = 0;
    size_t capacity = 0;
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(
        db, "SELECT id, docs, gone, row, lists, blocks FROM index_segment ORDER BY id", &s, err);
    while (rc == 0 && (rc = sql_step(s, "read the index", err)) > 0) {
        if (!mem_grow(all, count, capacity)) {
            rc = err_nomem(err);
        } else if (count == SEGMENT_MAX) {
            rc = segment_damaged("too many segments", err);
        } else {
            rc = read_meta(s, &all[count++]) ? 0 : segment_damaged("a segment's row", err);
        }
    }
    (void)sqlite3_finalize(s);
    if (rc == 0) {
        *ret = TAKE(all);
        *ret_count = count;
    }
    return rc;
}

/* Bind COUNT numbers to TEXT and run it. */
static int
run_with(sqlite3 *db, const char *text, const int64_t *values, int count, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(db, text, &s, err);
    for (int i = 0; rc == 0 && i < count; i++) {
        (void)sqlite3_bind_int64(s, i + 1, values[i]);
    }
    rc = rc != 0 ? rc : sql_finish(s, "write the index", err);
    (void)sqlite3_finalize(s);
    return rc;
}

int
segment_meta_put(sqlite3 *db, const struct segment_meta *meta, struct err *err)
{
    const int64_t values[] = {meta->id,  meta->docs,           meta->gone,
                              meta->row, (int64_t)meta->lists, meta->blocks};
    return run_with(db, "REPLACE INTO index_segment VALUES(?1, ?2, ?3, ?4, ?5, ?6)", values, 6,
                    err);
}

int
segment_drop(sqlite3 *db, int64_t id, struct err *err)
{
    int rc = run_with(db, "DELETE FROM index_segment WHERE id = ?1", &id, 1, err);
    rc = rc != 0 ? rc : run_with(db, "DELETE FROM index_part WHERE id >> 4 = ?1", &id, 1, err);
    const int64_t pages[] = {id << 24, (id + 1) << 24};
    return rc != 0
               ? rc
               : run_with(db, "DELETE FROM index_page WHERE id >= ?1 AND id < ?2", pages, 2, err);
}

int
segment_part_put(sqlite3 *db, int64_t id, enum segment_part part, struct str bytes, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(db, "REPLACE INTO index_part VALUES(?1, ?2)", &s, err);
    if (rc == 0) {
        (void)sqlite3_bind_int64(s, 1, id << PART_BITS | (int)part);
        (void)sqlite3_bind_blob64(s, 2, bytes.len > 0 ? bytes.ptr : "", bytes.len, SQLITE_STATIC);
        rc = sql_finish(s, "write the index", err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}

/* Straight from the file's pages into its place: parts have megabytes. */
int
segment_part_get(sqlite3 *db, int64_t id, enum segment_part part, char **ret, size_t *ret_len,
                 struct err *err)
{
    sqlite3_blob *blob = NULL;
    int rc =
        sqlite3_blob_open(db, "main", "index_part", "bytes", id << PART_BITS | (int)part, 0, &blob);
    if (rc != SQLITE_OK) {
        (void)sqlite3_blob_close(blob);
        return (rc & 0xff) == SQLITE_ERROR ? segment_damaged("a part is missing", err)
                                           : sql_fail(db, rc, "read the index", err);
    }
    int len = sqlite3_blob_bytes(blob);
    AUTO(mem) char *bytes = NULL;
    int result = 0;
    if (len > SEGMENT_PART_BYTES) {
        result = segment_damaged("a part is too large", err);
    } else if (!(bytes = mem_alloc((size_t)len + 1))) {
        result = err_nomem(err);
    } else {
        rc = sqlite3_blob_read(blob, bytes, len, 0);
        result = rc == SQLITE_OK ? 0 : sql_fail(db, rc, "read the index", err);
    }
    (void)sqlite3_blob_close(blob);
    if (result == 0) {
        bytes[len] = '\0';
        *ret = TAKE(bytes);
        *ret_len = (size_t)len;
    }
    return result;
}

int
segment_state_get(sqlite3 *db, const char *name, int64_t fallback, int64_t *ret, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(db, "SELECT value FROM index_state WHERE name = ?1", &s, err);
    if (rc == 0) {
        sql_text(s, 1, str_c(name));
        rc = sql_step(s, "read the index", err);
    }
    if (rc >= 0) {
        *ret = rc > 0 ? sqlite3_column_int64(s, 0) : fallback;
        rc = 0;
    }
    (void)sqlite3_finalize(s);
    return rc;
}

int
segment_state_put(sqlite3 *db, const char *name, int64_t value, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(db, "REPLACE INTO index_state VALUES(?1, ?2)", &s, err);
    if (rc == 0) {
        sql_text(s, 1, str_c(name));
        (void)sqlite3_bind_int64(s, 2, value);
        rc = sql_finish(s, "write the index", err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}

/* Doubles as their bits, so that impacts made later are the same to the last of them. */
static bool
read_averages(struct str bytes, double ret[RANK_FIELDS])
{
    if (bytes.len != RANK_FIELDS * sizeof(double)) {
        return false;
    }
    for (size_t i = 0; i < RANK_FIELDS; i++) {
        uint64_t bits;
        memcpy(&bits, bytes.ptr + i * sizeof(bits), sizeof(bits));
        bits = le64toh(bits);
        memcpy(&ret[i], &bits, sizeof(bits));
        if (!isfinite(ret[i]) || ret[i] <= 0) {
            return false;
        }
    }
    return true;
}

int
segment_averages_get(sqlite3 *db, double ret[RANK_FIELDS], struct err *err)
{
    sqlite3_stmt *s = NULL;
    double averages[RANK_FIELDS];
    int rc = sql_prepare(db, "SELECT value FROM index_state WHERE name = 'averages'", &s, err);
    rc = rc != 0 ? rc : sql_step(s, "read the index", err);
    if (rc > 0) {
        const char *bytes = sqlite3_column_blob(s, 0);
        size_t len = bytes ? (size_t)sqlite3_column_bytes(s, 0) : 0;
        if (read_averages((struct str){bytes, len}, averages)) {
            memcpy(ret, averages, sizeof(averages));
        } else {
            rc = segment_damaged("average lengths", err);
        }
    }
    (void)sqlite3_finalize(s);
    return rc;
}

int
segment_averages_put(sqlite3 *db, const double averages[RANK_FIELDS], struct err *err)
{
    uint64_t bits[RANK_FIELDS];
    for (size_t i = 0; i < RANK_FIELDS; i++) {
        memcpy(&bits[i], &averages[i], sizeof(bits[i]));
        bits[i] = htole64(bits[i]);
    }
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(db, "REPLACE INTO index_state VALUES('averages', ?1)", &s, err);
    if (rc == 0) {
        (void)sqlite3_bind_blob(s, 1, bits, sizeof(bits), SQLITE_STATIC);
        rc = sql_finish(s, "write the index", err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}

int
segment_totals(sqlite3 *db, struct segment_totals *ret, struct err *err)
{
    AUTO(mem) struct segment_meta *all = NULL;
    size_t count = 0;
    int64_t averaged = 0;
    int rc = segment_list(db, &all, &count, err);
    rc = rc != 0 ? rc : segment_state_get(db, "averaged", 0, &averaged, err);
    if (rc != 0) {
        return rc;
    }
    *ret = (struct segment_totals){.averaged = (uint64_t)averaged, .segments = count};
    for (size_t i = 0; i < count; i++) {
        ret->live += all[i].docs - all[i].gone;
        ret->gone += all[i].gone;
    }
    return 0;
}
