/* source: a file that is imported, read in pieces.
 *
 * A window over the file grows with the row that is being read, up to LIMIT_IMPORT_LINE; a row
 * beyond that is passed over without being held. So a 5 GB line costs its reading and no memory. */
#ifndef CATALOG_SOURCE_H
#define CATALOG_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct source {
    const char *path;
    int fd;
    char *bytes;
    size_t capacity;
    size_t start; /* of what is not consumed */
    size_t len;   /* of what is there, from 0 */
    bool eof;
    uint64_t line;  /* of `start`, from 1 */
    uint64_t done;  /* bytes read */
    uint64_t total; /* of the file; 0: not known */
};

/* ERR_NOTFOUND, ERR_IO, ERR_INVALID (a folder). A byte-order mark is skipped; UTF-16 is refused
 * by name. PATH is borrowed until source_close(). */
int source_open(struct source *s, const char *path, struct err *err) WARN_UNUSED;
void source_close(struct source *s);
AUTO_DEFINE_VALUE(source, struct source, source_close)

/* What is in the window. */
struct str source_window(const struct source *s);
/* Read on: 0 and the window is longer, or `eof` is set; 1 the window is as long as a row may be.
 * Views of the window are void afterwards. */
int source_more(struct source *s, struct err *err) WARN_UNUSED;
/* Step over BYTES of the window, counting lines. */
void source_step(struct source *s, size_t bytes);
/* Step over everything up to and with the next line break. */
int source_skip_line(struct source *s, struct err *err) WARN_UNUSED;

#endif
