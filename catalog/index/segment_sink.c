#include <string.h>

#include "catalog/index/segment_parts.h"
#include "catalog/sql.h"

enum {
    BLOCKS_BYTES = 1 << 30,
    FIRSTS_BYTES = 64 * 1024 * 1024,
};

int
segment_sink_open(struct segment_sink *sink, sqlite3 *db, struct err *err)
{
    memset(sink, 0, sizeof(*sink));
    buf_init(&sink->list, SEGMENT_LIST_BYTES);
    buf_init(&sink->blocks, BLOCKS_BYTES);
    buf_init(&sink->firsts, FIRSTS_BYTES);
    sink->db = db;
    int rc = segment_state_get(db, "next", 1, &sink->meta.id, err);
    if (rc == 0 && !segment_id_valid(sink->meta.id)) {
        rc = segment_damaged("the next segment's number", err);
    }
    rc = rc != 0 ? rc : segment_state_put(db, "next", sink->meta.id + 1, err);
    return rc != 0 ? rc
                   : sql_prepare(db, "INSERT INTO index_page VALUES(?1, ?2)", &sink->insert, err);
}

void
segment_sink_done(struct segment_sink *sink)
{
    (void)sqlite3_finalize(sink->insert);
    buf_done(&sink->list);
    buf_done(&sink->blocks);
    buf_done(&sink->firsts);
    mem_free(sink->sizes);
    mem_free(sink->vocabulary);
    arena_done(&sink->words);
}

static int
write_page(struct segment_sink *sink, struct str bytes, struct err *err)
{
    int rc = sql_prepare(sink->db, "", &sink->insert, err);
    if (rc == 0) {
        (void)sqlite3_bind_int64(sink->insert, 1, (sink->meta.id << 24) + (int64_t)sink->pages++);
        (void)sqlite3_bind_blob64(sink->insert, 2, bytes.ptr, bytes.len, SQLITE_STATIC);
        rc = sql_finish(sink->insert, "write the index", err);
    }
    return rc;
}

/* Lists follow each other through the pages. */
static int
add_list(struct segment_sink *sink, struct str list, struct err *err)
{
    int rc = 0;
    sink->meta.lists += list.len;
    while (rc == 0 && list.len > 0) {
        struct str part = str_sub(list, 0, BLOCK_PAGE_BYTES - sink->page_len);
        memcpy(sink->page + sink->page_len, part.ptr, part.len);
        sink->page_len += part.len;
        list = str_sub(list, part.len, SIZE_MAX);
        if (sink->page_len == BLOCK_PAGE_BYTES) {
            rc = write_page(sink, (struct str){sink->page, sink->page_len}, err);
            sink->page_len = 0;
        }
    }
    return rc;
}

/* The list to where its length puts it. */
static int
place_list(struct segment_sink *sink, const struct posting *items, size_t count,
           struct block_entry *ret, struct err *err)
{
    buf_clear(&sink->list);
    postings_encode(items, count, &sink->list);
    int rc = buf_finish(&sink->list, "catalogue: a word's list", err);
    struct str list = buf_str(&sink->list);
    if (rc != 0 || list.len <= BLOCK_LIST_BYTES) {
        *ret = (struct block_entry){.list = list};
        return rc;
    }
    *ret = (struct block_entry){
        .count = (uint32_t)count, .offset = sink->meta.lists, .length = list.len};
    return add_list(sink, list, err);
}

static int
end_block(struct segment_sink *sink, struct err *err)
{
    if (!mem_grow(sink->sizes, sink->meta.blocks, sink->size_capacity)) {
        return err_nomem(err);
    }
    sink->sizes[sink->meta.blocks++] = (uint32_t)(sink->blocks.len - sink->block);
    sink->block = sink->blocks.len;
    return 0;
}

static size_t
shared_with(const struct segment_sink *sink, struct str term)
{
    size_t i = 0;
    while (i < sink->last_len && i < term.len && sink->last[i] == term.ptr[i]) {
        i++;
    }
    return i;
}

static int
add_entry(struct segment_sink *sink, struct str term, const struct block_entry *entry,
          struct err *err)
{
    char bytes[BLOCK_ENTRY_BYTES];
    bool first = sink->blocks.len == sink->block;
    size_t len = block_put(bytes, 0, term, first ? 0 : shared_with(sink, term), entry);
    if (!first && sink->blocks.len - sink->block + len > BLOCK_PAGE_BYTES) {
        int rc = end_block(sink, err);
        if (rc != 0) {
            return rc;
        }
        first = true;
        len = block_put(bytes, 0, term, 0, entry);
    }
    if (first) {
        buf_add_char(&sink->firsts, (char)(unsigned char)term.len);
        buf_add(&sink->firsts, term);
    }
    buf_add(&sink->blocks, (struct str){bytes, len});
    memcpy(sink->last, term.ptr, term.len);
    sink->last_len = term.len;
    return 0;
}

static int
add_word(struct segment_sink *sink, struct str term, size_t count, struct err *err)
{
    struct str text = arena_str(&sink->words, term);
    if (!text.ptr || !mem_grow(sink->vocabulary, sink->word_count, sink->word_capacity)) {
        return err_nomem(err);
    }
    sink->vocabulary[sink->word_count++] = (struct spell_word){text, (uint32_t)count};
    return 0;
}

int
segment_sink_term(struct segment_sink *sink, struct str term, const struct posting *items,
                  size_t count, struct err *err)
{
    struct block_entry entry;
    int rc = place_list(sink, items, count, &entry, err);
    rc = rc != 0 ? rc : add_entry(sink, term, &entry, err);
    return rc == 0 && spell_fits(term) ? add_word(sink, term, count, err) : rc;
}

static int
write_blocks(struct segment_sink *sink, struct err *err)
{
    int rc = buf_finish(&sink->blocks, "catalogue: the dictionary", err);
    if (rc == 0 && sink->blocks.len > sink->block) {
        rc = end_block(sink, err);
    }
    if (rc == 0 && sink->page_len > 0) {
        rc = write_page(sink, (struct str){sink->page, sink->page_len}, err);
    }
    size_t at = 0;
    for (uint32_t i = 0; rc == 0 && i < sink->meta.blocks; i++) {
        rc = write_page(sink, (struct str){sink->blocks.text + at, sink->sizes[i]}, err);
        at += sink->sizes[i];
    }
    if (rc == 0 && sink->pages >= 1 << 24) {
        rc = err_set(err, ERR_LIMIT, "catalogue: a batch of records is too large for the index");
    }
    rc = rc != 0 ? rc : buf_finish(&sink->firsts, "catalogue: the dictionary", err);
    return rc != 0 ? rc
                   : segment_part_put(sink->db, sink->meta.id, SEGMENT_PART_FIRSTS,
                                      buf_str(&sink->firsts), err);
}

int
segment_sink_close(struct segment_sink *sink, const struct segment_attributes *all, size_t count,
                   struct err *err)
{
    AUTO(buf) struct buf vocabulary;
    buf_init(&vocabulary, SEGMENT_PART_BYTES);
    sink->meta.docs = (uint32_t)count;
    sink->meta.row = all[0].row;
    int rc = write_blocks(sink, err);
    rc = rc != 0 ? rc : spell_encode(sink->vocabulary, sink->word_count, &vocabulary, err);
    rc = rc != 0 ? rc
                 : segment_part_put(sink->db, sink->meta.id, SEGMENT_PART_VOCABULARY,
                                    buf_str(&vocabulary), err);
    rc = rc != 0 ? rc : segment_columns_put(sink->db, sink->meta.id, all, count, err);
    return rc != 0 ? rc : segment_meta_put(sink->db, &sink->meta, err);
}
