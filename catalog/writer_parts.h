/* writer_parts: what writer.c, writer_rows.c and writer_swap.c share; for these three only. */
#ifndef CATALOG_WRITER_PARTS_H
#define CATALOG_WRITER_PARTS_H

#include "catalog/writer.h"

/* writer_rows.c: one record, its words and its names, into or out of the file that is written. */
int writer_statement_get(struct writer *w, enum catalog_kind kind, enum writer_statement which,
                         sqlite3_stmt **ret, struct err *err) WARN_UNUSED;
/* DOC 0: the next free one. */
int writer_insert(struct writer *w, enum catalog_kind kind, struct str record, uint64_t hash,
                  int64_t doc, struct err *err) WARN_UNUSED;
/* RECORD as it is stored: its words are what must be taken out. */
int writer_delete(struct writer *w, enum catalog_kind kind, struct str record, int64_t doc,
                  struct err *err) WARN_UNUSED;

/* writer_swap.c: the new file, made whole and put in the old one's place; or removed. */
int writer_finish_new(struct writer *w, struct err *err) WARN_UNUSED;
void writer_remove_new(const struct writer *w);

/* writer.c: statements and tokenizer go before their connection. */
void writer_finalize(struct writer *w);

#endif
