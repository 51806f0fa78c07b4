/* segment_parts: what the segment files share; for them only.
 *
 * The tables:
 *   index_segment  a row a segment
 *   index_page     a segment's lists, one behind the other, cut into pages; then the blocks of its
 *                  dictionary, one a page. A page of ours is a page of the file: no chains of
 *                  overflow pages to follow, no half-filled ones.
 *   index_part     a segment's first terms of blocks, vocabulary, columns, bitmap: read whole
 *   index_facet    brands and categories
 *   index_state    what all segments share
 * Numbers are little-endian. Ids of segments are never used twice in a file: readers keep what
 * they loaded under them. */
#ifndef CATALOG_INDEX_SEGMENT_PARTS_H
#define CATALOG_INDEX_SEGMENT_PARTS_H

#include "catalog/index/segment.h"
#include "catalog/index/segment_block.h"
#include "catalog/index/spell.h"

enum segment_part {
    SEGMENT_PART_FIRSTS, /* the first term of each block */
    SEGMENT_PART_VOCABULARY,
    SEGMENT_PART_ROWS,
    SEGMENT_PART_BRAND,
    SEGMENT_PART_CATEGORY,
    SEGMENT_PART_PRICE,
    SEGMENT_PART_STOCK,
    SEGMENT_PART_GONE,
};

enum {
    SEGMENT_PART_BYTES = 256 * 1024 * 1024,
    /* A list of SEGMENT_DOCS records takes a third of this. */
    SEGMENT_LIST_BYTES = 2 * 1024 * 1024,
    SEGMENT_TERMS = 1 << 24,
};

/* A row of index_segment, checked. */
struct segment_meta {
    int64_t id;
    uint32_t docs;
    uint32_t gone;
    int64_t row;    /* of the first record */
    uint64_t lists; /* bytes */
    uint32_t blocks;
};

/* segment_schema.c: the tables. --------------------------------------------------------------- */

int segment_damaged(const char *what, struct err *err);
/* May ID be a segment's? Pages and parts are numbered from it. */
bool segment_id_valid(int64_t id);
/* All segments by id. *RET is owned, free with mem_free. */
int segment_list(sqlite3 *db, struct segment_meta **ret, size_t *ret_count,
                 struct err *err) WARN_UNUSED;
int segment_meta_put(sqlite3 *db, const struct segment_meta *meta, struct err *err) WARN_UNUSED;
int segment_drop(sqlite3 *db, int64_t id, struct err *err) WARN_UNUSED;

int segment_part_put(sqlite3 *db, int64_t id, enum segment_part part, struct str bytes,
                     struct err *err) WARN_UNUSED;
/* *RET is owned, free with mem_free. */
int segment_part_get(sqlite3 *db, int64_t id, enum segment_part part, char **ret, size_t *ret_len,
                     struct err *err) WARN_UNUSED;

/* A number of index_state; FALLBACK where there is none. */
int segment_state_get(sqlite3 *db, const char *name, int64_t fallback, int64_t *ret,
                      struct err *err) WARN_UNUSED;
int segment_state_put(sqlite3 *db, const char *name, int64_t value, struct err *err) WARN_UNUSED;
/* The averages. 0: there are none yet, RET untouched; 1: there they are. */
int segment_averages_get(sqlite3 *db, double ret[RANK_FIELDS], struct err *err) WARN_UNUSED;
int segment_averages_put(sqlite3 *db, const double averages[RANK_FIELDS],
                         struct err *err) WARN_UNUSED;

/* segment_columns.c --------------------------------------------------------------------------- */

struct segment_columns {
    char *bytes[5]; /* from SEGMENT_PART_ROWS to SEGMENT_PART_STOCK */
    uint8_t width[5];
};
void segment_columns_done(struct segment_columns *c);
AUTO_DEFINE_VALUE(segment_columns, struct segment_columns, segment_columns_done)
int segment_columns_put(sqlite3 *db, int64_t id, const struct segment_attributes *all, size_t count,
                        struct err *err) WARN_UNUSED;
/* The rows alone, or everything; what is there already stays. */
int segment_columns_load(struct segment_columns *c, sqlite3 *db, const struct segment_meta *meta,
                         bool all, struct err *err) WARN_UNUSED;
int64_t segment_columns_row(const struct segment_columns *c, const struct segment_meta *meta,
                            uint32_t doc);
void segment_columns_read(const struct segment_columns *c, const struct segment_meta *meta,
                          uint32_t doc, struct segment_attributes *ret);
/* Which record has ROW; DOCS: none. */
uint32_t segment_columns_find(const struct segment_columns *c, const struct segment_meta *meta,
                              int64_t row);

/* Are all brands up to BRANDS and all categories up to CATEGORIES? */
bool segment_columns_check(const struct segment_columns *c, const struct segment_meta *meta,
                           uint32_t brands, uint32_t categories);

/* A bitmap as the file has it; *RET is owned, NULL where nothing is gone. */
static inline bool
segment_bit(const char *bits, uint32_t doc)
{
    return bits && ((unsigned char)bits[doc / 8] >> doc % 8 & 1) != 0;
}
int segment_gone_load(sqlite3 *db, const struct segment_meta *meta, char **ret,
                      struct err *err) WARN_UNUSED;

/* segment_pages.c: pages, read. --------------------------------------------------------------- */

struct segment_pages {
    sqlite3 *db;
    sqlite3_stmt *some;
};
void segment_pages_done(struct segment_pages *p);
AUTO_DEFINE_VALUE(segment_pages, struct segment_pages, segment_pages_done)
/* Block NUMBER of the dictionary, borrowed until the next call or segment_pages_rest(). */
int segment_pages_block(struct segment_pages *p, const struct segment_meta *meta, uint32_t number,
                        struct str *ret, struct err *err) WARN_UNUSED;
/* Lets go of the block: a read that stands open holds its transaction. */
void segment_pages_rest(struct segment_pages *p);
/* LENGTH bytes of the lists from OFFSET on. */
int segment_pages_list(struct segment_pages *p, const struct segment_meta *meta, uint64_t offset,
                       uint64_t length, struct arena *arena, struct str *ret,
                       struct err *err) WARN_UNUSED;
/* ENTRY's list: where ENTRY has it, or in ARENA. */
int segment_pages_open(struct segment_pages *p, const struct segment_meta *meta,
                       const struct block_entry *entry, struct arena *arena, struct postings *ret,
                       struct err *err) WARN_UNUSED;

/* segment_sink.c: one segment, written. ------------------------------------------------------- */

struct segment_sink {
    sqlite3 *db;
    sqlite3_stmt *insert;
    struct segment_meta meta;
    uint64_t pages;
    char page[BLOCK_PAGE_BYTES]; /* the end of the lists, not yet written */
    size_t page_len;
    struct buf list;
    struct buf blocks; /* all of them, each of BLOCK_PAGE_BYTES at most */
    size_t block;      /* where the last one begins */
    uint32_t *sizes;   /* of the finished ones */
    size_t size_capacity;
    struct buf firsts;
    char last[BLOCK_TERM_BYTES];
    size_t last_len;
    struct arena words;
    struct spell_word *vocabulary;
    size_t word_count;
    size_t word_capacity;
};

/* Takes the next id. A sink is big: callers keep it on the heap. */
int segment_sink_open(struct segment_sink *sink, sqlite3 *db, struct err *err) WARN_UNUSED;
void segment_sink_done(struct segment_sink *sink);
/* Terms in byte order, each once; ITEMS as for postings_encode(). */
int segment_sink_term(struct segment_sink *sink, struct str term, const struct posting *items,
                      size_t count, struct err *err) WARN_UNUSED;
/* The rest of it: ALL in the order of their ordinals, rows ascending. */
int segment_sink_close(struct segment_sink *sink, const struct segment_attributes *all,
                       size_t count, struct err *err) WARN_UNUSED;

/* segment_batch.c: records that wait. --------------------------------------------------------- */

struct segment_word {
    uint32_t offset; /* in the batch's text */
    uint32_t len;
};

struct segment_slot {
    uint32_t hash;
    uint32_t at; /* a word's place in the text, a pair's id; plus one; 0: free */
};

/* Two words by their ids. */
struct segment_two {
    uint32_t first;
    uint32_t second;
};

struct segment_record {
    struct segment_attributes attributes;
    uint32_t begin; /* of its tokens */
    uint32_t end;
    uint32_t length[RANK_FIELDS]; /* words a field */
    uint32_t sequence;            /* as it came */
};

/* A token is an id of 28 bits and its field; SEGMENT_PAIR for a field: the id is a pair's. */
enum { SEGMENT_FIELD_BITS = 4, SEGMENT_PAIR = 15 };

struct segment_batch {
    char *text;
    size_t text_len;
    size_t text_capacity;
    struct segment_word *words;
    size_t word_count;
    size_t word_capacity;
    struct segment_slot *word_slots;
    size_t word_slot_count;
    struct segment_two *pairs;
    size_t pair_count;
    size_t pair_capacity;
    struct segment_slot *pair_slots;
    size_t pair_slot_count;
    uint32_t *tokens;
    size_t token_count;
    size_t token_capacity;
    struct segment_record *records;
    size_t record_count;
    size_t record_capacity;
    bool open;         /* a record is being added */
    int field;         /* of the token before; -1: none */
    uint32_t position; /* and its place */
    uint32_t word;     /* the first word of that place, plus one; 0: none */
    uint32_t before;   /* of the place before it, when that is its neighbour */
};

void segment_batch_done(struct segment_batch *b);
int segment_batch_begin(struct segment_batch *b, const struct segment_attributes *attributes,
                        struct err *err) WARN_UNUSED;
int segment_batch_tokens(struct segment_batch *b, int field, const struct segment_token *tokens,
                         size_t count, struct err *err) WARN_UNUSED;
void segment_batch_end(struct segment_batch *b);
bool segment_batch_full(const struct segment_batch *b);

/* segment_invert.c ---------------------------------------------------------------------------- */

/* Write B, whose records stand in the order of their rows, into SINK. B's tokens are used up. */
int segment_invert(struct segment_batch *b, const struct rank_plan *plan,
                   const double averages[RANK_FIELDS], struct segment_sink *sink,
                   struct err *err) WARN_UNUSED;

/* segment_writer.c, segment_stored.c, segment_merge.c, segment_facets.c ------------------------ */

/* A segment of the file, as the writer knows it. */
struct segment_stored {
    struct segment_meta meta;
    struct segment_columns columns;
    char *gone;
    bool dirty;
};

/* A record to be removed: of those that wait, only what came before the removal. */
struct segment_removal {
    int64_t row;
    uint32_t before;
};

struct segment_facet_row {
    struct str key;
    struct str name;
};

struct segment_facet_table {
    struct segment_facet_row *rows; /* row i has ordinal i + 1 */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* ordinals by hash of the key */
    size_t slot_count;
    size_t written;
};

struct segment_writer {
    sqlite3 *db;
    const struct rank_plan *plan;
    bool averaged; /* the file has averages */
    double averages[RANK_FIELDS];
    struct segment_batch batch;
    struct segment_removal *removals;
    size_t removal_count;
    size_t removal_capacity;
    bool listed; /* the segments below are those of the file */
    struct segment_stored *stored;
    size_t stored_count;
    size_t stored_capacity;
    bool changed; /* something was written since the last finish */
    struct segment_facet_table facets[2];
    struct arena arena; /* of the facets' texts */
};

/* segment_stored.c */
int segment_stored_list(struct segment_writer *w, struct err *err) WARN_UNUSED;
/* META was just written. Nothing happens where the list was not asked for yet. */
int segment_stored_add(struct segment_writer *w, const struct segment_meta *meta,
                       struct err *err) WARN_UNUSED;
void segment_stored_forget(struct segment_writer *w);
void segment_stored_done(struct segment_stored *s);
/* Apply the removals to what is in the file and to what waits; what waits is in the order of its
 * rows afterwards, each once. */
int segment_stored_remove(struct segment_writer *w, struct err *err) WARN_UNUSED;
/* The bitmaps that changed, into the file. */
int segment_stored_write(struct segment_writer *w, struct err *err) WARN_UNUSED;

/* segment_merge.c: drop what is entirely gone, merge small ones. */
int segment_merge(struct segment_writer *w, struct err *err) WARN_UNUSED;

/* segment_facets.c */
int segment_facets_open(struct segment_writer *w, struct err *err) WARN_UNUSED;
int segment_facets_write(struct segment_writer *w, struct err *err) WARN_UNUSED;
void segment_facets_done(struct segment_writer *w);
/* How many ordinals FACET has. */
int segment_facets_count(sqlite3 *db, enum segment_facet facet, uint32_t *ret,
                         struct err *err) WARN_UNUSED;
int segment_facets_walk(sqlite3 *db, enum segment_facet facet, segment_facet_each each, void *arg,
                        struct err *err) WARN_UNUSED;

#endif
