/* schema: the file's tables, and the locks around them.
 *
 * product and article hold one row a record: what filters and result lines need, then the record
 * itself, last, so that its pages are read only when it is asked for. product_fts and article_fts
 * are contentless FTS5 tables over the words of entry_read(), rowid = doc. code finds a product by
 * id, model or SKU; article_product finds the articles that list a product.
 *
 * The file is in WAL mode: readers never wait for an import. A new file takes the old one's place
 * by rename, and a WAL belongs to a name, so opening and renaming exclude each other through a
 * lock on catalog.db.lock (bytes below, open-file-description locks, dropped by the kernel). */
#ifndef CATALOG_SCHEMA_H
#define CATALOG_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "catalog/rank.h"

enum {
    SCHEMA_APPLICATION = 0x64684361, /* "dhCa" */
    SCHEMA_VERSION = 2,
};

/* Everything a new file needs, to be run once; its index is of LANGUAGE, a valid one, whose
 * tokenizer is attached to DB already. */
int schema_create(sqlite3 *db, struct str language, struct err *err) WARN_UNUSED;

/* Field weights, in the order of the FTS5 tables' columns. */
extern const struct rank_plan schema_product_plan;
extern const struct rank_plan schema_article_plan;

/* Which byte of the lock file. */
enum schema_lock { SCHEMA_LOCK_WRITER, SCHEMA_LOCK_SWAP };

/* Open the lock file of the catalogue at PATH. CREATE: make it where it is missing. -1: there is
 * none (a reader then goes without: nobody has ever imported here, or the folder is read-only). */
int schema_lock_open(const char *path, bool create);
/* Lock a byte of FD. WAIT: until it is free; else false when somebody has it. */
bool schema_lock(int fd, enum schema_lock byte, bool exclusive, bool wait);
void schema_unlock(int fd, enum schema_lock byte);

#endif
