/* outfile: where an export goes, standard output or a file that is there whole or not at all.
 *
 * A file is written beside its name, synced and renamed into place, with mode 0600: customers'
 * words are in it. What the name means already when it is no file (a terminal, a pipe, /dev/null)
 * is written into as it stands. */
#ifndef DESKHAND_OUTFILE_H
#define DESKHAND_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { OUTFILE_CLOSED = 1 };

struct outfile {
    FILE *stream;
    bool to_stdout;
    struct str path;  /* the file's name; for messages and the rename */
    struct str draft; /* empty: written in place */
};

/* PATH empty or "-": standard output. ERR_IO names PATH. End with outfile_done() in every case. */
int outfile_open(struct outfile *o, struct str path, struct arena *arena,
                 struct err *err) WARN_UNUSED;
/* OUTFILE_CLOSED: nobody reads it any more (a closed pipe); stop, it is no failure. */
int outfile_write(struct outfile *o, struct str text, struct err *err) WARN_UNUSED;
/* Everything is out, and durable where it is a file. */
int outfile_finish(struct outfile *o, struct err *err) WARN_UNUSED;
/* Without outfile_finish() no file is left behind. `{0}` is fine. */
void outfile_done(struct outfile *o);
AUTO_DEFINE_VALUE(outfile, struct outfile, outfile_done)

#endif
