#include "schema/uri.h"

#include <string.h>

struct uri {
    struct str scheme;
    struct str authority;
    struct str path;
    struct str query;
    bool has_scheme;
    bool has_authority;
    bool has_query;
};

struct str
uri_split_fragment(struct str text, struct str *ret_fragment)
{
    size_t hash = str_find_char(text, '#', 0);
    if (hash == SIZE_MAX) {
        *ret_fragment = (struct str){0};
        return text;
    }
    *ret_fragment = str_sub(text, hash + 1, text.len);
    return str_sub(text, 0, hash);
}

/* The length of "scheme" in "scheme:rest", 0 when there is none. */
static size_t
scheme_length(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (c == ':') {
            return i;
        }
        if (!letter && (i == 0 || !other)) {
            return 0;
        }
    }
    return 0;
}

static struct uri
parse(struct str text)
{
    struct uri u = {0};
    size_t scheme = scheme_length(text);
    if (scheme > 0) {
        u.has_scheme = true;
        u.scheme = str_sub(text, 0, scheme);
        text = str_sub(text, scheme + 1, text.len);
    }
    size_t question = str_find_char(text, '?', 0);
    if (question != SIZE_MAX) {
        u.has_query = true;
        u.query = str_sub(text, question + 1, text.len);
        text = str_sub(text, 0, question);
    }
    if (str_starts(text, STR("//"))) {
        size_t slash = str_find_char(text, '/', 2);
        slash = slash == SIZE_MAX ? text.len : slash;
        u.has_authority = true;
        u.authority = str_sub(text, 2, slash - 2);
        text = str_sub(text, slash, text.len);
    }
    u.path = text;
    return u;
}

/* Take "." and ".." segments out of PATH, in place. */
static size_t
remove_dots(char *path, size_t len)
{
    size_t out = 0;
    size_t in = 0;
    while (in < len) {
        size_t end = in + 1;
        while (end < len && path[end] != '/') {
            end++;
        }
        size_t name = path[in] == '/' ? in + 1 : in;
        bool dot = end - name == 1 && path[name] == '.';
        bool dots = end - name == 2 && path[name] == '.' && path[name + 1] == '.';
        while (dots && out > 0 && path[--out] != '/') {
        }
        if (!dot && !dots) {
            memmove(path + out, path + in, end - in);
            out += end - in;
        } else if (end == len && path[in] == '/') {
            path[out++] = '/';
        }
        in = end;
    }
    return out;
}

/* The base's path up to its last slash, then the reference's. */
static struct str
merge(const struct uri *base, struct str path, struct arena *arena)
{
    size_t keep = base->path.len;
    while (keep > 0 && base->path.ptr[keep - 1] != '/') {
        keep--;
    }
    const char *slash = base->has_authority && base->path.len == 0 ? "/" : "";
    return arena_printf(arena, "%s%" STR_FMT "%" STR_FMT, slash,
                        STR_ARG(str_sub(base->path, 0, keep)), STR_ARG(path));
}

static struct str
without_dots(struct str path, struct arena *arena)
{
    char *copy = arena_alloc(arena, path.len + 1);
    if (!copy) {
        return (struct str){0};
    }
    if (path.len > 0) {
        memcpy(copy, path.ptr, path.len);
    }
    return (struct str){copy, remove_dots(copy, path.len)};
}

struct str
uri_resolve(struct str base_text, struct str reference, struct arena *arena)
{
    struct uri base = parse(base_text);
    struct uri u = parse(reference);
    if (!u.has_scheme && !u.has_authority && u.path.len == 0) {
        u.path = base.path;
        u.query = u.has_query ? u.query : base.query;
        u.has_query = u.has_query || base.has_query;
    } else {
        bool relative = !u.has_scheme && !u.has_authority && u.path.ptr[0] != '/';
        struct str path = relative ? merge(&base, u.path, arena) : u.path;
        path = path.ptr || u.has_authority || u.has_scheme ? without_dots(path, arena) : path;
        if (!path.ptr) {
            return path;
        }
        u.path = path;
    }
    if (!u.has_scheme) {
        u.authority = u.has_authority ? u.authority : base.authority;
        u.has_authority = u.has_authority || base.has_authority;
        u.scheme = base.scheme;
        u.has_scheme = base.has_scheme;
    }
    return arena_printf(arena, "%" STR_FMT "%s%s%" STR_FMT "%" STR_FMT "%s%" STR_FMT,
                        STR_ARG(u.scheme), u.has_scheme ? ":" : "", u.has_authority ? "//" : "",
                        STR_ARG(u.authority), STR_ARG(u.path), u.has_query ? "?" : "",
                        STR_ARG(u.query));
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str
uri_unescape(struct str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len + 1);
    if (!out) {
        return (struct str){0};
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len && text.ptr[i] == '%' ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        out[len++] = low >= 0 ? (char)(high * 16 + low) : text.ptr[i];
        i += low >= 0 ? 2 : 0;
    }
    return (struct str){out, len};
}
