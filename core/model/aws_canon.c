#include "model/aws_canon.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/aws_sign.h"

void
canon_put(struct canon *c, struct str s)
{
    if (s.len > 0 && EVP_DigestUpdate(c->hash, s.ptr, s.len) != 1) {
        c->failed = true;
    }
    if (c->copy) {
        buf_add(c->copy, s);
    }
}

/* ---- path and query ---- */

static bool
is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

struct str
aws_path_segment(struct arena *a, struct str label)
{
    char *text = label.len < SIZE_MAX / 4 ? arena_alloc(a, 3 * label.len + 1) : NULL;
    if (!text) {
        return (struct str){0};
    }
    size_t len = 0;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];
        if (is_unreserved((char)c)) {
            text[len++] = (char)c;
            continue;
        }
        text[len++] = '%';
        text[len++] = "0123456789ABCDEF"[c >> 4];
        text[len++] = "0123456789ABCDEF"[c & 15];
    }
    text[len] = '\0';
    return (struct str){text, len};
}

static size_t
count_char(struct str s, char c)
{
    size_t count = 0;
    for (size_t at = str_find_char(s, c, 0); at != SIZE_MAX; at = str_find_char(s, c, at + 1)) {
        count++;
    }
    return count;
}

/* One more segment of a path to be signed. */
static void
add_segment(struct pairs *list, struct str segment, bool normalize)
{
    bool up = normalize && str_eq(segment, STR(".."));
    if (up && list->count > 0) {
        list->count--;
    }
    bool nothing = segment.len == 0 || str_eq(segment, STR("."));
    if (!up && !(normalize && nothing)) {
        list->items[list->count++] = (struct pair){.name = segment};
    }
}

int
canon_put_path(struct canon *c, struct str path, bool normalize, struct arena *a, struct err *err)
{
    path = path.len > 0 ? path : STR("/");
    if (path.ptr[0] != '/') {
        return err_set(err, ERR_INVALID, "sign for AWS: the path must begin with a slash");
    }
    struct pairs list = {.items = arena_zero(a, count_char(path, '/') + 1, sizeof(*list.items))};
    if (!list.items) {
        return err_nomem(err);
    }
    struct str rest = str_sub(path, 1, SIZE_MAX);
    struct str segment;
    while (str_split(&rest, '/', &segment)) {
        add_segment(&list, segment, normalize);
    }
    for (size_t i = 0; i < list.count; i++) {
        struct str encoded = aws_path_segment(a, list.items[i].name);
        if (!encoded.ptr) {
            return err_nomem(err);
        }
        canon_put(c, STR("/"));
        canon_put(c, encoded);
    }
    bool closing = normalize && path.ptr[path.len - 1] == '/';
    if (list.count == 0 || closing) {
        canon_put(c, STR("/"));
    }
    return 0;
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

/* TEXT as sent, decoded and encoded again: "%2d" and "-" are signed alike. */
static struct str
canonical_parameter(struct arena *a, struct str text)
{
    char *plain = arena_alloc(a, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; plain && i < text.len; i++) {
        int high = text.ptr[i] == '%' && i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        plain[len++] = low >= 0 ? (char)(high << 4 | low) : text.ptr[i];
        i += low >= 0 ? 2 : 0;
    }
    return plain ? aws_path_segment(a, (struct str){plain, len}) : (struct str){0};
}

static int
compare_parameters(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    int order = str_cmp(a->name, b->name);
    return order ? order : str_cmp(a->value, b->value);
}

int
canon_put_query(struct canon *c, struct str query, struct arena *a, struct err *err)
{
    struct pairs list = {.items = arena_zero(a, count_char(query, '&') + 1, sizeof(struct pair))};
    if (!list.items) {
        return err_nomem(err);
    }
    struct str rest = query;
    struct str part;
    while (str_split(&rest, '&', &part)) {
        if (part.len == 0) {
            continue;
        }
        size_t equals = str_find_char(part, '=', 0);
        struct str value = equals == SIZE_MAX ? STR("") : str_sub(part, equals + 1, SIZE_MAX);
        struct pair *p = &list.items[list.count++];
        p->name = canonical_parameter(a, str_sub(part, 0, equals));
        p->value = canonical_parameter(a, value);
        if (!p->name.ptr || !p->value.ptr) {
            return err_nomem(err);
        }
    }
    qsort(list.items, list.count, sizeof(*list.items), compare_parameters);
    for (size_t i = 0; i < list.count; i++) {
        canon_put(c, i > 0 ? STR("&") : STR(""));
        canon_put(c, list.items[i].name);
        canon_put(c, STR("="));
        canon_put(c, list.items[i].value);
    }
    return 0;
}

/* ---- headers ---- */

/* What stands between us and the server may change, add or take away these. */
static bool
is_never_signed(struct str name)
{
    static const struct str names[] = {
        STR_INIT("authorization"), STR_INIT("connection"), STR_INIT("expect"),
        STR_INIT("user-agent"),    STR_INIT("te"),         STR_INIT("transfer-encoding"),
        STR_INIT("trailer"),       STR_INIT("upgrade"),    STR_INIT("x-amzn-trace-id"),
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(name, names[i])) {
            return true;
        }
    }
    return str_starts(name, STR("proxy-")) || str_starts(name, STR("sec-"));
}

static bool
is_ours(struct str name)
{
    return str_eq(name, STR("x-amz-date")) || str_eq(name, STR("x-amz-security-token")) ||
           str_eq(name, STR("x-amz-content-sha256"));
}

/* Sorted by name; those of one name stay in their order. */
void
canon_insert_header(struct pairs *list, struct pair header)
{
    size_t at = list->count++;
    for (; at > 0 && str_cmp(list->items[at - 1].name, header.name) > 0; at--) {
        list->items[at] = list->items[at - 1];
    }
    list->items[at] = header;
}

static struct str
lower(struct arena *a, struct str name)
{
    char *text = arena_alloc(a, name.len + 1);
    for (size_t i = 0; text && i < name.len; i++) {
        char c = name.ptr[i];
        text[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return (struct str){text, name.len};
}

/* The request's headers that are signed, into LIST. */
int
canon_take_headers(const struct aws_sign_request *r, struct arena *a, struct pairs *list,
                   struct err *err)
{
    bool host = false;
    for (size_t i = 0; i < r->header_count; i++) {
        struct pair header = {lower(a, r->headers[i].name), r->headers[i].value};
        if (!header.name.ptr) {
            return err_nomem(err);
        }
        if (is_ours(header.name)) {
            return err_set(err, ERR_INVALID, "sign for AWS: %" STR_FMT ": this header is made here",
                           STR_ARG(header.name));
        }
        host = host || str_eq(header.name, STR("host"));
        if (!is_never_signed(header.name)) {
            canon_insert_header(list, header);
        }
    }
    return host ? 0 : err_set(err, ERR_INVALID, "sign for AWS: there is no host header");
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without white space around, runs of it inside as one space. */
static void
put_value(struct canon *c, struct str value)
{
    value = str_trim(value);
    size_t from = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (is_space(value.ptr[i])) {
            canon_put(c, str_sub(value, from, i - from));
            canon_put(c, STR(" "));
            while (is_space(value.ptr[i + 1])) {
                i++; /* ends: the last character is none */
            }
            from = i + 1;
        }
    }
    canon_put(c, str_sub(value, from, SIZE_MAX));
}

static bool
is_repeated(const struct pairs *list, size_t i)
{
    return i > 0 && str_eq(list->items[i].name, list->items[i - 1].name);
}

void
canon_put_headers(struct canon *c, const struct pairs *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_repeated(list, i)) {
            canon_put(c, STR(","));
        } else {
            canon_put(c, i > 0 ? STR("\n") : STR(""));
            canon_put(c, list->items[i].name);
            canon_put(c, STR(":"));
        }
        put_value(c, list->items[i].value);
    }
    canon_put(c, STR("\n"));
}

/* "host;x-amz-date" */
struct str
canon_signed_names(const struct pairs *list, struct arena *a)
{
    size_t max = 1;
    for (size_t i = 0; i < list->count; i++) {
        max += list->items[i].name.len + 1;
    }
    char *text = arena_alloc(a, max);
    size_t len = 0;
    for (size_t i = 0; text && i < list->count; i++) {
        if (is_repeated(list, i)) {
            continue;
        }
        if (len > 0) {
            text[len++] = ';';
        }
        struct str name = list->items[i].name;
        memcpy(text + len, name.ptr, name.len);
        len += name.len;
    }
    return (struct str){text, len};
}
