/* prompt: find, version and fill the texts that the bot speaks by.
 *
 * A prompt is a file NAME.mustache that opens with a header, a comment which says what the prompt
 * is for and which variables it takes:
 *
 *     {{! greeting: the line a chat opens with.
 *         shop_name   required        what the shop is called
 *         agent_name  "an assistant"  who is speaking }}
 *     Hello, you are talking to {{agent_name}} of {{shop_name}}.
 *
 * One variable a line: its name, `required` or its default in quotes (\" \\ and \n inside), and a
 * sentence for who fills it. The name is the file's. What the body uses must be declared: a prompt
 * that does not keep to this is refused when it is loaded, not when a customer waits. Values may be
 * text, numbers, booleans, or lists and objects for sections; they are written as they are and
 * never read as a template. The header and the white space around the body are no part of what is
 * rendered.
 *
 * {{> other}} and {{< other}} take in another prompt found in the same places; its variables become
 * variables of the prompt that includes it. Names are never built from values.
 *
 * The version of a prompt is the SHA-256 of its text: of the file's bytes or, where it includes
 * others, of all of them together in the order they were met. That text is what the store keeps,
 * and prompt_parse() makes the same prompt of it years later.
 *
 * A loaded prompt never changes; any number of threads may render it at the same time. */
#ifndef PROMPT_PROMPT_H
#define PROMPT_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct arena;
struct prompt_part;

/* Where prompts are looked for; the first that has the name wins: the desk's own directory, then
 * the shipped one. Views are NUL-terminated and outlive the path. */
enum { PROMPT_DIRS_MAX = 4 };
struct prompt_path {
    struct str dirs[PROMPT_DIRS_MAX];
    size_t count;
};

/* The prompts the engine itself speaks by, and what it offers each beside the desk's variables:
 * greeting (a chat opens), handoff (`ticket`, its number), limit_reached (`reason`, in words),
 * apology (a turn failed), confirm (`actions`: the question before what cannot be undone), decided
 * (`approved`, `declined`: lists, of which one may be empty), summary (`transcript`, `reason`),
 * digest (`transcript`, `previous`). A desk's own version need not use what it is offered, but for
 * `actions`: nobody is asked to agree to what they are not shown. */
enum { PROMPT_NEEDED = 8 };
extern const struct str prompt_needed[PROMPT_NEEDED];

struct prompt_variable {
    struct str name;
    bool required;
    struct str fallback; /* the default, when not required */
    struct str meaning;
};

enum { PROMPT_HASH_TEXT = 65 }; /* with its NUL */

/* All borrowed from the prompt. */
struct prompt {
    struct str name;
    struct str purpose;
    struct str source; /* the file it was read from, or the name */
    struct str text;   /* what the version is the hash of */
    char hash[PROMPT_HASH_TEXT];
    const struct prompt_variable *variables; /* its own first, then those of what it includes */
    size_t variable_count;
    const struct prompt_part *parts; /* prompt.c's */
    size_t part_count;
};

/* 1 to 64 characters of [a-z0-9_]: a name can never be a path. */
bool prompt_name_valid(struct str name);

/* The version that a prompt of TEXT has. ERR_BUG when SHA-256 cannot be computed. */
int prompt_hash(struct str text, char ret[PROMPT_HASH_TEXT], struct err *err) WARN_UNUSED;

/* Find NAME and load it with what it includes. Owned, free with prompt_free(). ERR_NOTFOUND names
 * the nearest there is; ERR_INVALID names file, line and what is wrong; ERR_IO, ERR_LIMIT,
 * ERR_NOMEM. Reads files: not on the loop. */
int prompt_load(const struct prompt_path *path, struct str name, struct prompt **ret,
                struct err *err) WARN_UNUSED;
/* Make the prompt NAME from TEXT as a `text` gave it, without any files. Errors as above. */
int prompt_parse(struct str name, struct str text, struct prompt **ret, struct err *err)
    WARN_UNUSED;
/* NULL is fine. */
void prompt_free(struct prompt *p);
AUTO_DEFINE(prompt, struct prompt *, prompt_free)

/* Values, from the most to the least particular. All may be empty. */
struct prompt_values {
    struct str given;   /* JSON object; a name that the prompt does not declare is an error */
    struct str offered; /* JSON object; names that it does not declare are left out */
    struct prompt_named {
        struct str name;
        struct str value;
    } named[2]; /* text, each before what OFFERED has of its name; unused: empty names */
};

/* Fill P and put the text in ARENA. A value that is null counts as not given. ERR_INVALID: a
 * required variable has no value or an empty one (the message says what it means), a given name is
 * not declared (the nearest is named), a value cannot be written as text; ERR_LIMIT: more than
 * LIMIT_RENDERED_BYTES; ERR_NOMEM. [any] */
int prompt_fill(const struct prompt *p, const struct prompt_values *values, struct arena *arena,
                struct str *ret, struct err *err) WARN_UNUSED;
/* prompt_fill() with GIVEN alone: for a person who names variables and wants to hear of a slip. */
int prompt_render(const struct prompt *p, struct str given, struct arena *arena, struct str *ret,
                  struct err *err) WARN_UNUSED;
/* prompt_fill() with what the engine has at hand, NAME = VALUE among it. */
int prompt_render_with(const struct prompt *p, struct str offered, struct str name,
                       struct str value, struct arena *arena, struct str *ret, struct err *err)
    WARN_UNUSED;

/* One row of a listing; what is not loadable is listed with its fault. */
struct prompt_entry {
    struct str name;
    struct str file;
    struct str purpose;
    char hash[PROMPT_HASH_TEXT]; /* "" when it does not load */
    struct str fault;            /* empty: it loads */
};

/* Every prompt of PATH, sorted by name, in ARENA; of several with one name the one that would be
 * loaded. A directory that is not there holds none. ERR_IO, ERR_LIMIT (more than 1000 files),
 * ERR_NOMEM. Reads files: not on the loop. */
int prompt_list(const struct prompt_path *path, struct arena *arena, struct prompt_entry **ret,
                size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
