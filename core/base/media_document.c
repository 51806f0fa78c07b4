/* Documents: what they are by their bytes.
 *
 * Word's and Excel's files of today are zip archives; which of the two, the archive's directory
 * says, which stands at its end. The older ones are "compound files", whose streams have names in
 * UTF-16. A PDF must begin as one: readers that look for the mark further inside are how a file is
 * one thing to the check and another to whoever opens it. */
#include <string.h>

#include "base/arena.h"
#include "base/media.h"
#include "base/utf8.h"

enum {
    ZIP_END = 22,              /* the shortest end record */
    ZIP_END_MAX = 22 + 0xFFFF, /* with its comment */
    ZIP_ENTRY = 46,
    ZIP_ENTRIES_MAX = 65535,
    NAME_MAX_BYTES = 200,
};

static uint32_t
little16(struct str s, size_t at)
{
    return (uint32_t)(uint8_t)s.ptr[at] | (uint32_t)(uint8_t)s.ptr[at + 1] << 8;
}

static uint32_t
little32(struct str s, size_t at)
{
    return little16(s, at) | little16(s, at + 2) << 16;
}

static struct str
extension(struct str name)
{
    for (size_t i = name.len; i > 0 && name.ptr[i - 1] != '/'; i--) {
        if (name.ptr[i - 1] == '.') {
            return str_sub(name, i, SIZE_MAX);
        }
    }
    return (struct str){0};
}

const char *
media_extension_format(struct str name)
{
    static const struct {
        const char *extension;
        const char *format;
    } rows[] = {
        {"txt", "txt"},   {"text", "txt"},  {"log", "txt"},   {"md", "md"},   {"markdown", "md"},
        {"csv", "csv"},   {"html", "html"}, {"htm", "html"},  {"pdf", "pdf"}, {"docx", "docx"},
        {"doc", "doc"},   {"xlsx", "xlsx"}, {"xls", "xls"},   {"png", "png"}, {"jpg", "jpeg"},
        {"jpeg", "jpeg"}, {"gif", "gif"},   {"webp", "webp"},
    };
    struct str ending = extension(name);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_eq_nocase(ending, str_c(rows[i].extension))) {
            return rows[i].format;
        }
    }
    return NULL;
}

/* The newest end record; SIZE_MAX: none. */
static size_t
find_zip_end(struct str s)
{
    size_t oldest = s.len > ZIP_END_MAX ? s.len - ZIP_END_MAX : 0;
    for (size_t at = s.len >= ZIP_END ? s.len - ZIP_END + 1 : 0; at > oldest; at--) {
        if (memcmp(s.ptr + at - 1, "PK\x05\x06", 4) == 0) {
            return at - 1;
        }
    }
    return SIZE_MAX;
}

/* "docx" or "xlsx"; NULL: neither, or both. */
static const char *
zip_format(struct str s)
{
    size_t end = find_zip_end(s);
    if (end == SIZE_MAX) {
        return NULL;
    }
    size_t at = little32(s, end + 16);
    bool word = false;
    bool excel = false;
    for (size_t n = 0; n < ZIP_ENTRIES_MAX && at <= end && end - at >= ZIP_ENTRY; n++) {
        if (memcmp(s.ptr + at, "PK\x01\x02", 4) != 0) {
            break;
        }
        size_t name = little16(s, at + 28);
        size_t rest = little16(s, at + 30) + little16(s, at + 32);
        struct str path = str_sub(s, at + ZIP_ENTRY, name);
        word |= str_eq(path, STR("word/document.xml"));
        excel |= str_eq(path, STR("xl/workbook.xml"));
        at += ZIP_ENTRY + name + rest;
    }
    return word == excel ? NULL : word ? "docx" : "xlsx";
}

/* "doc" or "xls"; NULL: neither. One that holds the other is what its name says. */
static const char *
compound_format(struct str name, struct str s)
{
    static const struct str word = STR_INIT("W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0");
    static const struct str workbook = STR_INIT("W\0o\0r\0k\0b\0o\0o\0k\0");
    static const struct str book = STR_INIT("B\0o\0o\0k\0\0");
    bool is_word = str_find(s, word, 0) != SIZE_MAX;
    bool is_excel = str_find(s, workbook, 0) != SIZE_MAX || str_find(s, book, 0) != SIZE_MAX;
    if (is_word && is_excel) {
        const char *format = media_extension_format(name);
        return format && (strcmp(format, "doc") == 0 || strcmp(format, "xls") == 0) ? format : NULL;
    }
    return is_word ? "doc" : is_excel ? "xls" : NULL;
}

/* A text says nothing of itself: the name says which. */
static int
text_format(struct str name, struct str bytes, const char **ret, struct err *err)
{
    static const char *const texts[] = {"txt", "md", "csv", "html"};
    const char *format = media_extension_format(name);
    bool text = false;
    for (size_t i = 0; format && i < sizeof(texts) / sizeof(texts[0]); i++) {
        text |= strcmp(format, texts[i]) == 0;
    }
    if (!text) {
        return err_set(err, ERR_INVALID,
                       "no document that can be sent: pdf, docx, doc, xlsx, xls, csv, html, txt "
                       "and md can");
    }
    if (str_find_char(bytes, '\0', 0) != SIZE_MAX || !utf8_valid(bytes)) {
        return err_set(err, ERR_INVALID, "no text in UTF-8, as its name says");
    }
    *ret = format;
    return 0;
}

int
media_document(struct str name, struct str bytes, struct media *ret, struct err *err)
{
    struct media m = {0};
    int result = 0;
    if (bytes.len == 0) {
        return err_set(err, ERR_INVALID, "empty");
    }
    if (str_starts(bytes, STR("%PDF-"))) {
        m.format = "pdf";
    } else if (str_starts(bytes, STR("PK\x03\x04"))) {
        m.format = zip_format(bytes);
    } else if (str_starts(bytes, STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))) {
        m.format = compound_format(name, bytes);
    } else {
        result = text_format(name, bytes, &m.format, err);
    }
    if (result == 0 && !m.format) {
        result =
            err_set(err, ERR_INVALID, "neither a document of Word nor one of Excel, or damaged");
    }
    if (result == 0) {
        *ret = m;
    }
    return result;
}

static bool
may_stand(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-()[]", c));
}

struct str
media_document_name(struct str name, struct arena *arena)
{
    char clean[NAME_MAX_BYTES];
    size_t len = 0;
    for (size_t slash; (slash = str_find_char(name, '/', 0)) != SIZE_MAX;) {
        name = str_sub(name, slash + 1, SIZE_MAX);
    }
    struct str ending = extension(name);
    if (ending.len && ending.len + 1 < name.len) {
        name.len -= ending.len + 1;
    }
    for (size_t i = 0; i < name.len && len < sizeof(clean); i++) {
        char c = may_stand(name.ptr[i]) ? name.ptr[i] : ' ';
        if (c != ' ' || (len > 0 && clean[len - 1] != ' ')) {
            clean[len++] = c;
        }
    }
    struct str trimmed = str_trim((struct str){clean, len});
    return arena_str(arena, trimmed.len ? trimmed : STR("document"));
}
