/* newdesk: the files that a new desk begins with.
 *
 * A desk is made in a folder that may hold files already; desk.yaml is put in its place last and
 * whole, so a folder with a desk.yaml is a desk, and one without it is at worst half of one, which
 * making it again completes. Nothing that is there is written over. While a desk is being made its
 * maker holds a lock on desk.yaml.new, which the kernel drops at death: a second maker waits, then
 * finds the desk. */
#ifndef DESKHAND_NEWDESK_H
#define DESKHAND_NEWDESK_H

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;

/* Positive outcomes. */
enum { NEWDESK_THERE = 1 }; /* the folder has a desk.yaml: nothing was changed */

struct newdesk {
    struct str dir;   /* as it was given */
    struct str yaml; /* its files, NUL-terminated */
    struct str draft;
    int fd;          /* of the draft, locked; -1: not open */
};

/* Make the folder DIR where it is missing, its parents too, and lock it. NEWDESK_THERE; ERR_AUTH no
 * permission; ERR_INVALID it is no folder; ERR_IO. Views live in ARENA; end with newdesk_done() in
 * every case. */
int newdesk_begin(struct newdesk *n, struct str dir, struct arena *arena, struct err *err)
    WARN_UNUSED;
/* The prompts folder, with a page that says what it is for. */
int newdesk_prompts(const struct newdesk *n, struct err *err) WARN_UNUSED;
/* desk.yaml with TEXT: from here on it is a desk. */
int newdesk_finish(struct newdesk *n, struct str text, struct err *err) WARN_UNUSED;
/* `{.fd = -1}` is fine. Without newdesk_finish() what was made so far stays, for the next try. */
void newdesk_done(struct newdesk *n);
AUTO_DEFINE_VALUE(newdesk, struct newdesk, newdesk_done)

/* The text of a new desk.yaml: what most desks want set, then every other key commented out at its
 * default, from the table of keys. */
void newdesk_yaml(struct str shop_name, struct buf *out);

#endif
