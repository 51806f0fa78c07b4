/* writer: records into a catalogue file, whole or not at all.
 *
 * Two ways. In place: one transaction on the file there is. Anew: a file beside it, built without
 * a journal, synced, and renamed over the old one; what the import does not replace is carried
 * over. Either way nothing is seen by readers before writer_finish(), and writer_done() without it
 * leaves everything as it was. One import at a time, by a lock that dies with the process. */
#ifndef CATALOG_WRITER_H
#define CATALOG_WRITER_H

#include <sqlite3.h>
#include <stdint.h>

#include "catalog/catalog.h"
#include "catalog/record.h"
#include "catalog/words.h"

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

/* An id that this import has met: what it was, what it is now. */
struct writer_seen {
    uint64_t id_hash; /* 0: free */
    uint64_t before;
    uint64_t now;
    uint64_t line;
    bool existed;
};

struct writer {
    const char *path;
    enum catalog_kind kind;
    bool replace;
    bool anew;
    bool keep_kind; /* anew, and what is there of this kind stays too */
    char *new_path;
    int lock;
    sqlite3 *db;  /* written */
    sqlite3 *old; /* anew: the file there is; else NULL */
    struct words words;
    sqlite3_stmt *statements[2][WRITER_STATEMENTS];
    sqlite3_stmt *before;
    struct writer_seen *seen;
    size_t seen_count;
    size_t seen_capacity; /* a power of two */
};

/* Lock and open the catalogue at PATH for an import of KIND. ERR_BUSY another import. */
int writer_open(struct writer *w, const char *path, enum catalog_kind kind, bool replace,
                struct err *err) WARN_UNUSED;
/* Put RECORD (stored text) of ID in. *RET_EARLIER is the line of an earlier row with the id, else
 * 0. */
int writer_put(struct writer *w, struct str id, struct str record, uint64_t line,
               uint64_t *ret_earlier, struct err *err) WARN_UNUSED;
/* Count what changed into REPORT and make it seen; nothing is written where nothing changed. */
int writer_finish(struct writer *w, struct catalog_report *report, struct err *err) WARN_UNUSED;
void writer_done(struct writer *w);
AUTO_DEFINE_VALUE(writer, struct writer, writer_done)

#endif
