/* The assistant's words. Each answer ends with the sentence of its kind in `marks`, by which the
 * next turn knows what was said: change one, and conversations under way lose their thread. */
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "model/model_embedded.h"

static const struct str marks[SAID_COUNT] = {
    [SAID_HELLO] = STR_INIT("What can I do for you?"),
    [SAID_PRODUCTS] = STR_INIT("Which one would you like to know more about?"),
    [SAID_PRODUCT] = STR_INIT("What else would you like to know?"),
    [SAID_ASK] = STR_INIT("What are you looking for?"),
    [SAID_STEP] = STR_INIT("Did that help?"),
    [SAID_UNSURE] = STR_INIT("Did the last step help? You can say yes, no, or next."),
    [SAID_CHOICE] = STR_INIT("Which of these is it?"),
    [SAID_DETAIL] = STR_INIT("What exactly happens, and with which device?"),
    [SAID_UNKNOWN] =
        STR_INIT("Could you tell me in other words what you are looking for, or what is wrong?"),
    [SAID_OFFER] = STR_INIT("Shall I bring in a human colleague?"),
    [SAID_GLAD] = STR_INIT("Is there anything else I can do?"),
    [SAID_WELCOME] = STR_INIT("Just write when you need anything."),
    [SAID_BYE] = STR_INIT("Have a good day!"),
};

const struct str say_sorry = STR_INIT("Sorry that did not help.");

void
say(struct talk *t, const char *words)
{
    buf_add_c(&t->out, words);
}

/* What Markdown would act on, as a sign that looks alike and does nothing. */
static struct str
harmless(char c)
{
    switch (c) {
    case '*':
        return STR("\xc3\x97"); /* a multiplication sign, which is what it mostly means */
    case '`':
        return STR("'");
    case '[':
    case '{':
        return STR("(");
    case ']':
    case '}':
        return STR(")");
    case '<':
        return STR("\xe2\x80\xb9");
    case '>':
        return STR("\xe2\x80\xba");
    case '\\':
        return STR("/");
    default:
        return (struct str){0};
    }
}

struct str
say_clean(struct arena *arena, struct str text, size_t max)
{
    /* A sign may take three bytes, and only what is shown is worth the work. */
    bool cut = text.len > max;
    text = utf8_for_terminal(arena, utf8_cut(text, max));
    AUTO(buf) struct buf out;
    buf_init(&out, max * 3 + 8);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        struct str sign = harmless(c);
        if (sign.len > 0) {
            buf_add(&out, sign);
        } else if (c != ' ' && c != '\n' && c != '\t') {
            buf_add_char(&out, c);
        } else if (out.len > 0 && out.text[out.len - 1] != ' ') {
            buf_add_char(&out, ' ');
        }
    }
    buf_add_c(&out, cut ? "..." : "");
    arena->starved = arena->starved || out.failed == ERR_NOMEM;
    return out.len > 0 ? str_trim(buf_to_arena(&out, arena)) : (struct str){0};
}

void
say_mark(struct talk *t, enum said kind)
{
    must(kind < SAID_COUNT && marks[kind].len > 0);
    buf_add(&t->out, marks[kind]);
}

enum said
say_kind(struct str text)
{
    text = str_trim(text);
    if (text.len == 0) {
        return SAID_NOTHING;
    }
    /* "[Ann, a human colleague] ...": whatever her sentence ends with, it is hers. */
    if (text.ptr[0] == '[') {
        return SAID_OTHER;
    }
    for (size_t i = 0; i < SAID_COUNT; i++) {
        if (marks[i].len > 0 && str_ends(text, marks[i])) {
            return (enum said)i;
        }
    }
    return SAID_OTHER;
}

void
say_offer(struct talk *t)
{
    if (talk_offers(t, TOOL_HUMAN)) {
        say_mark(t, SAID_OFFER);
        return;
    }
    say(t, "A human colleague would know more, but I cannot reach one from here.");
}

void
say_step(struct talk *t, const struct fact_article *article, size_t step)
{
    must(step >= 1 && step <= article->step_count);
    buf_printf(&t->out, "**Step %zu of %zu.** ", step, article->step_count);
    buf_add(&t->out, article->steps[step - 1]);
    say(t, "\n\n");
    say_mark(t, SAID_STEP);
}

/* A decimal number at *AT; steps over it. */
static bool
read_count(struct str text, size_t *at, size_t *ret)
{
    size_t start = *at;
    *ret = 0;
    while (*at < text.len && *at - start < 3 && text.ptr[*at] >= '0' && text.ptr[*at] <= '9') {
        *ret = *ret * 10 + (size_t)(text.ptr[*at] - '0');
        *at += 1;
    }
    return *at > start;
}

static bool
read_literal(struct str text, size_t *at, struct str literal)
{
    bool there = str_starts(str_sub(text, *at, SIZE_MAX), literal);
    *at += there ? literal.len : 0;
    return there;
}

bool
say_find_step(struct str text, size_t *ret_step, size_t *ret_count)
{
    struct str opening = STR("**Step ");
    for (size_t at = str_find(text, opening, 0); at != SIZE_MAX; at = str_find(text, opening, at)) {
        bool line_start = at == 0 || text.ptr[at - 1] == '\n';
        at += opening.len;
        if (line_start && read_count(text, &at, ret_step) && read_literal(text, &at, STR(" of ")) &&
            read_count(text, &at, ret_count) && read_literal(text, &at, STR(".**"))) {
            return *ret_step >= 1 && *ret_step <= *ret_count;
        }
    }
    return false;
}
