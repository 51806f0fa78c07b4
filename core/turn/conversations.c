/* The live conversations of an engine: a small chained hash table. */
#include "base/must.h"
#include "turn/turn_impl.h"

static size_t
bucket_of(const struct conversation_table *t, struct str id)
{
    return (size_t)str_hash(id) & (t->bucket_count - 1);
}

struct conversation *
conversation_find(const struct conversation_table *t, struct str id)
{
    if (t->bucket_count == 0) {
        return NULL;
    }
    struct conversation *c = t->buckets[bucket_of(t, id)];
    while (c && !str_eq_c(id, c->id)) {
        c = c->next;
    }
    return c;
}

static bool
grow(struct conversation_table *t)
{
    struct conversation_table bigger = {
        .bucket_count = t->bucket_count ? t->bucket_count * 2 : 16,
        .count = t->count,
    };
    bigger.buckets = mem_zero(bigger.bucket_count, sizeof(struct conversation *));
    if (!bigger.buckets) {
        return false;
    }
    for (size_t i = 0; i < t->bucket_count; i++) {
        while (t->buckets[i]) {
            struct conversation *c = t->buckets[i];
            t->buckets[i] = c->next;
            size_t at = bucket_of(&bigger, str_c(c->id));
            c->next = bigger.buckets[at];
            bigger.buckets[at] = c;
        }
    }
    mem_free(t->buckets);
    *t = bigger;
    return true;
}

struct conversation *
conversation_get(struct conversation_table *t, struct str id)
{
    struct conversation *found = conversation_find(t, id);
    if (found) {
        return found;
    }
    if (t->count >= t->bucket_count && !grow(t)) {
        return NULL;
    }
    struct conversation *c = mem_zero(1, sizeof(*c));
    char *copy = mem_str(id);
    if (!c || !copy) {
        mem_free(c);
        mem_free(copy);
        return NULL;
    }
    c->id = copy;
    size_t at = bucket_of(t, id);
    c->next = t->buckets[at];
    t->buckets[at] = c;
    t->count++;
    return c;
}

void
conversation_release(struct conversation_table *t, struct conversation *c)
{
    if (c->running || c->queue_first || c->attached) {
        return;
    }
    struct conversation **link = &t->buckets[bucket_of(t, str_c(c->id))];
    while (*link != c) {
        must(*link);
        link = &(*link)->next;
    }
    *link = c->next;
    t->count--;
    mem_free(c->id);
    mem_free(c);
}

void
conversation_table_done(struct conversation_table *t)
{
    for (size_t i = 0; i < t->bucket_count; i++) {
        while (t->buckets[i]) {
            struct conversation *c = t->buckets[i];
            t->buckets[i] = c->next;
            mem_free(c->id);
            mem_free(c);
        }
    }
    mem_free(t->buckets);
    *t = (struct conversation_table){0};
}
