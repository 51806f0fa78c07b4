/* Any bytes as MCP's lines, cut in two ways: the same lines, the same messages; and a message that
 * was read is written so that it is read again. The first byte chooses the cut. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "mcp/mcp_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 256 };

static struct str
text_of(const struct js *value, struct arena *arena)
{
    return value ? js_to_arena(value, arena) : STR("");
}

/* M as a line again, at the end of OUT. */
static void
write_again(const struct mcp_message *m, struct arena *arena, struct buf *out)
{
    switch (m->kind) {
    case MCP_REQUEST:
    case MCP_NOTIFICATION:
        mcp_write_request(out, &m->id, m->method, text_of(m->params, arena));
        break;
    case MCP_RESULT:
        mcp_write_result(out, &m->id, text_of(m->result, arena));
        break;
    case MCP_ERROR:
        mcp_write_error(out, &m->id, (enum mcp_code)m->code, m->words, text_of(m->data, arena));
        break;
    }
}

static void
take(struct str line, struct buf *out)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf again;
    struct mcp_message m;
    struct mcp_message same;
    struct err err = {0};
    buf_init(&again, LIMIT_JSON_BYTES);
    int result = mcp_message_read(line, &arena, &m, &err);
    buf_printf(out, "%d %d %lld|", result, (int)m.kind, (long long)m.code);
    must(result == 0 || (result == ERR_INVALID && err.message[0] != '\0'));
    if (result < 0 || m.code != (int)m.code) {
        return;
    }
    write_again(&m, &arena, &again);
    must(str_find_char(buf_str(&again), '\n', 0) == again.len - 1);
    must(mcp_message_read(buf_str(&again), &arena, &same, &err) == 0);
    must(same.kind == m.kind && same.code == m.code);
    must(m.id.kind == MCP_ID_NONE || mcp_id_eq(&same.id, &m.id));
}

static void
feed(struct str text, size_t piece, struct buf *out)
{
    AUTO(mcp_lines) struct mcp_lines l;
    struct err err = {0};
    struct str line;
    enum mcp_line found;
    mcp_lines_init(&l, MAX);
    for (size_t at = 0; at < text.len; at += piece) {
        must(mcp_lines_feed(&l, str_sub(text, at, piece), &err) == 0);
        while ((found = mcp_lines_next(&l, &line)) != MCP_LINE_NONE) {
            if (found == MCP_LINE_LONG) {
                buf_add_c(out, "long|");
                continue;
            }
            must(line.len <= MAX);
            take(line, out);
        }
        must(l.pending.len - l.at <= MAX + 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct str text = {(const char *)data + 1, size - 1};
    AUTO(buf) struct buf a;
    AUTO(buf) struct buf b;
    buf_init(&a, LIMIT_JSON_BYTES);
    buf_init(&b, LIMIT_JSON_BYTES);
    feed(text, MAX, &a);
    feed(text, 1 + data[0] % MAX, &b);
    must(str_eq(buf_str(&a), buf_str(&b)));
    return 0;
}
