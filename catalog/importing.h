/* importing: what the readers of both formats share; for the files of this folder only. */
#ifndef CATALOG_IMPORTING_H
#define CATALOG_IMPORTING_H

#include "catalog/record.h"
#include "catalog/source.h"
#include "catalog/writer.h"

struct importing {
    const struct catalog_import *options;
    struct catalog_report *report;
    struct writer *writer;
    struct source source;
    struct arena arena; /* of one row */
    struct buf record;
    uint64_t *used;        /* one a map entry */
    uint64_t bytes_before; /* of the files that are done */
    uint64_t bytes_total;
    uint64_t next_progress;
    struct record_note note;
    bool price_remarked; /* once an import is enough */
};

/* One more row was met: progress, and whether to go on. ERR_CANCELED. */
int importing_count(struct importing *im, struct err *err) WARN_UNUSED;
/* Store ROW, which began at LINE. 0 stored; 1 it cannot be kept: the reason is in ERR and the
 * value at fault in im->note, and the caller reports it with importing_reject(). */
int importing_row(struct importing *im, const struct source_row *row, uint64_t line,
                  struct err *err) WARN_UNUSED;
void importing_reject(struct importing *im, uint64_t line, uint64_t column, const char *reason);
void importing_notice(struct importing *im, enum catalog_notice_kind kind, uint64_t line,
                      uint64_t column, const char *reason);

/* The rows of im->source. */
int import_csv(struct importing *im, struct err *err) WARN_UNUSED;
int import_jsonl(struct importing *im, struct err *err) WARN_UNUSED;

#endif
