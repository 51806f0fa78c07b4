/* md: Markdown for a terminal, while it is still being written.
 *
 * A model's text arrives in pieces; each piece is shown at once, wrapped at words, with **bold**,
 * *emphasis*, `code`, headings, lists and quotes drawn as they are recognised. What is no markup
 * stays as it is; nothing is ever taken back. (A parser of whole documents, md4c, would have to
 * redraw; a chat that flickers was judged worse than one that draws no tables.) Input is cleaned
 * of control characters first.
 *
 * Without colour the marks are left out all the same, so that a plain terminal shows plain text. */
#ifndef DESKHAND_MD_H
#define DESKHAND_MD_H

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

enum { MD_WORD_MAX = 512 };

struct md {
    FILE *out;
    size_t width;
    size_t column;
    size_t indent;   /* of continuation lines: under a list item's text */
    bool line_start; /* only white space or list marks so far on this source line */
    bool bold;
    bool emphasis;
    bool code;
    bool heading;
    char held[4]; /* characters that may yet become markup */
    size_t held_len;
    char word[MD_WORD_MAX]; /* the word being collected, escapes included */
    size_t word_len;
    size_t word_width;
    bool space; /* a space is due before the word */
    char last;  /* the last visible character, to tell emphasis from multiplication */
};

/* WIDTH columns. */
void md_begin(struct md *m, FILE *out, size_t width);
void md_add(struct md *m, struct str text);
/* Finish: what was held back is shown, styles end, the line ends. */
void md_end(struct md *m);

#endif
