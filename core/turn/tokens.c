#include "turn/tokens.h"

#include <string.h>

#include "base/alloc.h"
#include "base/message.h"
#include "model/model.h"

void
token_book_done(struct token_book *b)
{
    mem_free(b->system);
    *b = (struct token_book){0};
}

/* Conversations of one prompt share it to the letter, mostly: comparing costs a hundredth of
 * estimating. */
static int64_t
of_system(struct token_book *b, struct str system)
{
    bool same = b->system && b->system_len == system.len &&
                memcmp(b->system, system.ptr ? system.ptr : "", system.len) == 0;
    if (same) {
        return b->system_tokens;
    }
    int64_t tokens = estimate_text(system);
    char *copy = mem_str(system);
    if (copy) {
        mem_free(b->system);
        b->system = copy;
        b->system_len = system.len;
        b->system_tokens = tokens;
    }
    return tokens;
}

static int64_t
of_tools(struct token_book *b, const struct token_tools *tools)
{
    static const struct model_request nothing = {0};
    const struct model_request request = {.tools = tools->items, .tool_count = tools->count};
    if (b->tools_key != tools->key) {
        b->tools_key = tools->key;
        b->tool_tokens = estimate_request(&request) - estimate_request(&nothing);
    }
    return b->tool_tokens;
}

int64_t
tokens_around(struct token_book *b, struct str system, const struct token_tools *tools)
{
    static const struct model_request nothing = {0};
    return estimate_request(&nothing) + of_system(b, system) + of_tools(b, tools);
}

int64_t
tokens_of_message(const struct message *m)
{
    static const struct model_request nothing = {0};
    const struct model_request one = {.messages = m, .message_count = 1};
    return estimate_request(&one) - estimate_request(&nothing);
}

static const struct estimate_factor *
factor_of(const struct token_book *b, struct str model)
{
    static const struct estimate_factor unknown = {0};
    for (size_t i = 0; i < b->model_count; i++) {
        if (str_eq_c(model, b->models[i].name)) {
            return &b->models[i].factor;
        }
    }
    return &unknown;
}

int64_t
tokens_for_model(const struct token_book *b, struct str model, int64_t tokens)
{
    return estimate_corrected(factor_of(b, model), tokens);
}

int64_t
tokens_from_model(const struct token_book *b, struct str model, int64_t tokens)
{
    enum { SCALE = 100000 };
    int64_t scaled = estimate_corrected(factor_of(b, model), SCALE);
    return (int64_t)((double)tokens * SCALE / (double)scaled);
}

void
tokens_learn(struct token_book *b, struct str model, int64_t estimated, int64_t actual)
{
    size_t i = 0;
    while (i < b->model_count && !str_eq_c(model, b->models[i].name)) {
        i++;
    }
    if (i == TOKEN_MODELS || model.len > TOKEN_MODEL_NAME) {
        return;
    }
    if (i == b->model_count) {
        b->model_count++;
        memcpy(b->models[i].name, model.ptr ? model.ptr : "", model.len);
    }
    estimate_learn(&b->models[i].factor, estimated, actual);
}
