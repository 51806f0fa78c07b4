/* handle: what a reader is made of; for the files of this folder only. */
#ifndef CATALOG_HANDLE_H
#define CATALOG_HANDLE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "catalog/catalog.h"
#include "catalog/index/match.h"
#include "catalog/index/segment.h"
#include "catalog/rank.h"
#include "catalog/words.h"

enum { CATALOG_MAGIC = 0x63617461 };

/* Statements of a reader, prepared at first use. */
enum handle_statement {
    HANDLE_PRODUCTS,
    HANDLE_PRODUCT_BY_ROW,
    HANDLE_ARTICLES,
    HANDLE_ARTICLES_NARROWED,
    HANDLE_PRODUCT_BY_ID,
    HANDLE_PRODUCT_BY_CODE,
    HANDLE_PRODUCT_RECORD_BY_CODE,
    HANDLE_PRODUCT_BY_NAME,
    HANDLE_PRODUCT_BY_ID_OR_MODEL,
    HANDLE_ARTICLE_BY_ID,
    HANDLE_ARTICLE_ROW_BY_ID,
    HANDLE_ARTICLE_WORD,
    HANDLE_ARTICLE_VOCABULARY,
    HANDLE_STATEMENTS,
};

struct catalog {
    unsigned magic;
    char *path;
    sqlite3 *db;
    dev_t device; /* the file that is open; another one at PATH means an import swapped */
    ino_t inode;
    struct words words;
    struct ranker ranker;
    struct segment_reader *segments; /* both made by the first search for products */
    struct match *match;
    sqlite3_stmt *statements[HANDLE_STATEMENTS];
    bool (*stop)(void *arg);
    void *stop_arg;
};

/* The file that is at the path now, if it is another one than the open one. A file that is gone
 * or cannot be opened leaves the handle on what it has. */
void handle_refresh(struct catalog *c);

/* Make c->segments and c->match. */
int handle_index(struct catalog *c, struct err *err) WARN_UNUSED;

/* Statement WHICH over TEXT, reset and ready for binding. */
int handle_statement(struct catalog *c, enum handle_statement which, const char *text,
                     sqlite3_stmt **ret, struct err *err) WARN_UNUSED;

/* Open the database itself, checked to be ours and of this version. Also for import, which takes a
 * file of an older make too: then RET_OLDER is not NULL and set to whether it is one. */
int handle_open_db(const char *path, int flags, sqlite3 **ret, bool *ret_older,
                   struct err *err) WARN_UNUSED;

#endif
