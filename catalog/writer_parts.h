/* writer_parts: what the writer*.c files share; for them only. */
#ifndef CATALOG_WRITER_PARTS_H
#define CATALOG_WRITER_PARTS_H

#include <sqlite3.h>

#include "base/arena.h"
#include "catalog/import_lane.h"
#include "catalog/index/segment.h"
#include "catalog/record.h"
#include "catalog/words.h"
#include "catalog/writer.h"

enum {
    /* A batch is sent when it has this many rows or bytes: a few milliseconds of work. */
    WRITER_BATCH_ROWS = 128,
    WRITER_BATCH_BYTES = 1024 * 1024,
    /* Codes collected before they are sorted and put in. */
    WRITER_CODES = 131072,
};

/* Statements of one kind, in the file that is written. */
enum writer_statement {
    WRITER_FIND,
    WRITER_INSERT,
    WRITER_DELETE,
    WRITER_INDEX,
    WRITER_UNINDEX,
    WRITER_KEY,
    WRITER_UNKEY,
    WRITER_STATEMENTS,
};

/* A record as the tables want it; views live in the arena it was made in. */
struct writer_entry {
    struct entry entry;
    struct str brand_key;
    struct str category_key;
    const struct str *keys; /* codes of a product, products of an article */
    size_t key_count;
};

enum { WRITER_CARRIED = UINT32_MAX };

/* A record on its way. */
struct writer_row {
    enum catalog_kind kind;
    struct str id;
    struct str record;
    uint64_t hash;
    int64_t doc;      /* where it was prepared; else the lane decides */
    uint32_t ordinal; /* of its id; WRITER_CARRIED: not of this import's files */
    bool again;       /* an earlier row had the id */
    bool prepared;
    int64_t replaces; /* the number of what the file has under its id; 0: nothing */
    bool same;        /* and that is what comes: it stays */
    struct writer_entry entry;
    struct words_record *words; /* of the entry's columns, RANK_FIELDS; of the batch */
};

struct writer_batch {
    struct arena arena;
    struct writer_row rows[WRITER_BATCH_ROWS];
    struct words_record words[WRITER_BATCH_ROWS][RANK_FIELDS];
    size_t count;
    size_t bytes;
};

/* An id that this import has met. */
struct writer_seen {
    uint64_t id_hash; /* 0: free */
    uint64_t line;
    uint32_t ordinal;
};

struct writer_ids {
    struct writer_seen *seen;
    size_t count;
    size_t capacity; /* a power of two */
};

/* What the same id was before, and what it is now. */
struct writer_fate {
    uint64_t before;
    uint64_t now;
    bool existed;
};

/* A brand or category and its key: there are few of them and many products. */
struct writer_name {
    uint64_t hash; /* 0: free */
    struct str name;
    struct str key;
};

struct writer_names {
    struct arena arena;
    struct writer_name *slots;
    size_t count;
    size_t capacity; /* a power of two */
};

struct writer_code {
    uint32_t offset;
    uint32_t len;
    int64_t doc;
};

struct writer_codes {
    struct buf text;
    struct writer_code *items;
    size_t count;
    size_t capacity;
};

struct writer {
    const char *path;
    enum catalog_kind kind;
    struct str language; /* asked for; empty: none */
    bool replace;
    bool anew;
    bool keep_kind;  /* anew, and what is there of this kind stays too */
    bool renews;     /* anew, whether it must be or not */
    bool stale;      /* after writer_finish() */
    bool translates; /* anew, and in another language */
    bool looks;      /* rows may be in the written file: the lane looks and prepares */
    char *new_path;
    int lock;
    struct lane *lane;
    struct writer_batch *batches; /* LANE_SLOTS of them */
    int64_t last_doc[2];          /* by kind; of whoever prepares */

    /* The caller's thread. */
    struct writer_ids ids;

    /* Whoever prepares: the lane where it looks, else the caller's thread. */
    struct words split;
    struct writer_names names;
    struct segment_writer *segments; /* of products; only the database's user flushes it */

    /* The lane's. */
    sqlite3 *db;  /* written */
    sqlite3 *old; /* anew: the file there is; else NULL. While records are carried: the caller's */
    struct words words;
    sqlite3_stmt *statements[2][WRITER_STATEMENTS];
    sqlite3_stmt *before;
    struct writer_fate *fates; /* by ordinal */
    size_t fate_count;
    size_t fate_capacity;
    struct writer_codes codes;
    int64_t *gone; /* products taken out again */
    size_t gone_count;
    size_t gone_capacity;
};

/* writer_prepare.c: a record's words and keys. [whoever prepares] */
int writer_prepare(struct writer *w, struct writer_row *row, struct arena *arena,
                   struct err *err) WARN_UNUSED;
/* What is needed to take a record out again; WORDS are the calling thread's. */
int writer_read(const struct words *words, enum catalog_kind kind, struct str record,
                struct arena *arena, struct writer_entry *ret, struct err *err) WARN_UNUSED;
void writer_names_done(struct writer_names *names);

/* writer_apply.c: a batch into the file that is written. [lane] */
int writer_apply(void *writer, size_t slot, struct err *err) WARN_UNUSED;

/* writer_rows.c: one record, its words and its names, into or out of the file. [lane] */
int writer_statement_get(struct writer *w, enum catalog_kind kind, enum writer_statement which,
                         sqlite3_stmt **ret, struct err *err) WARN_UNUSED;
int writer_insert(struct writer *w, const struct writer_row *row, struct err *err) WARN_UNUSED;
/* RECORD as it is stored: its words are what must be taken out. */
int writer_delete(struct writer *w, enum catalog_kind kind, struct str record, int64_t doc,
                  struct err *err) WARN_UNUSED;
/* Put in the codes that wait. */
int writer_codes_flush(struct writer *w, struct err *err) WARN_UNUSED;

/* writer_segment.c: the products' segments; ROW's words to those that wait. [whoever prepares] */
int writer_add_to_segment(struct writer *w, const struct writer_row *row,
                          struct err *err) WARN_UNUSED;
/* All of them into the file, and is it stale? */
int writer_finish_segments(struct writer *w, struct err *err) WARN_UNUSED;

/* writer_ids.c: ids met so far. *RET is good until the next call. */
int writer_ids_meet(struct writer_ids *ids, struct str id, struct writer_seen **ret,
                    bool *ret_again, struct err *err) WARN_UNUSED;
void writer_ids_done(struct writer_ids *ids);

/* writer_open.c: the lock and the files. */
int writer_take_lock(struct writer *w, struct err *err) WARN_UNUSED;
int writer_open_files(struct writer *w, struct err *err) WARN_UNUSED;
/* How much FTS5 collects of the products' words before it writes, and how many of what it wrote it
 * merges at a time; kept in the file. */
int writer_tune(struct writer *w, int bytes, int merge, struct err *err) WARN_UNUSED;

/* writer_swap.c: the new file, made whole and put in the old one's place; or removed. */
int writer_finish_new(struct writer *w, struct err *err) WARN_UNUSED;
void writer_remove_new(const struct writer *w);

/* writer.c: statements and tokenizer go before their connection. */
void writer_finalize(struct writer *w);

#endif
