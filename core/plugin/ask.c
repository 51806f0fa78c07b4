#include "plugin/ask.h"

#include "base/err.h"
#include "base/must.h"
#include "plugin/call.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"

/* ---- Asking -----------------------------------------------------------------------------------*/

void
ask_open(struct ask_question *q)
{
    buf_init(&q->head, ASK_HEAD_MAX);
    js_out_init(&q->out, &q->head);
    js_begin_object(&q->out);
}

/* The question as it travels; false when it is none. */
static bool
close_question(struct ask_question *q, const char *ext, struct str body, struct ask_text *ret)
{
    js_end_object(&q->out);
    *ret = (struct ask_text){str_c(ext), buf_str(&q->head), body};
    return !q->head.failed && body.len <= ASK_BODY_MAX;
}

static int
read_answer(struct plugin_call *call, const struct ask_answer *answer, struct ask_reply *ret)
{
    struct err err;
    struct js *head = NULL;
    if (answer->failed || (answer->head.len && js_parse_object(answer->head, "answer", &call->arena,
                                                               &head, &err) < 0)) {
        return ASK_FAILED;
    }
    *ret = (struct ask_reply){.value = answer->value, .head = head, .body = answer->body};
    return 0;
}

static int
ask(struct plugin_call *call, const struct ask_text *text, struct ask_reply *ret)
{
    struct ask_answer answer = {0};
    if (plugin_call_canceled(&call->abi)) {
        return ASK_DEAD;
    }
    /* A plugin that asks from two threads for one call breaks the rules. */
    if (!call->ask || atomic_exchange(&call->asking, true)) {
        return ASK_FAILED;
    }
    int result = call->ask(call, text, &answer);
    if (result == 0) {
        result = read_answer(call, &answer, ret);
    }
    atomic_store(&call->asking, false);
    return result;
}

int
plugin_ask(struct plugin_call *call, const char *ext, struct ask_question *q, struct str body,
           struct ask_reply *ret)
{
    struct ask_text text;
    int result = close_question(q, ext, body, &text) ? ask(call, &text, ret) : ASK_FAILED;
    buf_done(&q->head);
    return result;
}

void
plugin_tell(const struct dh_host *host, const char *ext, struct ask_question *q, struct str body)
{
    const struct plugin_code *code = plugin_instance_code(host);
    struct ask_text text;
    if (close_question(q, ext, body, &text) && code->tell) {
        code->tell(code, &text);
    }
    buf_done(&q->head);
}

/* ---- Answering --------------------------------------------------------------------------------*/

static void
finish(struct plugin_ask *ask, const struct ask_answer *answer)
{
    must(ask->asks->open > 0);
    ask->asks->open--;
    ask->answered(ask, answer);
}

void
plugin_ask_answer(struct plugin_ask *ask, int64_t value, struct str head, struct str body)
{
    struct ask_answer answer = {.value = value, .head = head, .body = body};
    if (head.len > ASK_HEAD_MAX || body.len > ASK_ANSWER_MAX) {
        answer = (struct ask_answer){.failed = true};
    }
    finish(ask, &answer);
}

/* Nothing is granted that the manifest does not list. */
static const struct plugin_extension *
find_extension(const struct plugin_code *code, struct str ext)
{
    if (!manifest_lists(code->manifest, ext)) {
        return NULL;
    }
    for (size_t i = 0; i < code->extension_count; i++) {
        if (str_eq_c(ext, code->extensions[i].id)) {
            return &code->extensions[i];
        }
    }
    return NULL;
}

bool
asks_begin(struct plugin_asks *asks, struct plugin_ask *ask, struct str ext)
{
    const struct plugin_code *code = asks->code;
    const struct plugin_extension *found = find_extension(code, ext);
    if (!found || !found->begin) {
        return false;
    }
    ask->manifest = code->manifest;
    ask->grants = code->grants;
    ask->extension = found;
    ask->asks = asks;
    asks->open++;
    if (asks->open > ASK_OPEN_MAX) {
        finish(ask, &(struct ask_answer){.failed = true});
    } else {
        found->begin(code->context, ask);
    }
    return true;
}

void
asks_drop(struct plugin_ask *ask)
{
    must(ask->asks->open > 0);
    ask->asks->open--;
    ask->extension->drop(ask->asks->code->context, ask);
}

bool
asks_hears(const struct plugin_asks *asks, struct str ext)
{
    const struct plugin_extension *found = find_extension(asks->code, ext);
    return found && found->remote;
}

bool
asks_tell(const struct plugin_asks *asks, struct plugin_call *call, struct str ext,
          const struct js *head, struct str body, int64_t *ret_value)
{
    const struct plugin_code *code = asks->code;
    const struct plugin_extension *found = find_extension(code, ext);
    if (!found || !found->remote) {
        return false;
    }
    *ret_value = found->remote(code->context, code->manifest, call, head, body);
    return true;
}
