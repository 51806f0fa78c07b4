/* Any JSON as a file of the JSON Schema suite, [{"schema":...,"tests":[{"data":...}]}], and as a
 * schema held against itself: refused with a message, or checked the same way twice. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_defaults(const struct schema *s, const struct js *value, struct arena *a)
{
    AUTO(buf) struct buf once = {0};
    AUTO(buf) struct buf twice = {0};
    struct js *filled = NULL;
    buf_init(&once, LIMIT_JSON_BYTES);
    buf_init(&twice, LIMIT_JSON_BYTES);
    schema_apply_defaults(s, value, &once);
    /* Defaults inside the value's own depth may take it beyond what is read back. */
    if (js_parse(buf_str(&once), a, &filled, &(struct err){0}) < 0) {
        return;
    }
    schema_apply_defaults(s, filled, &twice);
    must(!twice.failed && twice.len >= once.len);
}

static void
check_value(const struct schema *s, const struct js *value)
{
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct schema_report report = {0};
    struct schema_report again = {0};
    int result = schema_check(s, value, &a, &report, &err);
    must(result >= 0 || err.message[0] != '\0');
    must(schema_check(s, value, &a, &again, &err) == result);
    must(again.count == report.count);
    must(result != SCHEMA_MISMATCH || report.count > 0);
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_JSON_BYTES);
    schema_report_write(&report, &text);
    must(!text.failed && utf8_valid(buf_str(&text)));
    check_defaults(s, value, &a);
}

static void
check_schema(const struct js *schema, const struct js *tests, const struct js *itself)
{
    AUTO(arena) struct arena a = {0};
    AUTO(schema) struct schema *s = NULL;
    struct err err = {0};
    if (schema_compile(js_to_arena(schema, &a), &s, &err) < 0) {
        must(err.message[0] != '\0' && utf8_valid(str_c(err.message)));
        return;
    }
    for (size_t i = 0; i < js_count(tests); i++) {
        check_value(s, js_get_c(js_at(tests, i), "data"));
    }
    check_value(s, itself);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena a = {0};
    struct str text = {(const char *)data, size};
    struct js *root = NULL;
    if (js_parse(text, &a, &root, &(struct err){0}) < 0) {
        return 0;
    }
    check_schema(root, NULL, root);
    for (size_t i = 0; js_type(root) == JS_ARRAY && i < js_count(root); i++) {
        const struct js *group = js_at(root, i);
        check_schema(js_get_c(group, "schema"), js_get_c(group, "tests"), group);
    }
    return 0;
}
