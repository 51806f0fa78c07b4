/* Any schema of a tool and any arguments: what becomes a header can be one. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/must.h"
#include "mcp/mcp_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_header(const struct http_header *h)
{
    must(str_starts(h->name, STR("Mcp-Param-")) && h->value.len > 0);
    for (size_t i = 0; i < h->name.len; i++) {
        must(h->name.ptr[i] > ' ' && h->name.ptr[i] <= '~' && h->name.ptr[i] != ':');
    }
    for (size_t i = 0; i < h->value.len; i++) {
        must((h->value.ptr[i] >= ' ' && h->value.ptr[i] <= '~') || h->value.ptr[i] == '\t');
    }
}

/* A schema, a line's end, arguments. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    struct http_header headers[MCP_PARAMS_MAX];
    struct str rest = {(const char *)data, size};
    struct str first;
    struct js *schema = NULL;
    struct js *arguments = NULL;
    struct err err;
    if (!str_split(&rest, '\n', &first) || js_parse(first, &arena, &schema, &err) < 0 ||
        mcp_params_check(schema, &err) < 0 || js_parse(rest, &arena, &arguments, &err) < 0) {
        return 0;
    }
    int count = mcp_params_headers(schema, arguments, &arena, headers, &err);
    must(count >= 0 && count <= MCP_PARAMS_MAX);
    for (int i = 0; i < count; i++) {
        check_header(&headers[i]);
        for (int j = 0; j < i; j++) {
            must(!str_eq_nocase(headers[i].name, headers[j].name));
        }
    }
    return 0;
}
