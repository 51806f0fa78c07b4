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

static int
check_def(const struct tool_registry *r, const struct tool_def *def, struct err *err)
{
    if (!name_valid(def->name)) {
        return err_set(err, ERR_INVALID,
                       "tool name '%" STR_FMT "': 1 to 64 letters, digits, '_' and '-'",
                       STR_ARG(str_sub(def->name, 0, 80)));
    }
    const struct tool_def *other = tool_find(r, def->name);
    if (other) {
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
    if (r->count >= LIMIT_TOOLS) {
        return err_set(err, ERR_LIMIT, "a desk has at most %d tools", LIMIT_TOOLS);
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

int
tool_registry_add(struct tool_registry *r, const struct tool_def *def, struct err *err)
{
    must(loop_is_here(r->loop) && def->source && def->schema);
    int result = check_def(r, def, err);
    if (result < 0) {
        return result;
    }
    struct tool_queue *q = queue_for(r, def->source);
    if (!q || !mem_grow(r->entries, r->count, r->capacity)) {
        return err_nomem(err);
    }
    struct tool_entry *entry = mem_zero(1, sizeof(*entry));
    if (!entry) {
        return err_nomem(err);
    }
    entry->def = *def;
    entry->queue = q;
    r->entries[r->count++] = entry;
    return 0;
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
