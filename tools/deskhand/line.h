/* line: a line typed by a person, while the loop goes on.
 *
 * On a terminal: editing and history by libedit, reading characters through the loop, so that
 * events (an agent's message, a new ticket) are handled while somebody types. Elsewhere: plain
 * lines of standard input. */
#ifndef DESKHAND_LINE_H
#define DESKHAND_LINE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct line;
struct loop;

enum { LINE_END = 1, LINE_INTERRUPTED = 2 };

int line_new(struct loop *l, const char *prompt, struct line **ret, struct err *err) WARN_UNUSED;
void line_free(struct line *l);
AUTO_DEFINE(line, struct line *, line_free)

/* The next line without its newline, borrowed until the next call. LINE_END at the end of input;
 * LINE_INTERRUPTED for Ctrl-C. ERR_LIMIT for a line longer than a message may be. */
int line_read(struct line *l, struct str *ret, struct err *err) WARN_UNUSED;

/* Say something while a line is being typed: FN prints, above the line, which is then drawn
 * again. Callable from the loop's callbacks; prints at once when nobody is typing. */
void line_announce(struct line *l, void (*fn)(void *arg), void *arg);

/* Completion with Tab: FN calls ADD for every word that could stand where PREFIX begins to be
 * typed; BEFORE is the line up to there. Borrowed for the call. */
typedef void (*line_add)(void *add_arg, struct str word);
typedef void (*line_complete)(void *arg, struct str before, struct str prefix, line_add add,
                              void *add_arg);
void line_set_complete(struct line *l, line_complete fn, void *arg);

/* Another prompt from the next line on; borrowed. */
void line_set_prompt(struct line *l, const char *prompt);

bool line_is_terminal(const struct line *l);

#endif
