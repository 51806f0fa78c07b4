/* reply: what the model answers, in words that all four wire formats share, and the table of
 * functions by which a format puts it on the wire.
 *
 * A reply is made whole by scenario.c before its first byte is sent, so that the same request gets
 * the same answer. It lives in its request's arena. A format is told of it step by step:
 * begin, then for each part part_begin, piece..., part_end, then finish; or broken, when the answer
 * fails in the middle; or whole, when no stream was asked for. Formats keep no state. */
#ifndef MOCK_REPLY_H
#define MOCK_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asked.h"
#include "base/buf.h"
#include "base/str.h"

enum part_kind { PART_TEXT, PART_REASONING, PART_REDACTED, PART_TOOL };

struct part {
    enum part_kind kind;
    struct str *pieces; /* one delta each; NULL: made at sending (--stamp) */
    size_t piece_count;
    struct str whole;     /* all pieces together */
    struct str name;      /* PART_TOOL */
    struct str signature; /* PART_REASONING */
    uint64_t token;       /* PART_TOOL: what its id is made of */
    size_t tool_index;    /* PART_TOOL: which call of this reply it is */
};

enum stop { STOP_END, STOP_TOOL, STOP_MAX_TOKENS, STOP_FILTERED };

/* How it ends. CUT: the body ends as HTTP wants it, but the format's end is missing. RESET: the
 * connection breaks within a frame. STALL: nothing more comes. BROKEN: an error in the stream. */
enum ending { ENDING_WHOLE, ENDING_CUT, ENDING_RESET, ENDING_STALL, ENDING_BROKEN };

enum { REPLY_PARTS_MAX = 4 };

struct reply {
    struct str model;
    uint64_t key; /* what ids are made of */
    struct part parts[REPLY_PARTS_MAX];
    size_t part_count;
    enum stop stop;
    enum ending ending;
    size_t break_part, break_piece; /* not ENDING_WHOLE: where it ends, this piece not sent */
    bool include_usage;
    bool slow;
    int64_t input_tokens;
    int64_t output_tokens;
};

enum refusal_kind {
    REFUSED_NOT,
    REFUSED_INVALID,
    REFUSED_NO_KEY,
    REFUSED_BAD_SIGNATURE,
    REFUSED_ACCESS,
    REFUSED_NOT_FOUND,
    REFUSED_THROTTLED,
    REFUSED_ERROR,
    REFUSED_OVERLOADED,
    REFUSAL_KINDS
};

struct refusal {
    enum refusal_kind kind;
    char message[512]; /* empty: the format's own words */
};

/* Fills R (an empty FORMAT leaves the words to the wire format); returns 1, so that
 * `return refuse(...)` says "refused". */
int refuse(struct refusal *r, enum refusal_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Its message, or else the format's OWN words. */
struct str refusal_words(const struct refusal *r, const char *own);

enum { REPLY_ID = 33 };

/* LENGTH (below REPLY_ID) letters and digits made of KEY. */
void reply_id(uint64_t key, size_t length, char out[REPLY_ID]);

/* TEXT as a JSON string. */
void reply_text(struct buf *out, struct str text);

struct format {
    const char *stream_type;       /* the content-type of a stream */
    const char *request_id_header; /* the header that names the request */
    /* Check the request as the service would and fill what asked.h says; 0, or 1 with REFUSED
     * filled. */
    int (*read)(struct asked *a, struct refusal *refused);
    void (*whole)(const struct reply *r, struct buf *out);
    void (*begin)(const struct reply *r, struct buf *out);
    void (*part_begin)(const struct reply *r, size_t part, struct buf *out);
    void (*piece)(const struct reply *r, size_t part, struct str text, struct buf *out);
    void (*part_end)(const struct reply *r, size_t part, struct buf *out);
    void (*finish)(const struct reply *r, struct buf *out);
    void (*broken)(struct buf *out);
    /* The body of a refusal; the HTTP status. *RET_TYPE: the x-amzn-errortype header or NULL. */
    int (*refuse)(const struct refusal *refused, const char *request_id, struct buf *out,
                  const char **ret_type);
};

extern const struct format format_converse;
extern const struct format format_invoke;
extern const struct format format_anthropic;
extern const struct format format_openai;

#endif
