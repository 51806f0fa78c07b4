#include "catalog/list.h"

#include "base/must.h"
#include "catalog/handle.h"
#include "catalog/sql.h"

static int
read_rows(sqlite3_stmt *s, struct str after, size_t limit, struct arena *arena,
          struct catalog_listed *items, size_t *ret_count, struct err *err)
{
    bool failed = false;
    int rc = 1;
    sql_text(s, 1, after);
    (void)sqlite3_bind_int64(s, 2, (sqlite3_int64)limit);
    *ret_count = 0;
    while (*ret_count < limit && rc > 0) {
        rc = sql_step(s, "list", err);
        if (rc > 0) {
            items[*ret_count].id = sql_column_copy(s, 0, arena, &failed);
            items[*ret_count].name = sql_column_copy(s, 1, arena, &failed);
            ++*ret_count;
        }
    }
    return rc < 0 ? rc : failed ? err_nomem(err) : 0;
}

int
catalog_list(struct catalog *c, enum catalog_kind kind, struct str after, size_t limit,
             struct arena *arena, struct catalog_listed **ret, size_t *ret_count, struct err *err)
{
    MUST_MAGIC(c, CATALOG_MAGIC);
    handle_refresh(c);
    sqlite3_stmt *s = NULL;
    *ret = arena_zero(arena, limit + 1, sizeof(**ret));
    if (!*ret) {
        return err_nomem(err);
    }
    const char *text = kind == CATALOG_PRODUCTS
                           ? "SELECT id, name FROM product WHERE id > coalesce(?1, '')"
                             " ORDER BY id LIMIT ?2"
                           : "SELECT id, name FROM article WHERE id > coalesce(?1, '')"
                             " ORDER BY id LIMIT ?2";
    int rc = sql_prepare(c->db, text, &s, err);
    if (rc == 0) {
        rc = read_rows(s, after, limit, arena, *ret, ret_count, err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}
