/* lineup: work of one kind for the background: one at a time, the rest waits in line.
 *
 * What stands in line is a name and a number that goes along with it; a name that is in line
 * already is not taken again. The line is short and bounded: it is for what may as well not be
 * done, or will be asked for again.
 *
 * A lineup is embedded and is everything [loop]. `begin` never runs inside lineup_add() and
 * lineup_over(). */
#ifndef IO_LINEUP_H
#define IO_LINEUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "io/loop.h"

enum { LINEUP_MAX = 32, LINEUP_NAME_MAX = 64 };

struct lineup_item {
    char name[LINEUP_NAME_MAX + 1];
    int64_t number;
};

struct lineup {
    struct loop *loop;
    /* ITEM's turn has come; it stays where it is until lineup_over(), which may be called in here:
     * nothing could be begun. */
    void (*begin)(struct lineup *l, const struct lineup_item *item);
    struct lineup_item items[LINEUP_MAX]; /* the first is under way when BUSY */
    size_t count;
    bool busy;
    struct loop_task next;
    bool next_posted;
    bool closed;
};

/* LOOP is borrowed until lineup_close(). */
void lineup_init(struct lineup *l, struct loop *loop,
                 void (*begin)(struct lineup *l, const struct lineup_item *item));
/* Nothing is begun any more. What is under way is its owner's. */
void lineup_close(struct lineup *l);

/* Nothing happens where NAME is in line or under way, is longer than LINEUP_NAME_MAX, or
 * LINEUP_MAX are there. */
void lineup_add(struct lineup *l, struct str name, int64_t number);
/* What was under way has ended. */
void lineup_over(struct lineup *l);
/* In line, the one under way included. */
size_t lineup_count(const struct lineup *l);

#endif
