/* Tool calls out. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

enum {
    INPUT_MAX = 4096,
    SEARCH_LIMIT = 8, /* three to show, and enough of the rest to know its kinds */
    ISSUE_MAX = 2 * NLU_ISSUE_MAX,
    REASON_MAX = 480, /* the tool takes 500 characters */
};

/* The finished INPUT becomes the reply's; where memory ran out the answer's buf says so. */
static void
set_call(struct talk *t, struct str tool, const struct buf *input)
{
    t->input = buf_to_arena(input, t->arena);
    if (t->input.ptr) {
        t->tool = tool;
    } else if (!t->out.failed) {
        t->out.failed = input->failed ? input->failed : ERR_NOMEM;
    }
}

void
ask_search(struct talk *t, struct str query, double max_price)
{
    AUTO(buf) struct buf input;
    buf_init(&input, INPUT_MAX);
    struct js_out json;
    js_out_init(&json, &input);
    js_begin_object(&json);
    js_put_str(&json, "query", query);
    js_put_int(&json, "limit", SEARCH_LIMIT);
    if (max_price > 0) {
        js_put_double(&json, "max_price", max_price);
    }
    js_end_object(&json);
    set_call(t, TOOL_SEARCH, &input);
}

void
ask_product(struct talk *t, struct str id)
{
    AUTO(buf) struct buf input;
    buf_init(&input, INPUT_MAX);
    struct js_out json;
    js_out_init(&json, &input);
    js_begin_object(&json);
    js_put_str(&json, "id", id);
    js_end_object(&json);
    set_call(t, TOOL_PRODUCT, &input);
}

void
ask_lookup(struct talk *t, struct str issue, struct str product)
{
    AUTO(buf) struct buf input;
    buf_init(&input, INPUT_MAX);
    struct js_out json;
    js_out_init(&json, &input);
    js_begin_object(&json);
    js_put_str(&json, "issue", say_clean(t->arena, issue, ISSUE_MAX));
    if (product.len > 0) {
        js_put_str(&json, "product", product);
    }
    js_end_object(&json);
    set_call(t, TOOL_LOOKUP, &input);
}

struct str
ask_issue(const struct talk *t)
{
    struct talk_result found;
    struct js *input = NULL;
    struct err ignored = {0};
    bool looked_up = talk_find(t, TOOL_LOOKUP, 0, t->request->message_count, &found) &&
                     js_parse_object(found.input, "input", t->arena, &input, &ignored) == 0;
    struct str issue = looked_up ? js_get_text(input, "issue") : (struct str){0};
    return issue.len > 0 ? issue : t->reading.issue;
}

/* Anger counts like haste; somebody annoyed whom a step has failed already waits no longer. */
static const char *
priority_of(const struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    if (r->urgency == NLU_DANGER) {
        return "urgent";
    }
    bool high = r->urgency == NLU_HIGH || r->mood == NLU_ANGRY ||
                (r->mood == NLU_ANNOYED && t->walk.failures > 0);
    return high ? "high" : "medium";
}

void
ask_human(struct talk *t, const char *why)
{
    if (!talk_offers(t, TOOL_HUMAN)) {
        say(t, "I would bring in a human colleague now, but I cannot reach one from here. ");
        say_mark(t, SAID_WELCOME);
        return;
    }
    AUTO(buf) struct buf reason;
    AUTO(buf) struct buf input;
    buf_init(&reason, INPUT_MAX);
    buf_init(&input, INPUT_MAX);
    buf_add_c(&reason, why);
    struct str issue = say_clean(t->arena, ask_issue(t), NLU_ISSUE_MAX);
    if (issue.len > 0) {
        buf_printf(&reason, " In the customer's words: \"%" STR_FMT "\".", STR_ARG(issue));
    }
    const struct walk *w = &t->walk;
    if (w->active && w->has_article) {
        buf_printf(&reason, " Tried: \"%" STR_FMT "\", %s %zu of %zu.", STR_ARG(w->article.title),
                   w->step == 1 ? "step" : "up to step", w->step, w->count);
    }
    struct js_out json;
    js_out_init(&json, &input);
    js_begin_object(&json);
    js_put_str(&json, "reason", say_clean(t->arena, buf_str(&reason), REASON_MAX));
    js_put_str(&json, "priority", str_c(priority_of(t)));
    js_end_object(&json);
    set_call(t, TOOL_HUMAN, &input);
}
