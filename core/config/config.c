#include "config/config.h"

#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/must.h"
#include "config/config_impl.h"

enum { NAME_MAX_BYTES = 200 };

/* One document being held against the table. */
struct loading {
    struct config *c;
    struct arena scratch;
    struct err *err;
};

/* The first key below NAME; NULL when it is no group of keys. */
static const char *
group_member(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->count; i++) {
        struct str key = str_c(c->keys[i].name);
        if (str_starts(key, name) && key.len > name.len && key.ptr[name.len] == '.') {
            return key.ptr;
        }
    }
    return NULL;
}

static size_t
find_key(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (str_eq_c(name, c->keys[i].name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* The nearest key, or group of keys ("trun" -> "turn"), when it is near enough to be a slip. */
static struct str
nearest_key(const struct config *c, struct str name)
{
    struct str best = {0};
    size_t best_distance = name.len / 3 + 2;
    for (size_t i = 0; i < c->count; i++) {
        struct str key = str_c(c->keys[i].name);
        size_t end = 0;
        while (end < key.len) {
            size_t dot = str_find_char(key, '.', end + 1);
            end = dot < key.len ? dot : key.len;
            size_t distance = str_distance(name, str_sub(key, 0, end));
            if (distance < best_distance) {
                best = str_sub(key, 0, end);
                best_distance = distance;
            }
        }
    }
    return best;
}

static int
refuse_unknown(struct loading *l, struct str name, unsigned line)
{
    struct str near = nearest_key(l->c, name);
    struct str parent = str_sub(name, 0, str_find_char(name, '.', 0));
    size_t index = near.len == 0 ? find_key(l->c, parent) : SIZE_MAX;
    if (index != SIZE_MAX && l->c->keys[index].type == CONFIG_JSON &&
        l->c->keys[index].fallback[0] == '[') {
        return err_set(l->err, ERR_INVALID,
                       "%" STR_FMT ":%u: %" STR_FMT ": expected a list: begin each of its entries "
                       "with `- `",
                       STR_ARG(l->c->file), line, STR_ARG(parent));
    }
    if (near.len == 0) {
        return err_set(l->err, ERR_INVALID,
                       "%" STR_FMT ":%u: %" STR_FMT ": no such key; docs/configuration.md lists "
                       "them",
                       STR_ARG(l->c->file), line, STR_ARG(name));
    }
    return err_set(l->err, ERR_INVALID,
                   "%" STR_FMT ":%u: %" STR_FMT ": no such key: did you mean %" STR_FMT "?",
                   STR_ARG(l->c->file), line, STR_ARG(name), STR_ARG(near));
}

static int
set_value(struct loading *l, size_t index, const struct tree *node)
{
    struct config *c = l->c;
    const struct config_key *key = &c->keys[index];
    struct config_value *value = &c->values[index];
    if (value->line > 0) {
        return err_set(l->err, ERR_INVALID, "%" STR_FMT ":%u: %s: is set already, on line %u",
                       STR_ARG(c->file), node->line, key->name, value->line);
    }
    if (tree_is_null(node)) {
        return 0;
    }
    unsigned line = node->line;
    struct config_value read = {0};
    int result = value_read(key, node, &c->arena, &read, &line, l->err);
    if (result < 0) {
        err_wrap(l->err, "%" STR_FMT ":%u: %s", STR_ARG(c->file), line, key->name);
        return result;
    }
    read.line = node->line;
    *value = read;
    return 0;
}

static int read_map(struct loading *l, const struct tree *map, struct str prefix);

static int
read_member(struct loading *l, const struct tree *node, struct str name)
{
    struct config *c = l->c;
    size_t index = find_key(c, name);
    const char *member = group_member(c, name);
    bool takes_map = index != SIZE_MAX && c->keys[index].type == CONFIG_JSON &&
                     c->keys[index].fallback[0] == '{';
    if (member && node->kind == TREE_MAP && !takes_map) {
        return read_map(l, node, name);
    }
    if (index != SIZE_MAX) {
        return set_value(l, index, node);
    }
    if (!member) {
        return refuse_unknown(l, name, node->line);
    }
    /* "turn:" with everything below it commented out. */
    return tree_is_null(node)
               ? 0
               : err_set(l->err, ERR_INVALID,
                         "%" STR_FMT ":%u: %" STR_FMT ": expected a map of keys such as %s",
                         STR_ARG(c->file), node->line, STR_ARG(name), member);
}

static int
read_map(struct loading *l, const struct tree *map, struct str prefix)
{
    for (const struct tree *m = map->first; m; m = m->next) {
        struct str key = str_sub(m->key, 0, NAME_MAX_BYTES);
        struct str name = arena_printf(&l->scratch, "%" STR_FMT "%s%" STR_FMT, STR_ARG(prefix),
                                       prefix.len > 0 ? "." : "", STR_ARG(key));
        int result = name.ptr ? read_member(l, m, name) : err_nomem(l->err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

static int
set_defaults(struct loading *l)
{
    struct config *c = l->c;
    for (size_t i = 0; i < c->count; i++) {
        if (c->values[i].line > 0) {
            continue;
        }
        int result = value_default(&c->keys[i], &c->values[i], l->err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

static int
read_text(struct loading *l, struct str text)
{
    /* Scalars are views into the tree, which therefore lives as long as the configuration. */
    struct tree *root;
    int result = tree_parse(text, l->c->file, &l->c->arena, &root, l->err);
    if (result == 0 && root && root->kind != TREE_MAP && !tree_is_null(root)) {
        return err_set(l->err, ERR_INVALID,
                       "%" STR_FMT ":%u: expected keys and values, like "
                       "\"model: embedded\"",
                       STR_ARG(l->c->file), root->line);
    }
    if (result == 0 && root) {
        result = read_map(l, root, STR(""));
    }
    return result < 0 ? result : set_defaults(l);
}

int
config_parse_table(const struct config_key *keys, size_t count, struct str text, struct str file,
                   struct config **ret, struct err *err)
{
    AUTO(config) struct config *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    c->keys = keys;
    c->count = count;
    c->file = arena_str(&c->arena, file);
    c->values = arena_zero(&c->arena, count, sizeof(*c->values));
    if (!c->file.ptr || !c->values) {
        return err_nomem(err);
    }
    struct loading l = {.c = c, .err = err};
    int result = read_text(&l, text);
    arena_done(&l.scratch);
    if (result == 0) {
        *ret = TAKE(c);
    }
    return result;
}

int
config_parse(struct str text, struct str file, struct config **ret, struct err *err)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    return config_parse_table(keys, count, text, file, ret, err);
}

int
config_default(struct config **ret, struct err *err)
{
    return config_parse(STR(""), STR("defaults"), ret, err);
}

int
config_load(struct str path, struct config **ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct str text;
    struct stat unused;
    int result = file_read(path, LIMIT_CONFIG_BYTES, &scratch, &text, &unused, err);
    return result < 0 ? result : config_parse(text, path, ret, err);
}

void
config_free(struct config *c)
{
    if (c) {
        arena_done(&c->arena);
        mem_free(c);
    }
}

size_t
config_index(const struct config *c, const char *key)
{
    size_t index = find_key(c, str_c(key));
    must(index != SIZE_MAX);
    return index;
}

struct str
config_text(const struct config *c, const char *key)
{
    size_t i = config_index(c, key);
    must(c->keys[i].type == CONFIG_TEXT || c->keys[i].type == CONFIG_CHOICE);
    return c->values[i].text;
}

int64_t
config_int(const struct config *c, const char *key)
{
    size_t i = config_index(c, key);
    must(c->keys[i].type == CONFIG_INT || c->keys[i].type == CONFIG_DURATION);
    return c->values[i].number;
}

bool
config_bool(const struct config *c, const char *key)
{
    size_t i = config_index(c, key);
    must(c->keys[i].type == CONFIG_BOOL);
    return c->values[i].number != 0;
}

struct str
config_json(const struct config *c, const char *key)
{
    size_t i = config_index(c, key);
    must(c->keys[i].type == CONFIG_JSON);
    return c->values[i].text;
}

unsigned
config_line(const struct config *c, const char *key)
{
    return c->values[config_index(c, key)].line;
}
