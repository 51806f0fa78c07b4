#include "report/tally.h"

#include <string.h>

#include "base/alloc.h"
#include "base/must.h"
#include "base/utf8.h"

void
tally_done(struct tally *t)
{
    mem_free(t->sums);
    *t = (struct tally){0};
}

double
tally_of(const struct tally *t, uint32_t group)
{
    return group < t->count ? t->sums[group] : 0;
}

bool
tally_add(struct tally *t, uint32_t group, double value)
{
    while (t->count <= group) {
        if (!mem_grow(t->sums, t->count, t->capacity)) {
            return false;
        }
        t->sums[t->count++] = 0;
    }
    t->sums[group] += value;
    return true;
}

void
value_lists_done(struct value_lists *v)
{
    for (size_t i = 0; i < v->count; i++) {
        mem_free(v->lists[i].values);
    }
    mem_free(v->lists);
    *v = (struct value_lists){0};
}

bool
value_lists_add(struct value_lists *v, uint32_t group, int64_t value)
{
    while (v->count <= group) {
        if (!mem_grow(v->lists, v->count, v->capacity)) {
            return false;
        }
        v->lists[v->count++] = (struct value_list){0};
    }
    struct value_list *list = &v->lists[group];
    if (!mem_grow(list->values, list->count, list->capacity)) {
        return false;
    }
    list->values[list->count++] = value;
    return true;
}

void
item_counts_done(struct item_counts *i)
{
    names_done(&i->keys);
    tally_done(&i->counts);
}

/* A key is the group's number, as it lies in memory, and the item. */
bool
item_counts_add(struct item_counts *i, uint32_t group, struct str item)
{
    char key[sizeof(group) + ITEM_MAX_BYTES];
    struct str cut = utf8_cut(item, ITEM_MAX_BYTES);
    memcpy(key, &group, sizeof(group));
    if (cut.len) {
        memcpy(key + sizeof(group), cut.ptr, cut.len);
    }
    uint32_t number = names_add(&i->keys, (struct str){.ptr = key, .len = sizeof(group) + cut.len});
    return number != NAMES_NONE && tally_add(&i->counts, number, 1);
}

uint32_t
item_key_read(struct str key, struct str *ret_item)
{
    uint32_t group;
    must(key.len >= sizeof(group));
    memcpy(&group, key.ptr, sizeof(group));
    *ret_item = str_sub(key, sizeof(group), key.len);
    return group;
}
