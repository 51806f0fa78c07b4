#include <string.h>

#include "catalog/index/segment_parts.h"
#include "catalog/sql.h"

void
segment_pages_done(struct segment_pages *p)
{
    (void)sqlite3_finalize(p->some);
    p->some = NULL;
}

void
segment_pages_rest(struct segment_pages *p)
{
    (void)sqlite3_reset(p->some);
}

static uint64_t
list_pages(const struct segment_meta *meta)
{
    return (meta->lists + BLOCK_PAGE_BYTES - 1) / BLOCK_PAGE_BYTES;
}

/* From page FIRST to page LAST of the segment. */
static int
ask(struct segment_pages *p, const struct segment_meta *meta, uint64_t first, uint64_t last,
    struct err *err)
{
    int rc =
        sql_prepare(p->db, "SELECT bytes FROM index_page WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                    &p->some, err);
    if (rc == 0) {
        (void)sqlite3_bind_int64(p->some, 1, (meta->id << 24) + (int64_t)first);
        (void)sqlite3_bind_int64(p->some, 2, (meta->id << 24) + (int64_t)last);
    }
    return rc;
}

static int
next_page(struct segment_pages *p, struct str *ret, struct err *err)
{
    int rc = sql_step(p->some, "read the index", err);
    if (rc <= 0) {
        return rc < 0 ? rc : segment_damaged("a page is missing", err);
    }
    const char *bytes = sqlite3_column_blob(p->some, 0);
    size_t len = bytes ? (size_t)sqlite3_column_bytes(p->some, 0) : 0;
    *ret = (struct str){bytes, len};
    return len <= BLOCK_PAGE_BYTES ? 0 : segment_damaged("a page is too long", err);
}

int
segment_pages_block(struct segment_pages *p, const struct segment_meta *meta, uint32_t number,
                    struct str *ret, struct err *err)
{
    uint64_t page = list_pages(meta) + number;
    int rc = ask(p, meta, page, page, err);
    return rc != 0 ? rc : next_page(p, ret, err);
}

int
segment_pages_list(struct segment_pages *p, const struct segment_meta *meta, uint64_t offset,
                   uint64_t length, struct arena *arena, struct str *ret, struct err *err)
{
    if (length == 0 || length > SEGMENT_LIST_BYTES || offset > meta->lists ||
        length > meta->lists - offset) {
        return segment_damaged("the place of a list", err);
    }
    char *bytes = arena_alloc(arena, length);
    if (!bytes) {
        return err_nomem(err);
    }
    uint64_t last = (offset + length - 1) / BLOCK_PAGE_BYTES;
    int rc = ask(p, meta, offset / BLOCK_PAGE_BYTES, last, err);
    size_t skip = offset % BLOCK_PAGE_BYTES;
    size_t have = 0;
    while (rc == 0 && have < length) {
        struct str page = {0};
        rc = next_page(p, &page, err);
        if (rc != 0) {
            break;
        }
        size_t want = length - have < BLOCK_PAGE_BYTES - skip ? (size_t)(length - have)
                                                              : BLOCK_PAGE_BYTES - skip;
        if (page.len < skip + want) {
            rc = segment_damaged("a page is cut", err);
            break;
        }
        memcpy(bytes + have, page.ptr + skip, want);
        have += want;
        skip = 0;
    }
    segment_pages_rest(p);
    if (rc == 0) {
        *ret = (struct str){bytes, have};
    }
    return rc;
}

int
segment_pages_open(struct segment_pages *p, const struct segment_meta *meta,
                   const struct block_entry *entry, struct arena *arena, struct postings *ret,
                   struct err *err)
{
    struct postings list;
    struct str bytes = entry->list;
    int rc = 0;
    if (bytes.len == 0) {
        rc = segment_pages_list(p, meta, entry->offset, entry->length, arena, &bytes, err);
    }
    rc = rc != 0 ? rc : postings_open(bytes, &list, err);
    if (rc == 0 && (list.last >= meta->docs || (entry->count != 0 && list.count != entry->count))) {
        rc = segment_damaged("a list of another length", err);
    }
    if (rc == 0) {
        *ret = list;
    }
    return rc;
}
