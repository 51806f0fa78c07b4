/* config_impl: what the files of this floor share, and what its tests reach for.
 *
 * A configuration is read against a table; the program's is config_keys(), tests bring their
 * own. */
#ifndef CONFIG_CONFIG_IMPL_H
#define CONFIG_CONFIG_IMPL_H

#include "config/config.h"
#include "config/tree.h"

struct config_value {
    struct str text; /* TEXT, CHOICE, SECRET; JSON text for JSON */
    int64_t number;  /* INT, DURATION, BOOL */
    unsigned line;   /* 0: the default */
};

struct config {
    struct arena arena;
    struct str file;
    const struct config_key *keys;
    size_t count;
    struct config_value *values; /* beside `keys` */
};

int config_parse_table(const struct config_key *keys, size_t count, struct str text,
                       struct str file, struct config **ret, struct err *err) WARN_UNUSED;

/* value.c: NODE as the value of KEY. Fails with "expected ..., got ...", without file and line. */
int value_read(const struct config_key *key, const struct tree *node, struct arena *arena,
               struct config_value *ret, unsigned *ret_line, struct err *err) WARN_UNUSED;
/* The same from KEY's default. */
int value_default(const struct config_key *key, struct config_value *ret,
                  struct err *err) WARN_UNUSED;
/* mistake.c: ERR_INVALID with what F finds wrong in KEY's value, without file and line. What may be
 * a secret that stands in the wrong place is not repeated. */
struct schema_finding;
int mistake_set(const struct config_key *key, const struct schema_finding *f, struct err *err);
/* "a whole number from 1 to 100". */
void value_describe(const struct config_key *key, struct buf *out);

/* Empty, or the spelling of a secret's place. */
bool value_is_secret(struct str text);

/* file.c: the whole of a regular file of at most MAX bytes, in ARENA. */
struct stat;
int file_read(struct str path, size_t max, struct arena *arena, struct str *ret,
              struct stat *ret_stat, struct err *err) WARN_UNUSED;

/* The value of KEY, which must be in the table. */
size_t config_index(const struct config *c, const char *key);
/* env.c: any variable, for secrets that name their own. */
const char *env_get(const char *name);

#endif
