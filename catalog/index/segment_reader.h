/* segment_reader: what the two files of the reader share: segment_reader.c holds the segments
 * still and reads their columns, segment_terms.c looks terms up. For them only. */
#ifndef CATALOG_INDEX_SEGMENT_READER_H
#define CATALOG_INDEX_SEGMENT_READER_H

#include "catalog/index/segment_parts.h"

enum { SEGMENT_BUCKETS = 64 };

/* A segment and what was loaded of it: kept from read to read, since nothing of it changes. */
struct segment_kept {
    struct segment_meta meta;
    char *gone;
    struct segment_columns columns;
    bool whole; /* all columns are there and were looked through */
    char *firsts;
    uint32_t *first_at; /* offsets in FIRSTS, one a block */
    char *vocabulary;
    size_t vocabulary_len;
};

/* A term that was looked up in this read, with its place in each segment. */
struct segment_looked {
    struct segment_looked *next;
    struct str term;
    uint64_t total;
    struct segment_place {
        uint32_t count; /* 0: it is not there */
        struct block_entry entry;
    } places[];
};

struct segment_reader {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *end;
    sqlite3_stmt *generation_of;
    struct segment_pages pages;
    struct segment_kept *all;
    size_t count;
    bool known; /* GENERATION is of what is kept */
    int64_t generation;
    double averages[RANK_FIELDS];
    uint64_t docs;
    bool reading;
    bool own; /* the transaction is ours */
    struct arena arena;
    struct segment_looked *buckets[SEGMENT_BUCKETS];
};

#endif
