/* The assistant's words. Each answer ends with a sentence of its kind in `marks`, by which the
 * next turn knows what was said: change one, and conversations under way lose their thread. */
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "model/model_embedded.h"

/* Two of each, so that no answer ends as the one before it did. */
enum { MARKS = 2 };

static const struct str marks[SAID_COUNT][MARKS] = {
    [SAID_HELLO] = {STR_INIT("What can I do for you?"), STR_INIT("How can I help?")},
    [SAID_PRODUCTS] = {STR_INIT("Which one would you like to know more about?"),
                       STR_INIT("Shall I tell you more about one of them?")},
    [SAID_PRODUCT] = {STR_INIT("What else would you like to know?"),
                      STR_INIT("Is there anything else you would like to know about it?")},
    [SAID_COMPARED] = {STR_INIT("Which of them would you like to know more about?"),
                       STR_INIT("Shall I go into one of them?")},
    [SAID_KIND] = {STR_INIT("Which kind would you like to see?"),
                   STR_INIT("Which of these kinds are you after?")},
    [SAID_ASK] = {STR_INIT("What are you looking for?"),
                  STR_INIT("What would you like me to search for?")},
    [SAID_STEP] = {STR_INIT("Did that help?"), STR_INIT("Did this one help?")},
    [SAID_UNSURE] = {STR_INIT("Did the last step help? You can say yes, no, or next."),
                     STR_INIT("Please say yes if the last step helped, no if not, or next.")},
    [SAID_CHOICE] = {STR_INIT("Which of these is it?"), STR_INIT("Which of them fits best?")},
    [SAID_DETAIL] = {STR_INIT("What exactly happens, and with which device?"),
                     STR_INIT("Could you tell me what the device does, and which one it is?")},
    [SAID_UNKNOWN] =
        {STR_INIT("Could you tell me in other words what you are looking for, or what is wrong?"),
         STR_INIT("What are you looking for, or what is wrong?")},
    [SAID_OFFER] = {STR_INIT("Shall I bring in a human colleague?"),
                    STR_INIT("Would you like me to bring in a human colleague?")},
    [SAID_GLAD] = {STR_INIT("Is there anything else I can do?"),
                   STR_INIT("Can I do anything else for you?")},
    [SAID_WELCOME] = {STR_INIT("Just write when you need anything."),
                      STR_INIT("Write again whenever you like.")},
    [SAID_BYE] = {STR_INIT("Have a good day!"), STR_INIT("All the best!")},
};

static const struct str sorry[] = {
    STR_INIT("Sorry that did not help."),
    STR_INIT("I am sorry, that did not do it either."),
};

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

static bool
said_before(const struct talk *t, struct str words)
{
    return str_find(t->last_text, words, 0) != SIZE_MAX;
}

void
say_either(struct talk *t, const char *a, const char *b)
{
    say(t, said_before(t, str_trim(str_c(a))) ? b : a);
}

void
say_mark(struct talk *t, enum said kind)
{
    must(kind < SAID_COUNT && marks[kind][0].len > 0);
    buf_add(&t->out, marks[kind][said_before(t, marks[kind][0])]);
}

bool
say_is_sorry(struct str text)
{
    return str_starts(text, sorry[0]) || str_starts(text, sorry[1]);
}

void
say_sorry(struct talk *t)
{
    buf_add(&t->out, sorry[said_before(t, sorry[0])]);
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
        bool ends =
            marks[i][0].len > 0 && (str_ends(text, marks[i][0]) || str_ends(text, marks[i][1]));
        if (ends) {
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
