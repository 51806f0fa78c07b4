#include "reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"

int
refuse(struct refusal *r, enum refusal_kind kind, const char *format, ...)
{
    va_list args;
    r->kind = kind;
    va_start(args, format);
    (void)vsnprintf(r->message, sizeof(r->message), format, args);
    va_end(args);
    return 1;
}

struct str
refusal_words(const struct refusal *r, const char *own)
{
    return str_c(r->message[0] ? r->message : own);
}

void
reply_text(struct buf *out, struct str text)
{
    struct js_out json;
    js_out_init(&json, out);
    js_add_str(&json, text);
}

/* One step of splitmix64. */
static uint64_t
mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void
reply_id(uint64_t key, size_t length, char out[REPLY_ID])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < length && i < REPLY_ID - 1; i++) {
        out[i] = letters[mix(&key) % (sizeof(letters) - 1)];
    }
    out[length < REPLY_ID ? length : REPLY_ID - 1] = '\0';
}
