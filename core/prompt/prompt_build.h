/* prompt_build: from texts to a checked prompt, wherever the texts come from. */
#ifndef PROMPT_PROMPT_BUILD_H
#define PROMPT_PROMPT_BUILD_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "prompt/prompt.h"

struct arena;
struct mustache;

/* One text that a prompt is made of; the prompt's own is the first. */
struct prompt_part {
    struct str name;
    struct mustache *body;
};

/* Gives the text of NAME in ARENA, and what to call it in messages. ERR_NOTFOUND or another
 * failure. */
struct prompt_texts {
    int (*fetch)(void *context, struct str name, struct arena *arena, struct str *ret_text,
                 struct str *ret_source, struct err *err);
    void *context;
};

/* The prompt NAME and what it includes, out of TEXTS; prompt_load() and prompt_parse() say how it
 * can fail. */
int prompt_build(struct str name, const struct prompt_texts *texts, struct prompt **ret,
                 struct err *err) WARN_UNUSED;

/* Between the parts of a prompt's text stands PROMPT_PART_OPEN NAME PROMPT_PART_CLOSE. */
#define PROMPT_PART_OPEN "\n{{!@ "
#define PROMPT_PART_CLOSE "}}\n"

/* Of COUNT names, STRIDE bytes apart, the one that someone who typed WRONG may have meant; the
 * empty view when none is near. */
struct str prompt_nearest(struct str wrong, const struct str *names, size_t count, size_t stride);

#endif
