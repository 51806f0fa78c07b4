#include "prompt/prompt_build.h"

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "prompt/mustache.h"
#include "prompt/prompt_header.h"

/* A prompt in more pieces than this is nobody's to read. */
enum { PARTS_MAX = 32, TEXT_MAX = PARTS_MAX * (LIMIT_TEMPLATE_BYTES + 128) };

struct piece {
    struct str source;
    struct str text;
    struct prompt_header header;
};

/* A prompt and all it is made of; the arena is freed with it. */
struct builder {
    struct prompt prompt; /* stays first: prompt_free() gets its address */
    struct arena arena;
    struct prompt_part parts[PARTS_MAX];
    struct piece pieces[PARTS_MAX];
    size_t count;
    const struct prompt_texts *texts;
    struct err *err;
};

#define SHOWN(s) STR_ARG(utf8_cut(s, 48))
#define PIECE_ERR(b, piece, line, format, ...)                                                   \
    err_set((b)->err, ERR_INVALID, "%" STR_FMT ": line %zu: " format, STR_ARG((piece)->source),  \
            line, ##__VA_ARGS__)

static void
builder_free(struct builder *b)
{
    if (b) {
        arena_done(&b->arena);
        mem_free(b);
    }
}
AUTO_DEFINE(builder, struct builder *, builder_free)

void
prompt_free(struct prompt *p)
{
    builder_free((struct builder *)p);
}

bool
prompt_name_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return name.len > 0 && name.len <= 64;
}

struct str
prompt_nearest(struct str wrong, const struct str *names, size_t count, size_t stride)
{
    struct str best = {0};
    size_t least = wrong.len < 6 ? 2 : wrong.len / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        struct str name = *(const struct str *)(const void *)((const char *)names + i * stride);
        size_t distance = str_distance(wrong, name);
        if (distance < least || (distance == least && best.len == 0)) {
            least = distance;
            best = name;
        }
    }
    return best;
}

static size_t
find_part(const struct builder *b, struct str name)
{
    size_t i = 0;
    while (i < b->count && !str_eq(b->parts[i].name, name)) {
        i++;
    }
    return i;
}

static int
check_text(struct builder *b, const struct piece *piece)
{
    size_t valid = utf8_valid_prefix(piece->text);
    size_t nul = str_find_char(piece->text, '\0', 0);
    if (valid != piece->text.len || nul != SIZE_MAX) {
        return err_set(b->err, ERR_INVALID, "%" STR_FMT ": byte %zu: not UTF-8 text",
                       STR_ARG(piece->source), nul < valid ? nul : valid);
    }
    if (str_find(piece->text, STR(PROMPT_PART_OPEN), 0) != SIZE_MAX) {
        return err_set(b->err, ERR_INVALID,
                       "%" STR_FMT ": a line opens with {{!@, which is kept for the engine",
                       STR_ARG(piece->source));
    }
    return 0;
}

static void
free_body(void *body)
{
    mustache_free(body);
}

/* Fetch and compile NAME as the next part. */
static int
add_part(struct builder *b, struct str name)
{
    struct piece *piece = &b->pieces[b->count];
    struct prompt_part *part = &b->parts[b->count];
    part->name = arena_str(&b->arena, name);
    if (!part->name.ptr) {
        return err_nomem(b->err);
    }
    int rc = b->texts->fetch(b->texts->context, name, &b->arena, &piece->text, &piece->source,
                             b->err);
    rc = rc < 0 ? rc : check_text(b, piece);
    rc = rc < 0 ? rc
                : prompt_header_read(piece->source, name, piece->text, &b->arena, &piece->header,
                                     b->err);
    rc = rc < 0 ? rc
                : mustache_compile(piece->source, piece->header.body, piece->header.body_line,
                                   &part->body, b->err);
    if (rc < 0) {
        return rc;
    }
    b->count++;
    rc = arena_defer(&b->arena, free_body, part->body);
    return rc < 0 ? err_nomem(b->err) : 0;
}

static int
check_variable(struct builder *b, const struct piece *piece, const struct mustache_tag *tag)
{
    if (str_eq_c(tag->name, ".")) {
        return tag->scope > 0 ? 0 : PIECE_ERR(b, piece, tag->line, "{{.}} outside any section");
    }
    struct str head = str_sub(tag->name, 0, str_find_char(tag->name, '.', 0));
    const struct prompt_header *h = &piece->header;
    for (size_t i = 0; i < h->variable_count; i++) {
        if (str_eq(h->variables[i].name, head)) {
            return 0;
        }
    }
    struct str near = prompt_nearest(head, &h->variables->name, h->variable_count,
                                     sizeof(*h->variables));
    if (near.len > 0) {
        return PIECE_ERR(b, piece, tag->line, "the header does not declare '%" STR_FMT
                         "'; did you mean '%" STR_FMT "'?", SHOWN(head), SHOWN(near));
    }
    return PIECE_ERR(b, piece, tag->line,
                     "the header does not declare '%" STR_FMT "'; add it there", SHOWN(head));
}

/* A tag that includes NAME: fetch it unless it is there already. */
static int
include_part(struct builder *b, const struct piece *piece, const struct mustache_tag *tag)
{
    if (tag->dynamic) {
        return PIECE_ERR(b, piece, tag->line,
                         "a prompt is not included by a value; write its name");
    }
    if (!prompt_name_valid(tag->name)) {
        return PIECE_ERR(b, piece, tag->line,
                         "'%" STR_FMT "' is no prompt name; write a-z, 0-9 and _",
                         SHOWN(tag->name));
    }
    if (find_part(b, tag->name) < b->count) {
        return 0;
    }
    if (b->count == PARTS_MAX) {
        return err_set(b->err, ERR_LIMIT, "%" STR_FMT ": line %zu: more than %d prompts included",
                       STR_ARG(piece->source), tag->line, PARTS_MAX);
    }
    int rc = add_part(b, tag->name);
    if (rc != ERR_NOTFOUND) {
        return rc;
    }
    struct err missing = *b->err; /* it is this prompt that is wrong, not the name asked for */
    return PIECE_ERR(b, piece, tag->line, "%s", missing.message);
}

static bool
includes(enum mustache_kind kind)
{
    return kind == MUSTACHE_PARTIAL || kind == MUSTACHE_PARENT;
}

/* Does everything that part AT refers to exist? May add parts behind it. */
static int
check_part(struct builder *b, size_t at)
{
    const struct piece *piece = &b->pieces[at];
    struct mustache_tag tag;
    size_t position = 0;
    while (mustache_next_tag(b->parts[at].body, &position, &tag)) {
        int rc = 0;
        if (includes(tag.kind)) {
            rc = include_part(b, piece, &tag);
        } else if (tag.kind != MUSTACHE_BLOCK) {
            rc = check_variable(b, piece, &tag);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

enum visit { NOT_YET, OPEN, DONE };

/* Nothing may include itself: variables do not change on the way down, so it would never end. */
static int
check_cycles(struct builder *b, size_t at, enum visit visits[PARTS_MAX])
{
    struct mustache_tag tag;
    size_t position = 0;
    visits[at] = OPEN;
    while (mustache_next_tag(b->parts[at].body, &position, &tag)) {
        size_t to = includes(tag.kind) ? find_part(b, tag.name) : b->count;
        if (to == b->count || visits[to] == DONE) {
            continue;
        }
        if (visits[to] == OPEN) {
            return PIECE_ERR(b, &b->pieces[at], tag.line, "'%" STR_FMT "' includes itself here",
                             SHOWN(tag.name));
        }
        int rc = check_cycles(b, to, visits);
        if (rc < 0) {
            return rc;
        }
    }
    visits[at] = DONE;
    return 0;
}

/* The variables of all parts, each name once, the first declaration's. */
static int
collect_variables(struct builder *b)
{
    size_t all = 0;
    for (size_t i = 0; i < b->count; i++) {
        all += b->pieces[i].header.variable_count;
    }
    struct prompt_variable *out = arena_zero(&b->arena, all + 1, sizeof(*out));
    if (!out) {
        return err_nomem(b->err);
    }
    size_t count = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct prompt_header *h = &b->pieces[i].header;
        for (size_t j = 0; j < h->variable_count; j++) {
            size_t k = 0;
            while (k < count && !str_eq(out[k].name, h->variables[j].name)) {
                k++;
            }
            out[k] = k == count ? h->variables[j] : out[k];
            count += k == count;
        }
    }
    b->prompt.variables = out;
    b->prompt.variable_count = count;
    return 0;
}

static int
join_texts(struct builder *b)
{
    AUTO(buf) struct buf text;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < b->count; i++) {
        if (i > 0) {
            buf_add(&text, STR(PROMPT_PART_OPEN));
            buf_add(&text, b->parts[i].name);
            buf_add(&text, STR(PROMPT_PART_CLOSE));
        }
        buf_add(&text, b->pieces[i].text);
    }
    int rc = buf_finish(&text, "prompt", b->err);
    if (rc < 0) {
        return rc;
    }
    b->prompt.text = buf_to_arena(&text, &b->arena);
    return b->prompt.text.ptr ? 0 : err_nomem(b->err);
}

int
prompt_hash(struct str text, char ret[PROMPT_HASH_TEXT], struct err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (!EVP_Digest(text.ptr, text.len, digest, &len, EVP_sha256(), NULL) ||
        len * 2 + 1 != PROMPT_HASH_TEXT) {
        return err_set(err, ERR_BUG, "SHA-256 of a prompt could not be computed");
    }
    for (unsigned int i = 0; i < len; i++) {
        ret[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    ret[2 * len] = '\0';
    return 0;
}

int
prompt_build(struct str name, const struct prompt_texts *texts, struct prompt **ret,
             struct err *err)
{
    if (!prompt_name_valid(name)) {
        return err_set(err, ERR_INVALID,
                       "'%" STR_FMT "' is no prompt name; it has 1 to 64 of a-z, 0-9 and _",
                       SHOWN(name));
    }
    AUTO(builder) struct builder *b = mem_zero(1, sizeof(*b));
    if (!b) {
        return err_nomem(err);
    }
    b->texts = texts;
    b->err = err;
    int rc = add_part(b, name);
    for (size_t i = 0; rc == 0 && i < b->count; i++) {
        rc = check_part(b, i);
    }
    rc = rc < 0 ? rc : check_cycles(b, 0, (enum visit[PARTS_MAX]){NOT_YET});
    rc = rc < 0 ? rc : collect_variables(b);
    rc = rc < 0 ? rc : join_texts(b);
    rc = rc < 0 ? rc : prompt_hash(b->prompt.text, b->prompt.hash, err);
    if (rc < 0) {
        return rc;
    }
    b->prompt.name = b->parts[0].name;
    b->prompt.source = b->pieces[0].source;
    b->prompt.purpose = b->pieces[0].header.purpose;
    b->prompt.parts = b->parts;
    b->prompt.part_count = b->count;
    b->texts = NULL;
    b->err = NULL;
    *ret = &TAKE(b)->prompt;
    return 0;
}
