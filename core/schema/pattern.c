#include "schema/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

/* Enough for honest patterns over the longest arguments, a few milliseconds for the others. */
enum { MATCH_STEPS = 200000, MATCH_DEPTH = 20000, MATCH_HEAP_KIB = 16384, NESTING = 64 };

struct pattern {
    pcre2_code *code;
    pcre2_match_context *context; /* only read by matching, so threads share it */
    char *source;
    size_t source_len;
};

static void *
give_memory(size_t size, void *unused)
{
    (void)unused;
    return mem_alloc(size);
}

static void
take_memory(void *p, void *unused)
{
    (void)unused;
    mem_free(p);
}

/* Unicode's long names, which ECMA-262 allows in \p{...} and PCRE2 10.42 does not know. */
static const struct {
    const char *name;
    const char *category;
} categories[] = {
    {"Cased_Letter", "L&"},
    {"Close_Punctuation", "Pe"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Unassigned", "Cn"},
    {"Uppercase_Letter", "Lu"},
};

/* "General_Category=Letter" -> "L"; what we do not know is left to PCRE2. */
static struct str
property_name(struct str name)
{
    static const char *const prefixes[] = {"General_Category=", "gc=", "Script=", "sc="};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (str_starts(name, str_c(prefixes[i]))) {
            name = str_sub(name, str_c(prefixes[i]).len, name.len);
            break;
        }
    }
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (str_eq_c(name, categories[i].name)) {
            return str_c(categories[i].category);
        }
    }
    return name;
}

/* Write the escape at SOURCE[AT], a backslash; returns the offset behind it.
 *
 * \p{Letter} gets its short name. \s means Unicode's spaces in ECMA-262 while \d and \w mean
 * ASCII; PCRE2 has one switch for all three (UCP), which stays off, so \s is spelled out. */
static size_t
translate_escape(struct str source, size_t at, bool in_class, struct buf *out)
{
    char kind = at + 1 < source.len ? source.ptr[at + 1] : 0;
    if ((kind == 'p' || kind == 'P') && at + 2 < source.len && source.ptr[at + 2] == '{') {
        size_t end = str_find_char(source, '}', at);
        if (end != SIZE_MAX) {
            struct str name = property_name(str_sub(source, at + 3, end - at - 3));
            buf_printf(out, "\\%c{%" STR_FMT "}", kind, STR_ARG(name));
            return end + 1;
        }
    }
    if (kind == 's') {
        buf_add_c(out, in_class ? "\\s\\ufeff\\p{Z}" : "[\\s\\ufeff\\p{Z}]");
        return at + 2;
    }
    if (kind == 'S' && !in_class) {
        buf_add_c(out, "[^\\s\\ufeff\\p{Z}]");
        return at + 2;
    }
    /* A character behind the backslash may be longer than a byte: its rest follows as it is. */
    buf_add(out, str_sub(source, at, 2));
    return at + 2;
}

static void
translate(struct str source, struct buf *out)
{
    bool in_class = false;
    for (size_t at = 0; at < source.len;) {
        char c = source.ptr[at];
        if (c == '\\') {
            at = translate_escape(source, at, in_class, out);
            continue;
        }
        if (c == '[' && in_class) {
            /* Plain in ECMA-262; "[:" would open a POSIX class in PCRE2. */
            buf_add_char(out, '\\');
        }
        in_class = c == '[' ? true : c == ']' ? false : in_class;
        buf_add_char(out, c);
        at++;
    }
}

static int
refuse(struct str source, int code, size_t offset, struct err *err)
{
    char words[120];
    if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED) {
        return err_nomem(err);
    }
    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof(words)) < 0) {
        words[0] = '\0';
    }
    return err_set(err, ERR_INVALID, "'%.80s' is not a regular expression: %s (near character %zu)",
                   source.ptr, words, offset);
}

static int
compile_code(struct pattern *p, struct str translated, pcre2_general_context *general,
             struct err *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    if (!context) {
        return err_nomem(err);
    }
    (void)pcre2_set_parens_nest_limit(context, NESTING);
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    (void)pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    int code = 0;
    PCRE2_SIZE offset = 0;
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                       PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C;
    p->code =
        pcre2_compile((PCRE2_SPTR)translated.ptr, translated.len, options, &code, &offset, context);
    pcre2_compile_context_free(context);
    return p->code ? 0 : refuse((struct str){p->source, p->source_len}, code, offset, err);
}

static int
compile_whole(struct pattern *p, struct err *err)
{
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_PATTERN_BYTES * 8);
    buf_add_c(&text, "");
    translate((struct str){p->source, p->source_len}, &text);
    int result = buf_finish(&text, "pattern", err);
    if (result < 0) {
        return result;
    }
    pcre2_general_context *general = pcre2_general_context_create(give_memory, take_memory, NULL);
    if (!general) {
        return err_nomem(err);
    }
    struct str translated = buf_str(&text);
    translated.ptr = translated.ptr ? translated.ptr : "";
    result = compile_code(p, translated, general, err);
    p->context = result < 0 ? NULL : pcre2_match_context_create(general);
    pcre2_general_context_free(general);
    if (result == 0 && !p->context) {
        return err_nomem(err);
    }
    if (p->context) {
        (void)pcre2_set_match_limit(p->context, MATCH_STEPS);
        (void)pcre2_set_depth_limit(p->context, MATCH_DEPTH);
        (void)pcre2_set_heap_limit(p->context, MATCH_HEAP_KIB);
    }
    return result;
}

int
pattern_compile(struct str source, struct pattern **ret, struct err *err)
{
    if (source.len > LIMIT_PATTERN_BYTES) {
        return err_set(err, ERR_LIMIT, "a regular expression of %zu bytes is too long (at most %d)",
                       source.len, LIMIT_PATTERN_BYTES);
    }
    struct pattern *p = mem_zero(1, sizeof(*p));
    if (!p) {
        return err_nomem(err);
    }
    p->source = mem_str(source);
    p->source_len = source.len;
    int result = p->source ? compile_whole(p, err) : err_nomem(err);
    if (result < 0) {
        pattern_free(p);
        return result;
    }
    *ret = p;
    return 0;
}

void
pattern_free(struct pattern *p)
{
    if (!p) {
        return;
    }
    pcre2_match_context_free(p->context);
    pcre2_code_free(p->code);
    mem_free(p->source);
    mem_free(p);
}

int
pattern_match(const struct pattern *p, struct str text, struct err *err)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(p->code, NULL);
    if (!data) {
        return err_nomem(err);
    }
    const char *bytes = text.ptr ? text.ptr : "";
    int found = pcre2_match(p->code, (PCRE2_SPTR)bytes, text.len, 0, 0, data, p->context);
    pcre2_match_data_free(data);
    if (found >= 0) {
        return 0;
    }
    if (found == PCRE2_ERROR_NOMATCH) {
        return PATTERN_NO_MATCH;
    }
    if (found == PCRE2_ERROR_NOMEMORY) {
        return err_nomem(err);
    }
    return err_set(err, ERR_LIMIT, "the pattern '%.80s' takes too long on a text of %zu bytes",
                   p->source, text.len);
}

struct str
pattern_source(const struct pattern *p)
{
    return (struct str){p->source, p->source_len};
}
