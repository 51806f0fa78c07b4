/* writer: records into a catalogue file, whole or not at all.
 *
 * Two ways. In place: one transaction on the file there is. Anew: a file beside it, built without
 * a journal, synced, and renamed over the old one; what the import does not replace is carried
 * over. Either way nothing is seen by readers before writer_finish(), and writer_done() without it
 * leaves everything as it was. One import at a time, by a lock that dies with the process.
 *
 * Rows go in batches over a lane (import_lane.h). The caller's thread finds out which ids it has
 * met before and, where a row is new to the file for sure, splits it into words; the lane owns the
 * database. Where rows may be there already, the lane looks first and splits only what changed. */
#ifndef CATALOG_WRITER_H
#define CATALOG_WRITER_H

#include <stdint.h>

#include "catalog/catalog.h"

struct writer;

/* Lock and open the catalogue at PATH (borrowed) for what OPTIONS say. ERR_BUSY another import. */
int writer_open(const char *path, const struct catalog_import *options, struct writer **ret,
                struct err *err) WARN_UNUSED;
/* Put RECORD (stored text) of ID in. *RET_EARLIER is the line of an earlier row with the id, else
 * 0. A failure may be one of an earlier record. */
int writer_put(struct writer *w, struct str id, struct str record, uint64_t line,
               uint64_t *ret_earlier, struct err *err) WARN_UNUSED;
/* Count what changed into REPORT and make it seen; nothing is written where nothing changed. */
int writer_finish(struct writer *w, struct catalog_report *report, struct err *err) WARN_UNUSED;
/* The end of a finished import; W is taken. Where the index measures by what is hardly there any
 * more, it is made anew, unless another import has begun: that one will. A failure changes nothing
 * of what was finished. */
int writer_close(struct writer *w, struct err *err) WARN_UNUSED;
void writer_free(struct writer *w);
AUTO_DEFINE(writer, struct writer *, writer_free)

#endif
