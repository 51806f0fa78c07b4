#include "model/rules.h"

#include <string.h>

#include "base/base64.h"
#include "base/json.h"

enum { MEGABYTE = 1024 * 1024 };

/* Converse: the service model of Bedrock Runtime and its documentation. Anthropic: its API
 * reference; an image may have 5 MB of base64. OpenAI: its reference; servers that only speak its
 * protocol are more generous. */
static const struct dialect_rules rules[] = {
    [DIALECT_CONVERSE] = {.name = "Bedrock Converse",
                          .id_marks = "_.:-",
                          .id_max = 64,
                          .tool_name_max = 64,
                          .temperature_max = 1,
                          .stop_max = 2500,
                          .images_max = 20,
                          .image_bytes = 15 * MEGABYTE / 4,
                          .documents_max = 5,
                          .document_bytes = 9 * MEGABYTE / 2,
                          .documents = "pdf csv doc docx xls xlsx html txt md",
                          .fetches_s3 = true,
                          .named_documents = true,
                          .signed_reasoning = true,
                          .needs_tools = true,
                          .plain_properties = true},
    [DIALECT_ANTHROPIC] = {.name = "Anthropic",
                           .id_marks = "_-",
                           .id_max = 64,
                           .tool_name_max = 64,
                           .temperature_max = 1,
                           .images_max = 100,
                           .image_bytes = 15 * MEGABYTE / 4,
                           .documents_max = 100,
                           .document_bytes = 22 * MEGABYTE,
                           .documents = "pdf csv html txt md",
                           .signed_reasoning = true,
                           .needs_tools = true,
                           .says_none = true,
                           .plain_properties = true},
    [DIALECT_OPENAI] = {.name = "OpenAI",
                        .id_marks = "_-",
                        .id_max = 40,
                        .tool_name_max = 64,
                        .temperature_max = 2,
                        .stop_max = 4,
                        .blank_stops = true,
                        .images_max = 500,
                        .image_bytes = 20 * MEGABYTE,
                        .documents_max = 100,
                        .document_bytes = 22 * MEGABYTE,
                        .documents = "csv html txt md",
                        .says_none = true,
                        .wants_properties = true},
};

const struct dialect_rules *
dialect_rules(enum validate_dialect dialect)
{
    return &rules[dialect];
}

static bool
is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
consists_of(struct str text, size_t max, const char *marks)
{
    if (text.len == 0 || text.len > max) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_alphanumeric(c) && (c == '\0' || !strchr(marks, c))) {
            return false;
        }
    }
    return true;
}

bool
rule_id(const struct dialect_rules *d, struct str id)
{
    return consists_of(id, d->id_max, d->id_marks);
}

bool
rule_tool_name(const struct dialect_rules *d, struct str name)
{
    return consists_of(name, d->tool_name_max, "_-");
}

bool
rule_document_name(struct str name)
{
    return consists_of(name, 200, " -()[]") && str_trim(name).len == name.len &&
           str_find(name, STR("  "), 0) == SIZE_MAX;
}

bool
rule_property_name(struct str name)
{
    return consists_of(name, 64, "_.-");
}

bool
rule_blank(struct str text)
{
    return str_trim(text).len == 0;
}

/* The code unit of \uXXXX at OFFSET, -1 where there is no such thing. */
static int32_t
escaped_unit(struct str json, size_t offset)
{
    if (offset + 6 > json.len || json.ptr[offset] != '\\' || json.ptr[offset + 1] != 'u') {
        return -1;
    }
    int32_t unit = 0;
    for (size_t i = offset + 2; i < offset + 6; i++) {
        char c = json.ptr[i];
        int digit = c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
        unit = unit * 16 + digit;
    }
    return unit;
}

bool
rule_lone_surrogate(struct str json)
{
    for (size_t i = 0; (i = str_find_char(json, '\\', i)) != SIZE_MAX;) {
        int32_t unit = escaped_unit(json, i);
        if (unit < 0xD800 || unit > 0xDFFF) {
            i += unit < 0 ? 2 : 6;
            continue;
        }
        int32_t next = escaped_unit(json, i + 6);
        if (unit > 0xDBFF || next < 0xDC00 || next > 0xDFFF) {
            return true;
        }
        i += 12;
    }
    return false;
}

static bool
is_one_of(struct str text, const char *const *words)
{
    for (; *words; words++) {
        if (str_eq_c(text, *words)) {
            return true;
        }
    }
    return false;
}

static bool
is_word_of(struct str text, const char *words)
{
    struct str rest = str_c(words);
    for (struct str word; str_split(&rest, ' ', &word);) {
        if (str_eq(word, text)) {
            return true;
        }
    }
    return false;
}

/* How many bytes base64 TEXT stands for; SIZE_MAX when it is none. */
static size_t
base64_size(struct str text)
{
    size_t padding = str_ends(text, STR("==")) ? 2 : str_ends(text, STR("=")) ? 1 : 0;
    return base64_valid(text) ? text.len / 4 * 3 - padding : SIZE_MAX;
}

static const char *
check_source(const struct dialect_rules *d, const struct js *source, size_t bytes_max)
{
    const struct js *bytes = js_get_c(source, "bytes");
    if (!bytes) {
        if (js_get_c(source, "s3Location")) {
            return d->fetches_s3 ? NULL
                                 : "that lies in S3, where the model's server does not look,";
        }
        bool other = js_get_c(source, "text") || js_get_c(source, "content");
        return other ? NULL : "without any content";
    }
    struct str text = js_text(bytes);
    size_t size = base64_size(text);
    if (text.len == 0 || size == SIZE_MAX) {
        return "whose bytes are no base64";
    }
    return size > bytes_max ? "larger than the model's server takes" : NULL;
}

const char *
rule_image(const struct dialect_rules *d, const struct js *image)
{
    static const char *const formats[] = {"png", "jpeg", "gif", "webp", NULL};
    if (!is_one_of(js_get_text(image, "format"), formats)) {
        return "of a format that is none of png, jpeg, gif, webp";
    }
    return check_source(d, js_get_c(image, "source"), d->image_bytes);
}

const char *
rule_document(const struct dialect_rules *d, const struct js *document)
{
    const struct js *format = js_get_c(document, "format");
    if (format && !is_word_of(js_text(format), d->documents)) {
        return "of a format the model's server does not read";
    }
    return check_source(d, js_get_c(document, "source"), d->document_bytes);
}

const char *
rule_reasoning(const struct dialect_rules *d, const struct js *block)
{
    const struct js *content = js_get_c(block, "reasoningContent");
    const struct js *text = js_get_c(content, "reasoningText");
    if (!text && js_get_text(content, "redactedContent").len == 0) {
        return "that is empty";
    }
    if (text && d->signed_reasoning && js_get_text(text, "signature").len == 0) {
        return "without a signature";
    }
    return NULL;
}

bool
rule_cache_point(const struct block *b)
{
    return b->kind == BLOCK_OTHER && str_starts(b->raw, STR("{\"cachePoint\":"));
}

static const char *
check_properties(const struct dialect_rules *d, const struct js *properties)
{
    if (properties && js_type(properties) != JS_OBJECT) {
        return "properties is no object";
    }
    if (!properties && d->wants_properties) {
        return "the root has no properties";
    }
    struct js_member member;
    for (struct js_iter it = js_iter(properties); js_next(&it, &member);) {
        if (d->plain_properties && !rule_property_name(member.key)) {
            return "a property's name is not 1 to 64 of letters, digits, _ . -";
        }
    }
    return NULL;
}

const char *
rule_schema(const struct dialect_rules *d, const struct js *schema)
{
    static const char *const composing[] = {"oneOf", "anyOf", "allOf", "not", "enum"};
    if (!str_eq_c(js_get_text(schema, "type"), "object")) {
        return "the root's type is not object";
    }
    for (size_t i = 0; i < sizeof(composing) / sizeof(composing[0]); i++) {
        if (js_get_c(schema, composing[i])) {
            return "the root is composed with oneOf, anyOf, allOf, not or enum";
        }
    }
    return check_properties(d, js_get_c(schema, "properties"));
}
