/* asked: one request to the model, in words that all four wire formats share.
 *
 * The front (server.c) fills what HTTP says; a format's read() fills the rest while it checks the
 * body. Everything lives in the request's arena. One thread. */
#ifndef MOCK_ASKED_H
#define MOCK_ASKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

struct header {
    struct str name; /* in lower case */
    struct str value;
};

struct offered {
    struct str name;
    const struct js *schema; /* NULL: none was given */
};

enum { ASKED_TOOLS_MAX = 256 };

struct asked {
    struct arena *arena;
    struct str method;
    struct str target; /* as it was sent, with its query */
    struct header *headers;
    size_t header_count;
    struct str body;
    struct str aws_secret; /* empty: signatures are not recomputed */

    struct str model; /* percent-decoded */
    bool stream;
    bool include_usage;
    int64_t max_tokens; /* 0: not said */
    struct offered tools[ASKED_TOOLS_MAX];
    size_t tool_count;
    struct str user_text;   /* of the last message in which the user says something */
    struct str result_text; /* of the tool results that end the history; empty when they do not */
    bool has_results;       /* the history ends with tool results */
    unsigned rounds;        /* of tool results since user_text */
    uint64_t key;           /* of the conversation: the same for what is said in the same order */
};

/* The value of header NAME (lower case); the empty view when there is none. */
struct str asked_header(const struct asked *a, const char *name);
bool asked_has_header(const struct asked *a, const char *name);

/* A tool more; those above ASKED_TOOLS_MAX are forgotten. */
void asked_add_tool(struct asked *a, struct str name, const struct js *schema);
/* The user says TEXT: what was known of results before it is over. Empty TEXT changes nothing. */
void asked_user_says(struct asked *a, struct str text);
/* A message with tool results, RESULT being the first of them as text. */
void asked_results(struct asked *a, struct str result);
/* An assistant's message: the history does not end with results. */
void asked_assistant_says(struct asked *a);

/* White space only, as the services see it. */
bool asked_is_blank(struct str text);
/* Does BODY hold the escape of half a surrogate pair? */
bool asked_has_lone_surrogate(struct str body);

#endif
