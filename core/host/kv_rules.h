/* kv_rules: what both halves of dh.kv/1 know. The table (host_kv.c) refuses early what makes no
 * sense; the desk's half (host_kv_desk.c) refuses it again, since a child may say anything. [any]
 */
#ifndef HOST_KV_RULES_H
#define HOST_KV_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/utf8.h"

enum {
    KV_KEY_MAX = 200,
    KV_VALUE_MAX = 64 * 1024,
    KV_KEYS_MAX = 10000,
    KV_BYTES_MAX = 4 * 1024 * 1024, /* of keys and values together */
};

static inline bool
kv_is_text(struct str s, size_t max)
{
    return s.len <= max && utf8_valid(s) && str_find_char(s, '\0', 0) == SIZE_MAX;
}

static inline bool
kv_is_key(struct str s)
{
    return s.len > 0 && kv_is_text(s, KV_KEY_MAX);
}

#endif
