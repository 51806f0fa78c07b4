/* tools_memo: the tools of the last request, mended, checked and written.
 *
 * A desk offers the same tools in every request, and reading their schemas was a fifth of what a
 * request cost. A memo keeps one set: it belongs to one provider, so that dialect and settings are
 * always the same, and is asked with every byte of names, descriptions and schemas. What it gives
 * stays until the memo learns another set: a request is written before the next is begun. {0} is
 * empty. [loop] */
#ifndef MODEL_TOOLS_MEMO_H
#define MODEL_TOOLS_MEMO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct js_out;
struct model_request;
struct model_tool;

struct tools_memo {
    struct arena arena;
    const struct model_tool *given;
    const struct model_tool *mended;
    size_t count;    /* of both; 0: it knows nothing */
    struct str json; /* MENDED as the body has them; empty until a body was written */
};

void tools_memo_done(struct tools_memo *m);

/* The mended tools where TOOLS are the ones that are known, else NULL. M may be NULL. */
const struct model_tool *tools_memo_find(const struct tools_memo *m, const struct model_tool *tools,
                                         size_t count);
/* Are the tools of the mended R those the memo gave? */
bool tools_memo_holds(const struct tools_memo *m, const struct model_request *r);
/* GIVEN became MENDED, which passed all checks: both are copied. MENDED as it is to be used from
 * now on; where memory ran out nothing is known and it is what it was. */
const struct model_tool *tools_memo_learn(struct tools_memo *m, const struct model_tool *given,
                                          const struct model_tool *mended, size_t count);

/* Write R's tools with WRITE, an array's value; what is known to be the same is copied. */
void tools_memo_write(struct tools_memo *m, const struct model_request *r, struct js_out *out,
                      void (*write)(void *arg), void *arg);

#endif
