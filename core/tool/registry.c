#include "tool/registry.h"

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/loop.h"

enum {
    NAME_MAX_BYTES = 64,
    TIMEOUT_MAX_MS = 600 * 1000, /* a customer who waits ten minutes has left */
};

static const char *const effect_names[] = {"read", "write", "irreversible"};

struct str
tool_effect_name(enum tool_effect effect)
{
    return str_c(effect_names[effect]);
}

bool
tool_effect_from_name(struct str name, enum tool_effect *ret)
{
    for (int i = EFFECT_READ; i <= EFFECT_IRREVERSIBLE; i++) {
        if (str_eq_c(name, effect_names[i])) {
            *ret = (enum tool_effect)i;
            return true;
        }
    }
    return false;
}

int
tool_registry_new(struct loop *l, struct tool_registry **ret, struct err *err)
{
    struct tool_registry *r = mem_zero(1, sizeof(*r));
    if (!r) {
        return err_nomem(err);
    }
    r->loop = l;
    *ret = r;
    return 0;
}

static void
free_entries(struct tool_entry *first)
{
    while (first) {
        struct tool_entry *entry = first;
        first = entry->next;
        mem_free(entry);
    }
}

void
tool_registry_free(struct tool_registry *r)
{
    if (!r) {
        return;
    }
    must(r->active == 0);
    for (size_t i = 0; i < r->count; i++) {
        mem_free(r->entries[i]);
    }
    free_entries(r->replaced);
    for (size_t i = 0; i < r->queue_count; i++) {
        mem_free(r->queues[i]);
    }
    mem_free(r->entries);
    mem_free(r->queues);
    mem_free(r);
}

static bool
name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool
name_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!name_char(name.ptr[i])) {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

/* What makes way, the tools of BESIDES (NULL: none), takes no name away. */
static int
check_def(const struct tool_registry *r, const struct tool_def *def,
          const struct tool_source *besides, struct err *err)
{
    if (!name_valid(def->name)) {
        return err_set(err, ERR_INVALID,
                       "tool name '%" STR_FMT "': 1 to 64 letters, digits, '_' and '-'",
                       STR_ARG(str_sub(def->name, 0, 80)));
    }
    const struct tool_def *other = tool_find(r, def->name);
    if (other && (!besides || other->source != besides)) {
        return err_set(err, ERR_INVALID,
                       "tool %" STR_FMT " is already there, from plugin %" STR_FMT
                       ": remove one of the two plugins from the desk, or rename the tool",
                       STR_ARG(def->name), STR_ARG(other->plugin));
    }
    if (def->timeout_ms < 1 || def->timeout_ms > TIMEOUT_MAX_MS) {
        return err_set(err, ERR_INVALID, "tool %" STR_FMT ": its timeout is not 1 to %d ms",
                       STR_ARG(def->name), TIMEOUT_MAX_MS);
    }
    if (!utf8_valid(def->description)) {
        return err_set(err, ERR_INVALID, "tool %" STR_FMT ": its description is not valid UTF-8",
                       STR_ARG(def->name));
    }
    return 0;
}

static struct tool_queue *
queue_for(struct tool_registry *r, struct tool_source *source)
{
    for (size_t i = 0; i < r->queue_count; i++) {
        if (r->queues[i]->source == source) {
            return r->queues[i];
        }
    }
    if (!mem_grow(r->queues, r->queue_count, r->queue_capacity)) {
        return NULL;
    }
    struct tool_queue *q = mem_zero(1, sizeof(*q));
    if (q) {
        q->source = source;
        r->queues[r->queue_count++] = q;
    }
    return q;
}

static struct tool_entry *
new_entry(const struct tool_def *def, struct tool_queue *q)
{
    struct tool_entry *entry = mem_zero(1, sizeof(*entry));
    if (entry) {
        entry->def = *def;
        entry->queue = q;
    }
    return entry;
}

static int
too_many(struct err *err)
{
    return err_set(err, ERR_LIMIT, "a desk has at most %d tools", LIMIT_TOOLS);
}

int
tool_registry_add(struct tool_registry *r, const struct tool_def *def, struct err *err)
{
    must(loop_is_here(r->loop) && def->source && def->schema);
    int result = check_def(r, def, NULL, err);
    if (result < 0) {
        return result;
    }
    if (r->count >= LIMIT_TOOLS) {
        return too_many(err);
    }
    struct tool_queue *q = queue_for(r, def->source);
    if (!q || !mem_grow(r->entries, r->count, r->capacity)) {
        return err_nomem(err);
    }
    struct tool_entry *entry = new_entry(def, q);
    if (!entry) {
        return err_nomem(err);
    }
    r->entries[r->count++] = entry;
    r->generation++;
    return 0;
}

/* ---- Replacing --------------------------------------------------------------------------------*/

/* DEFS as entries, in a list; NULL when memory ran out. */
static struct tool_entry *
new_entries(struct tool_registry *r, const struct tool_def *defs, size_t count)
{
    struct tool_entry *first = NULL;
    for (size_t i = count; i > 0; i--) {
        struct tool_queue *q = queue_for(r, defs[i - 1].source);
        struct tool_entry *entry = q ? new_entry(&defs[i - 1], q) : NULL;
        if (!entry) {
            free_entries(first);
            return NULL;
        }
        entry->next = first;
        first = entry;
    }
    return first;
}

/* The entry of that name, taken out of the list; NULL when there is none. */
static struct tool_entry *
take_named(struct tool_entry **list, struct str name)
{
    for (struct tool_entry **at = list; *at; at = &(*at)->next) {
        struct tool_entry *entry = *at;
        if (str_eq(entry->def.name, name)) {
            *at = entry->next;
            entry->next = NULL;
            return entry;
        }
    }
    return NULL;
}

/* There is room for all. */
static void
swap(struct tool_registry *r, const struct tool_source *from, struct tool_entry *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct tool_entry *entry = r->entries[i];
        if (entry->def.source == from) {
            struct tool_entry *old = entry;
            entry = take_named(&list, old->def.name);
            old->next = r->replaced;
            r->replaced = old;
        }
        if (entry) {
            r->entries[kept++] = entry;
        }
    }
    r->count = kept;
    while (list) {
        struct tool_entry *entry = list;
        list = entry->next;
        entry->next = NULL;
        r->entries[r->count++] = entry;
    }
    r->generation++;
}

int
tool_registry_replace(struct tool_registry *r, const struct tool_source *from,
                      const struct tool_def *defs, size_t count, struct err *err)
{
    size_t others = 0;
    must(loop_is_here(r->loop));
    for (size_t i = 0; i < r->count; i++) {
        others += r->entries[i]->def.source != from;
    }
    for (size_t i = 0; i < count; i++) {
        must(defs[i].source && defs[i].source != from && defs[i].schema);
        int result = check_def(r, &defs[i], from, err);
        if (result < 0) {
            return result;
        }
    }
    if (others + count > LIMIT_TOOLS) {
        return too_many(err);
    }
    while (r->capacity < others + count) {
        size_t full = r->capacity; /* as if it were: it grows by what growing grows by */
        if (!mem_grow(r->entries, full, r->capacity)) {
            return err_nomem(err);
        }
    }
    struct tool_entry *list = new_entries(r, defs, count);
    if (!list && count > 0) {
        return err_nomem(err);
    }
    swap(r, from, list);
    return 0;
}

size_t
tool_source_active(const struct tool_registry *r, const struct tool_source *source)
{
    for (size_t i = 0; i < r->queue_count; i++) {
        if (r->queues[i]->source == source) {
            return r->queues[i]->active;
        }
    }
    return 0;
}

uint64_t
tool_generation(const struct tool_registry *r)
{
    return r->generation;
}

size_t
tool_count(const struct tool_registry *r)
{
    return r->count;
}

const struct tool_def *
tool_at(const struct tool_registry *r, size_t index)
{
    return index < r->count ? &r->entries[index]->def : NULL;
}

const struct tool_def *
tool_find(const struct tool_registry *r, struct str name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (str_eq(r->entries[i]->def.name, name)) {
            return &r->entries[i]->def;
        }
    }
    return NULL;
}

struct tool_queue *
tool_queue_of(const struct tool_def *def)
{
    const struct tool_entry *entry = OWNER_OF((struct tool_def *)def, struct tool_entry, def);
    return entry->queue;
}

struct str
tool_nearest(const struct tool_registry *r, struct str name)
{
    struct str best = {0};
    size_t best_distance = name.len / 3 + 2;
    for (size_t i = 0; i < r->count; i++) {
        size_t distance = str_distance(name, r->entries[i]->def.name);
        if (distance < best_distance) {
            best_distance = distance;
            best = r->entries[i]->def.name;
        }
    }
    return best;
}
