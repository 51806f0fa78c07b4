/* segment: the index of a batch of records, and the file's list of them.
 *
 * Beside the FTS5 tables, in the same file, an import keeps for each batch of up to SEGMENT_DOCS
 * records: a dictionary (term -> in how many records, its postings), a vocabulary for the speller,
 * and columns (row of the record, brand, category, price, stock) for filters and counts. Terms are
 * stems, and pairs "a b" of neighbours in the first field. A segment never changes but for the
 * bitmap of records that are gone; an import in place adds a small one, and merges small ones when
 * there are many.
 *
 * Impacts hold field lengths relative to the averages of the first segment ever written; they are
 * frozen with it (`averages`), so that all segments and the reference in rank.c speak of the same.
 *
 * One connection, one thread, within the caller's transaction. */
#ifndef CATALOG_INDEX_SEGMENT_H
#define CATALOG_INDEX_SEGMENT_H

#include <sqlite3.h>

#include "base/arena.h"
#include "catalog/catalog.h"
#include "catalog/index/postings.h"
#include "catalog/rank.h"

enum {
    SEGMENT_DOCS = 131072,
    /* More small segments than this are merged into one. */
    SEGMENT_SMALL_MAX = 8,
    SEGMENT_SMALL_DOCS = 16384,
    SEGMENT_MAX = 4096,
};

/* Tables of the index, to be run once in a new file. */
extern const char segment_schema_sql[];

/* What filters and counts know of a record. Ordinals name rows of the file's lists of brands and
 * categories (segment_facet_*). */
struct segment_attributes {
    int64_t row;
    uint32_t brand; /* 0: none */
    uint32_t category;
    double price; /* in whole units of its currency; below 0: unknown */
    enum catalog_stock stock;
};

/* Writing ------------------------------------------------------------------------------------ */

struct segment_writer;

/* PLAN is borrowed; it counts neighbours in its first field alone. Where the file has segments
 * their averages hold, else the first one's. ERR_NOMEM, ERR_IO; ERR_INVALID: damaged. */
int segment_writer_open(sqlite3 *db, const struct rank_plan *plan, struct segment_writer **ret,
                        struct err *err) WARN_UNUSED;
void segment_writer_free(struct segment_writer *w);
AUTO_DEFINE(segment_writer, struct segment_writer *, segment_writer_free)

/* One record: begin, its tokens field by field in order, end. POSITION counts within the field;
 * two tokens of one position (a model number and its parts) are no neighbours of each other, and
 * only the first of them is a neighbour of others. A field's length is the number of its places.
 * Words of more than 127 bytes, and those that hold a space or what sorts before it, are left out.
 * Rows may come in any order; of one row the last counts. A record that failed midway is forgotten
 * by the next begin. ERR_NOMEM; ERR_LIMIT: more different words than an index can hold.
 * Touches no database, allocates at most: may run on a thread of its own. */
int segment_begin(struct segment_writer *w, const struct segment_attributes *attributes,
                  struct err *err) WARN_UNUSED;
int segment_token(struct segment_writer *w, int field, uint32_t position, struct str stem,
                  struct err *err) WARN_UNUSED;
/* Several of one field at once: faster than one by one. */
struct segment_token {
    struct str stem;
    uint32_t position;
};
int segment_tokens(struct segment_writer *w, int field, const struct segment_token *tokens,
                   size_t count, struct err *err) WARN_UNUSED;
int segment_end(struct segment_writer *w, struct err *err) WARN_UNUSED;
/* Are SEGMENT_DOCS records waiting, or fewer that are as much together? Then the next call must be
 * segment_flush(). */
bool segment_full(const struct segment_writer *w);
/* Write what waits as a segment. Nothing waiting: nothing happens. */
int segment_flush(struct segment_writer *w, struct err *err) WARN_UNUSED;

/* The record of ROW as it was put before this call is gone; it may be put again. Unknown rows are
 * no failure. Touches no database: what is meant is looked up at the next flush. */
int segment_remove(struct segment_writer *w, int64_t row, struct err *err) WARN_UNUSED;
/* Flush, merge what should be merged, write the bitmaps. */
int segment_finish(struct segment_writer *w, struct err *err) WARN_UNUSED;
/* How many records live, how many are gone but take room: who keeps the file rebuilds it when the
 * averages stem from far fewer than live now. */
struct segment_totals {
    uint64_t live;
    uint64_t gone;
    uint64_t averaged; /* records the frozen averages stem from */
    uint64_t segments;
};
int segment_totals(sqlite3 *db, struct segment_totals *ret, struct err *err) WARN_UNUSED;

/* Reading ------------------------------------------------------------------------------------ */

struct segment_reader;

int segment_reader_open(sqlite3 *db, struct segment_reader **ret, struct err *err) WARN_UNUSED;
void segment_reader_free(struct segment_reader *r);
AUTO_DEFINE(segment_reader, struct segment_reader *, segment_reader_free)

/* Hold the segments still for one search: begins a read of the file as it is now (sees imports in
 * place at once) and returns how many segments there are. Each begin has its end. */
int segment_read_begin(struct segment_reader *r, size_t *ret_count, struct err *err) WARN_UNUSED;
void segment_read_end(struct segment_reader *r);

/* The averages that impacts were made with. */
const double *segment_averages(const struct segment_reader *r);
/* Records in all segments, the gone ones included. */
uint64_t segment_docs(const struct segment_reader *r);

/* In how many records TERM stands, over all segments, those that are gone included. */
int segment_frequency(struct segment_reader *r, struct str term, uint64_t *ret,
                      struct err *err) WARN_UNUSED;
/* TERM's list in segment SEGMENT; count 0: not in it. Its bytes live until the read's end or until
 * ARENA is cleared, whichever comes first. ERR_INVALID: damaged. */
int segment_postings(struct segment_reader *r, size_t segment, struct str term, struct arena *arena,
                     struct postings *ret, struct err *err) WARN_UNUSED;
/* The vocabulary of SEGMENT (spell.h), valid until the read's end. */
int segment_vocabulary(struct segment_reader *r, size_t segment, struct str *ret,
                       struct err *err) WARN_UNUSED;
/* Is DOC of SEGMENT gone, or was never there? */
bool segment_gone(const struct segment_reader *r, size_t segment, uint32_t doc);
/* Its attributes; columns are read once a segment and kept. ERR_INVALID: damaged, or no such DOC:
 * a list that lies. Ordinals are within those that segment_facets() names. */
int segment_attributes(struct segment_reader *r, size_t segment, uint32_t doc,
                       struct segment_attributes *ret, struct err *err) WARN_UNUSED;

/* The file's brands and categories: ordinals are 1, 2, 3 ..., never reused. KEY is the name as
 * stems with a space between; the name that came first stays. The empty KEY has ordinal 0. Putting
 * one touches no database; the next flush writes it. EACH is called in the order of ordinals until
 * it returns false; its texts are borrowed for the call. */
enum segment_facet { SEGMENT_BRAND, SEGMENT_CATEGORY };
int segment_facet_put(struct segment_writer *w, enum segment_facet facet, struct str key,
                      struct str name, uint32_t *ret, struct err *err) WARN_UNUSED;
typedef bool (*segment_facet_each)(void *arg, uint32_t ordinal, struct str key, struct str name);
int segment_facets(struct segment_reader *r, enum segment_facet facet, segment_facet_each each,
                   void *arg, struct err *err) WARN_UNUSED;

#endif
