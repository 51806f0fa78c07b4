#include "turn/reply.h"

#include "base/buf.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/model.h"

/* What every model API takes for a tool's name. */
enum { TOOL_NAME_MAX = 64 };

/* Text parts joined, each once: some models stream their whole answer a second time as a new
 * part. */
static struct str
join_texts(const struct model_reply *from, struct arena *arena)
{
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_REPLY_BYTES);
    struct str last = {0};
    for (size_t i = 0; i < from->part_count; i++) {
        const struct model_part *part = &from->parts[i];
        struct str text = str_trim(part->text);
        if (part->kind != MODEL_PART_TEXT || text.len == 0 || str_eq(text, last)) {
            continue;
        }
        if (out.len > 0) {
            buf_add_c(&out, "\n\n");
        }
        buf_add(&out, utf8_cut(text, LIMIT_REPLY_BYTES - 4 - out.len));
        last = text;
    }
    return str_trim(utf8_for_terminal(arena, buf_to_arena(&out, arena)));
}

/* NAME with every character no API takes replaced. */
static struct str
history_name(struct str name, struct arena *arena)
{
    struct str copy = arena_str(arena, str_sub(name, 0, TOOL_NAME_MAX));
    for (size_t i = 0; copy.ptr && i < copy.len; i++) {
        char c = copy.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-';
        if (!fine) {
            ((char *)copy.ptr)[i] = '_';
        }
    }
    return copy.len ? copy : STR("unnamed");
}

static bool
decode_call(const struct model_part *part, struct id_gen *ids, struct arena *arena,
            struct reply_call *ret)
{
    struct err ignored = {0};
    struct js *input = NULL;
    ret->id = id_to_arena(ids, 'x', arena);
    ret->name = arena_str(arena, utf8_for_terminal(arena, str_sub(part->name, 0, 256)));
    ret->arguments = arena_str(arena, part->input.len ? part->input : STR("{}"));
    struct str name = history_name(part->name, arena);
    if (!ret->id.ptr || !ret->name.ptr || !ret->arguments.ptr || !name.ptr) {
        return false;
    }
    /* A history must hold an object; what was really sent stays in the call's record. */
    bool fine = ret->arguments.len <= LIMIT_TOOL_ARGUMENT_BYTES &&
                js_parse_object(ret->arguments, "arguments", arena, &input, &ignored) == 0;
    return block_tool_use(arena, ret->id, name, fine ? ret->arguments : STR("{}"), &ret->block);
}

static bool
collect_reasoning(const struct model_reply *from, struct arena *arena, struct reply *ret)
{
    struct block *blocks = arena_zero(arena, from->part_count + 1, sizeof(*blocks));
    if (!blocks) {
        return false;
    }
    for (size_t i = 0; i < from->part_count; i++) {
        if (from->parts[i].kind != MODEL_PART_REASONING || from->parts[i].raw.len == 0) {
            continue;
        }
        struct str raw = arena_str(arena, from->parts[i].raw);
        if (!raw.ptr) {
            return false;
        }
        blocks[ret->reasoning_count++] = (struct block){.kind = BLOCK_REASONING, .raw = raw};
    }
    ret->reasoning = blocks;
    return true;
}

int
reply_decode(const struct model_reply *from, struct id_gen *ids, struct arena *arena,
             struct reply *ret, struct err *err)
{
    *ret = (struct reply){.text = join_texts(from, arena)};
    ret->calls = arena_zero(arena, from->part_count + 1, sizeof(*ret->calls));
    if (!ret->calls || !collect_reasoning(from, arena, ret)) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < from->part_count; i++) {
        if (from->parts[i].kind != MODEL_PART_TOOL_USE) {
            continue;
        }
        if (from->stop == MODEL_STOP_MAX_TOKENS) {
            ret->cut = true;
            continue;
        }
        if (ret->call_count == LIMIT_CALLS_PER_REPLY) {
            break;
        }
        if (!decode_call(&from->parts[i], ids, arena, &ret->calls[ret->call_count++])) {
            return err_nomem(err);
        }
    }
    return 0;
}

int
reply_message(const struct reply *reply, struct str text, struct arena *arena, struct message *ret,
              struct err *err)
{
    size_t most = reply->reasoning_count + 1 + reply->call_count;
    struct block *blocks = arena_zero(arena, most, sizeof(*blocks));
    if (!blocks) {
        return err_nomem(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < reply->reasoning_count; i++) {
        blocks[count++] = reply->reasoning[i];
    }
    if (text.len > 0 && !block_text(arena, text, &blocks[count++])) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < reply->call_count; i++) {
        blocks[count++] = reply->calls[i].block;
    }
    *ret = (struct message){.role = ROLE_ASSISTANT, .blocks = blocks, .count = count};
    return 0;
}
