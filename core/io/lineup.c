#include "io/lineup.h"

#include <string.h>

#include "base/must.h"

static void
begin_next(struct loop_task *task)
{
    struct lineup *l = OWNER_OF(task, struct lineup, next);
    l->next_posted = false;
    if (!l->busy && l->count > 0) {
        l->busy = true;
        l->begin(l, &l->items[0]);
    }
}

static void
begin_soon(struct lineup *l)
{
    if (!l->next_posted && !l->closed) {
        l->next_posted = true;
        loop_post(l->loop, &l->next);
    }
}

void
lineup_init(struct lineup *l, struct loop *loop,
            void (*begin)(struct lineup *l, const struct lineup_item *item))
{
    *l = (struct lineup){.loop = loop, .begin = begin, .next = {.fn = begin_next}};
}

void
lineup_close(struct lineup *l)
{
    l->closed = true;
    if (l->next_posted) {
        loop_unpost(l->loop, &l->next);
        l->next_posted = false;
    }
}

void
lineup_add(struct lineup *l, struct str name, int64_t number)
{
    bool known = false;
    for (size_t i = 0; i < l->count; i++) {
        known = known || str_eq_c(name, l->items[i].name);
    }
    if (known || name.len > LINEUP_NAME_MAX || l->count == LINEUP_MAX) {
        return;
    }
    struct lineup_item *item = &l->items[l->count++];
    memcpy(item->name, name.ptr, name.len);
    item->name[name.len] = '\0';
    item->number = number;
    begin_soon(l);
}

void
lineup_over(struct lineup *l)
{
    must(l->busy);
    l->busy = false;
    l->count--;
    memmove(l->items, l->items + 1, l->count * sizeof(l->items[0]));
    if (l->count > 0) {
        begin_soon(l);
    }
}

size_t
lineup_count(const struct lineup *l)
{
    return l->count;
}
