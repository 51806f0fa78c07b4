/* config: what an operator chose, checked before anything else runs.
 *
 * One table (keys.c) holds every key: name, type, default, bounds, one sentence of help. Adding a
 * key is one row there; reading, checking, `doctor` and docs/configuration.md follow from it.
 *
 * desk.yaml is YAML or JSON. Names are dotted: "turn.max_tokens: 5" and max_tokens inside a map
 * "turn" are the same key. Refused, with file and line: unknown keys (the nearest known one is
 * named), a key set twice, wrong types, values out of bounds, aliases, anchors, tags, duplicate
 * members, a second document. Scalars are YAML 1.2's and only where JSON agrees: true, false,
 * null, ~ and numbers as JSON spells them; `no`, `on`, `1:30`, `007` are texts. A key without a
 * value keeps its default.
 *
 * Secrets do not stand in desk.yaml: a key of that type says "${NAME}" (the environment) or
 * "file:PATH" and is resolved when it is asked for, so that a command that needs no secret runs
 * without it. A secret has no printer. Other keys know no substitution.
 *
 * A loaded configuration never changes: [any]. What it returns is borrowed until config_free.
 * This floor is the only one that reads the environment. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;
struct config;

enum config_type {
    CONFIG_TEXT, /* bounds: bytes */
    CONFIG_INT,  /* bounds: the value */
    CONFIG_BOOL,
    CONFIG_DURATION, /* "90s", "5m"; kept, and bounded, in milliseconds */
    CONFIG_CHOICE,   /* one of `choices` */
    CONFIG_JSON,     /* a list or map that fits `schema` */
    CONFIG_SECRET,
};

struct config_key {
    const char *name;
    enum config_type type;
    const char *fallback; /* as it would stand in desk.yaml; JSON text for CONFIG_JSON */
    int64_t min;
    int64_t max;
    const char *choices; /* "full|normal|off" */
    const char *schema;  /* JSON Schema; its defaults are filled in */
    const char *help;    /* one sentence */
};

/* Every key there is, sorted by name; immutable. */
const struct config_key *config_keys(size_t *ret_count);

/* Read the file at PATH; *RET is owned, free with config_free. ERR_INVALID
 * ("desk.yaml:12: turn.max_model_cals: no such key: did you mean turn.max_model_calls?"), ERR_IO,
 * ERR_LIMIT above LIMIT_CONFIG_BYTES, ERR_NOMEM. */
int config_load(struct str path, struct config **ret, struct err *err) WARN_UNUSED;
/* The same from TEXT; FILE names it in messages and says what "file:" secrets are relative to. */
int config_parse(struct str text, struct str file, struct config **ret,
                 struct err *err) WARN_UNUSED;
/* Every key at its default. */
int config_default(struct config **ret, struct err *err) WARN_UNUSED;
/* NULL is fine. */
void config_free(struct config *c);
AUTO_DEFINE(config, struct config *, config_free)

/* Values. Naming a key that is not in the table, or of another type, is a bug and panics. */
struct str config_text(const struct config *c, const char *key); /* TEXT, CHOICE */
int64_t config_int(const struct config *c, const char *key);     /* INT, DURATION (ms) */
bool config_bool(const struct config *c, const char *key);
/* A structured key's value as JSON text, its schema's defaults filled in. */
struct str config_json(const struct config *c, const char *key);
/* "90s", "500ms", "2h" in milliseconds. False when TEXT is no duration: *RET_MS is untouched. */
bool config_duration(struct str text, int64_t *ret_ms);
/* The line that set KEY; 0 when it has its default. */
unsigned config_line(const struct config *c, const char *key);

/* A secret is wiped when freed. secret_reveal is NUL-terminated behind its length and goes to
 * whoever signs or authenticates with it, and nowhere else. */
struct secret;
/* 0 and *RET owned, free with secret_free; CONFIG_UNSET when the key is empty; <0: the variable or
 * file is missing, the file is readable by everybody; the message never holds the value. */
enum { CONFIG_UNSET = 1 };
int config_secret(const struct config *c, const char *key, struct secret **ret,
                  struct err *err) WARN_UNUSED;
/* The same for a secret within a structured value: SPEC is "${NAME}" or "file:PATH", WHAT names the
 * place in messages. CONFIG_UNSET when SPEC is empty; ERR_INVALID when it is neither. */
int config_secret_from(const struct config *c, const char *what, struct str spec,
                       struct secret **ret, struct err *err) WARN_UNUSED;
struct str secret_reveal(const struct secret *s);
void secret_free(struct secret *s);
AUTO_DEFINE(secret, struct secret *, secret_free)

/* The program's environment variables, through one door: a name that is not in env.c's table is a
 * bug and panics. NULL when the variable is not set. Borrowed until somebody changes the
 * environment, which nobody does. */
const char *config_env(const char *name);
struct config_variable {
    const char *name;
    const char *help;
};
const struct config_variable *config_variables(size_t *ret_count);

/* The desk that START (a directory) belongs to: the nearest desk.yaml in it or above it. *RET is
 * the directory, absolute, in ARENA. ERR_NOTFOUND says how to make one; ERR_AUTH when the one
 * found may not be trusted (see config_check_trust). */
int config_find_desk(struct str start, struct arena *arena, struct str *ret,
                     struct err *err) WARN_UNUSED;

/* desk.yaml names code to load, so it and its directory must belong to the user or to root and
 * must not be writable by everybody (a sticky directory like /tmp is fine). ERR_AUTH says whose it
 * is and how to mend that; ERR_NOTFOUND; ERR_IO. */
int config_check_trust(struct str dir, struct err *err) WARN_UNUSED;

/* docs/configuration.md, from the tables. */
void config_write_reference(struct buf *out);

#endif
