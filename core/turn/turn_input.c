/* What is submitted, checked and copied: nothing of it is the caller's any more. */
#include "base/limits.h"
#include "base/media.h"
#include "base/utf8.h"
#include "turn/turn_impl.h"

static int
check_text(struct str text, struct err *err)
{
    if (text.len > LIMIT_MESSAGE_BYTES) {
        return err_set(err, ERR_INVALID, "message: %zu bytes is too long: at most %d", text.len,
                       LIMIT_MESSAGE_BYTES);
    }
    if (!utf8_valid(text)) {
        return err_set(err, ERR_INVALID, "message: not valid UTF-8 text at byte %zu",
                       utf8_valid_prefix(text));
    }
    if (str_find_char(text, '\0', 0) != SIZE_MAX) {
        return err_set(err, ERR_INVALID, "message: contains a NUL character");
    }
    return 0;
}

/* Views without bytes stay valid, empty ones. */
static bool
copy_texts(const struct turn_input *in, struct arena *arena, struct turn_input *ret)
{
    struct {
        struct str *to;
        struct str from;
    } const copies[] = {
        {&ret->conversation, in->conversation},
        {&ret->customer, in->customer},
        {&ret->channel, in->channel},
        {&ret->catalog_version, in->catalog_version},
        {&ret->greeting, in->greeting},
    };
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        *copies[i].to = arena_str(arena, copies[i].from);
        if (!copies[i].to->ptr) {
            return false;
        }
    }
    return true;
}

static struct str
borrowed(struct str text)
{
    return text.ptr ? text : STR("");
}

/* The prompt is the same for all turns of a desk, and some kilobytes. */
static void
borrow_prompt(const struct turn_input *in, struct turn_input *ret)
{
    ret->prompt_name = borrowed(in->prompt_name);
    ret->prompt_hash = borrowed(in->prompt_hash);
    ret->prompt_text = borrowed(in->prompt_text);
    ret->prompt_vars = borrowed(in->prompt_vars);
    ret->system = borrowed(in->system);
}

static bool
copy_params(const struct model_params *in, struct arena *arena, struct model_params *ret)
{
    struct str *stop = arena_zero(arena, in->stop_count + 1, sizeof(*stop));
    *ret = *in;
    for (size_t i = 0; stop && i < in->stop_count; i++) {
        stop[i] = arena_str(arena, in->stop[i]);
    }
    ret->stop = stop;
    ret->tool_choice = arena_str(arena, in->tool_choice);
    return !arena->starved;
}

static int
check_attachments(const struct turn_input *in, const struct model *model, bool words,
                  struct err *err)
{
    int result = media_check(in->attachments, in->attachment_count, words, err);
    for (size_t i = 0; result == 0 && i < in->attachment_count; i++) {
        result = model_carries(model, &in->attachments[i], err);
    }
    return result;
}

static bool
copy_attachments(const struct turn_input *in, struct arena *arena, struct turn_input *ret)
{
    struct block *blocks = arena_zero(arena, in->attachment_count + 1, sizeof(*blocks));
    for (size_t i = 0; blocks && i < in->attachment_count; i++) {
        const struct block *b = &in->attachments[i];
        blocks[i] = (struct block){.kind = b->kind, .raw = arena_str(arena, b->raw)};
    }
    ret->attachments = blocks;
    ret->attachment_count = in->attachment_count;
    return !arena->starved;
}

struct str
turn_input_content(const struct turn_input *in, struct arena *arena)
{
    size_t count = in->attachment_count;
    struct block *blocks = arena_zero(arena, count + 1, sizeof(*blocks));
    if (!blocks) {
        return (struct str){0};
    }
    for (size_t i = 0; i < count; i++) {
        blocks[i] = in->attachments[i];
    }
    if (in->text.len && !block_text(arena, in->text, &blocks[count++])) {
        return (struct str){0};
    }
    return message_content_json(blocks, count, arena);
}

int
turn_copy_input(const struct turn_input *in, const struct model *model, struct arena *arena,
                struct turn_input *ret, struct err *err)
{
    int result = check_text(in->text, err);
    if (result < 0) {
        return result;
    }
    ret->text = str_trim(arena_str(arena, utf8_for_terminal(arena, in->text)));
    if (!arena->starved && ret->text.len == 0 && in->attachment_count == 0) {
        return err_set(err, ERR_INVALID, "message: is empty");
    }
    result = check_attachments(in, model, ret->text.len > 0, err);
    if (result < 0) {
        return result;
    }
    borrow_prompt(in, ret);
    ret->articles = in->articles;
    bool copied = copy_texts(in, arena, ret) && copy_params(&in->params, arena, &ret->params) &&
                  copy_attachments(in, arena, ret);
    return copied && !arena->starved ? 0 : err_nomem(err);
}
