#include "model/aws_profile.h"

#include <string.h>

#include "base/limits.h"
#include "base/must.h"

/* Where a reader stands in a file. */
struct reader {
    struct aws_profiles *profiles;
    enum aws_file file;
    struct str path;
    unsigned line;
    bool in_section;
    enum aws_section section;
    struct str name;
    size_t key_entry; /* the key that deeper lines belong to; SIZE_MAX: none */
    size_t key_indent;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without the comment behind a blank, and trimmed. */
static struct str
strip_comment(struct str s)
{
    for (size_t i = 1; i < s.len; i++) {
        if ((s.ptr[i] == '#' || s.ptr[i] == ';') && is_blank(s.ptr[i - 1])) {
            return str_trim(str_sub(s, 0, i));
        }
    }
    return str_trim(s);
}

static int
bad_line(const struct reader *r, const char *wanted, struct err *err)
{
    return err_set(err, ERR_INVALID, "%" STR_FMT ":%u: %s", STR_ARG(r->path), r->line, wanted);
}

static int
add_entry(struct reader *r, struct aws_entry entry, struct err *err)
{
    struct aws_profiles *p = r->profiles;
    if (!mem_grow(p->entries, p->count, p->capacity)) {
        return err_nomem(err);
    }
    entry.file = r->file;
    entry.section = r->section;
    entry.name = r->name;
    p->entries[p->count++] = entry;
    return 0;
}

/* [default] in config is told from [profile default] by an empty name until the file is read. */
static void
name_section(struct reader *r, struct str head)
{
    static const struct {
        struct str word;
        enum aws_section section;
    } kinds[] = {
        {STR_INIT("profile"), AWS_PROFILE},
        {STR_INIT("sso-session"), AWS_SSO_SESSION},
        {STR_INIT("services"), AWS_SERVICES},
    };
    r->section = AWS_OTHER_SECTION;
    r->name = (struct str){0};
    if (r->file == AWS_FILE_CREDENTIALS) {
        r->section = AWS_PROFILE;
        r->name = head;
        return;
    }
    if (str_eq_c(head, "default")) {
        r->section = AWS_PROFILE;
        return;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t word = kinds[i].word.len;
        if (str_starts(head, kinds[i].word) && head.len > word && is_blank(head.ptr[word])) {
            r->section = kinds[i].section;
            r->name = str_trim(str_sub(head, word, head.len));
        }
    }
    bool quoted = r->name.len > 2 && (r->name.ptr[0] == '"' || r->name.ptr[0] == '\'') &&
                  r->name.ptr[r->name.len - 1] == r->name.ptr[0];
    r->name = quoted ? str_sub(r->name, 1, r->name.len - 2) : r->name;
}

static int
read_head(struct reader *r, struct str line, struct err *err)
{
    size_t end = str_find_char(line, ']', 0);
    struct str head = str_trim(str_sub(line, 1, end == SIZE_MAX ? 0 : end - 1));
    struct str rest =
        end == SIZE_MAX ? (struct str){0} : str_trim(str_sub(line, end + 1, line.len));
    if (head.len == 0 || (rest.len > 0 && rest.ptr[0] != '#' && rest.ptr[0] != ';')) {
        return bad_line(r, "expected [NAME]", err);
    }
    name_section(r, head);
    r->in_section = true;
    r->key_entry = SIZE_MAX;
    return add_entry(r, (struct aws_entry){0}, err);
}

/* KEY = VALUE. False when LINE is none. */
static bool
split_pair(struct str line, struct str *ret_key, struct str *ret_value)
{
    size_t equals = str_find_char(line, '=', 0);
    if (equals == SIZE_MAX) {
        return false;
    }
    *ret_key = str_trim(str_sub(line, 0, equals));
    *ret_value = str_trim(str_sub(line, equals + 1, line.len));
    return ret_key->len > 0;
}

/* A line deeper than the key above it: a sub-key, or more of its value. */
static int
read_deeper(struct reader *r, struct str line, struct err *err)
{
    struct aws_entry *above = &r->profiles->entries[r->key_entry];
    if (above->value.len > 0) {
        above->value.len = (size_t)(line.ptr + line.len - above->value.ptr);
        return 0;
    }
    struct aws_entry entry = {.key = above->key};
    if (!split_pair(line, &entry.sub, &entry.value)) {
        return bad_line(r, "expected KEY = VALUE below a key without a value", err);
    }
    return add_entry(r, entry, err);
}

static int
read_line(struct reader *r, struct str whole, struct err *err)
{
    struct str line = str_trim(whole);
    if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';') {
        return 0;
    }
    size_t indent = (size_t)(line.ptr - whole.ptr);
    line = strip_comment(line);
    if (r->key_entry != SIZE_MAX && indent > r->key_indent) {
        return read_deeper(r, line, err);
    }
    if (line.ptr[0] == '[') {
        return read_head(r, str_trim(whole), err);
    }
    struct aws_entry entry = {0};
    if (!r->in_section) {
        return bad_line(r, "expected [NAME] before the first key", err);
    }
    if (!split_pair(line, &entry.key, &entry.value)) {
        return bad_line(r, "expected KEY = VALUE", err);
    }
    r->key_entry = r->profiles->count;
    r->key_indent = indent;
    return add_entry(r, entry, err);
}

static int
read_lines(struct reader *r, struct str text, struct err *err)
{
    struct str line;
    int result = 0;
    if (str_starts(text, STR("\xEF\xBB\xBF"))) {
        text = str_sub(text, 3, text.len);
    }
    while (result == 0 && str_split(&text, '\n', &line)) {
        r->line++;
        result = read_line(r, line, err);
    }
    return result;
}

/* Give the sections [default] their name, or put them out of force. */
static void
settle_default(struct aws_profiles *p, size_t first)
{
    bool replaced = false;
    for (size_t i = first; i < p->count; i++) {
        const struct aws_entry *e = &p->entries[i];
        replaced = replaced || (e->section == AWS_PROFILE && str_eq_c(e->name, "default"));
    }
    for (size_t i = first; i < p->count; i++) {
        struct aws_entry *e = &p->entries[i];
        if (e->section == AWS_PROFILE && e->name.len == 0) {
            e->section = replaced ? AWS_OTHER_SECTION : AWS_PROFILE;
            e->name = replaced ? (struct str){0} : STR("default");
        }
    }
}

static void
wipe_text(struct aws_profiles *p, enum aws_file file)
{
    if (p->text[file]) {
        explicit_bzero(p->text[file], p->text_len[file]);
        mem_free(p->text[file]);
        p->text[file] = NULL;
    }
}

int
aws_profiles_add(struct aws_profiles *p, enum aws_file file, struct str path, struct str text,
                 struct err *err)
{
    must(!p->text[file]);
    if (text.len > LIMIT_AWS_FILE_BYTES) {
        return err_set(err, ERR_LIMIT, "%" STR_FMT ": more than %d bytes are too many",
                       STR_ARG(path), LIMIT_AWS_FILE_BYTES);
    }
    p->text[file] = mem_str(text);
    p->text_len[file] = text.len;
    if (!p->text[file]) {
        return err_nomem(err);
    }
    size_t first = p->count;
    struct reader r = {.profiles = p, .file = file, .path = path, .key_entry = SIZE_MAX};
    int result = read_lines(&r, (struct str){p->text[file], text.len}, err);
    if (result < 0) {
        p->count = first;
        wipe_text(p, file);
        return result;
    }
    settle_default(p, first);
    return 0;
}

void
aws_profiles_done(struct aws_profiles *p)
{
    for (int file = 0; file < AWS_FILE_COUNT; file++) {
        wipe_text(p, (enum aws_file)file);
    }
    mem_free(p->entries);
    *p = (struct aws_profiles){0};
}

static bool
is_in(const struct aws_entry *e, enum aws_section section, struct str name)
{
    return e->section == section && str_eq(e->name, name);
}

bool
aws_profiles_has(const struct aws_profiles *p, enum aws_section section, struct str name)
{
    for (size_t i = 0; i < p->count; i++) {
        if (is_in(&p->entries[i], section, name)) {
            return true;
        }
    }
    return false;
}

/* The last one counts, so the search goes backwards. */
static struct str
find_value(const struct aws_profiles *p, const struct aws_entry *wanted)
{
    for (size_t i = p->count; i > 0; i--) {
        const struct aws_entry *e = &p->entries[i - 1];
        if (e->file == wanted->file && is_in(e, wanted->section, wanted->name) &&
            str_eq_nocase(e->key, wanted->key) && str_eq_nocase(e->sub, wanted->sub)) {
            return e->value.ptr ? e->value : STR("");
        }
    }
    return (struct str){0};
}

struct str
aws_profiles_get_from(const struct aws_profiles *p, enum aws_file file, enum aws_section section,
                      struct str name, const char *key)
{
    const struct aws_entry wanted = {file, section, name, str_c(key), {0}, {0}};
    return find_value(p, &wanted);
}

struct str
aws_profiles_get(const struct aws_profiles *p, enum aws_section section, struct str name,
                 const char *key)
{
    struct str value = aws_profiles_get_from(p, AWS_FILE_CREDENTIALS, section, name, key);
    return value.ptr ? value : aws_profiles_get_from(p, AWS_FILE_CONFIG, section, name, key);
}

struct str
aws_profiles_get_sub(const struct aws_profiles *p, enum aws_section section, struct str name,
                     const char *key, const char *sub)
{
    const struct aws_entry wanted = {AWS_FILE_CONFIG, section, name, str_c(key), str_c(sub), {0}};
    return find_value(p, &wanted);
}
