/* A call that the desk's policy refused: what of that a customer is told. The words are a model's
 * to read (core/tool/policy_words.c; a test holds the two together), and this model reads them
 * here. */
#include "base/json.h"
#include "model/model_embedded.h"

enum { PART_MAX = 160 };

/* The result's text behind the name of the tool it speaks of; empty: it is no refusal. */
static struct str
refusal_text(const struct talk *t)
{
    struct js *root = NULL;
    struct err ignored = {0};
    if (!t->result.error || js_parse(t->result.content, t->arena, &root, &ignored) < 0) {
        return (struct str){0};
    }
    struct str text = js_get_text(js_at(root, 0), "text");
    struct str name = t->result.name;
    bool ours = name.len > 0 && str_starts(text, name);
    return ours ? str_sub(text, name.len, SIZE_MAX) : (struct str){0};
}

/* What stands in TEXT between BEFORE and AFTER, fit to be said; false: nothing does. */
static bool
between(const struct talk *t, struct str text, struct str before, struct str after, struct str *ret)
{
    size_t at = str_find(text, before, 0);
    size_t start = at == SIZE_MAX ? at : at + before.len;
    size_t end = at == SIZE_MAX ? at : str_find(text, after, start);
    if (end == SIZE_MAX) {
        return false;
    }
    *ret = say_clean(t->arena, str_sub(text, start, end - start), PART_MAX);
    return ret->len > 0;
}

static bool
say_closed(struct talk *t, struct str text, const char *what)
{
    struct str hours;
    struct str zone;
    struct str next;
    if (!str_starts(text, STR(" can be used ")) ||
        !between(t, text, STR(" can be used "), STR(" only (time zone "), &hours) ||
        !between(t, text, STR(" only (time zone "), STR(");"), &zone) ||
        !between(t, text, STR("the next time is "), STR(". Nothing"), &next)) {
        return false;
    }
    buf_printf(&t->out,
               "I am sorry, %s is possible at these times only: %" STR_FMT " (%" STR_FMT
               "). The next time is %" STR_FMT ". ",
               what, STR_ARG(hours), STR_ARG(zone), STR_ARG(next));
    return true;
}

static bool
say_used_up(struct talk *t, struct str text, const char *what)
{
    struct str when;
    if (!str_starts(text, STR(" was not run: it may be used ")) ||
        !between(t, text, STR("; it can be used again "), STR(". Do not"), &when)) {
        return false;
    }
    buf_printf(&t->out,
               "I am sorry, %s is possible only so often, and that is used up. It is possible "
               "again %" STR_FMT ". ",
               what, STR_ARG(when));
    return true;
}

static bool
say_other(struct talk *t, struct str text, const char *what)
{
    if (str_starts(text, STR(" is not available in this conversation"))) {
        buf_printf(&t->out, "I am sorry, %s is not possible in this conversation. ", what);
    } else if (str_starts(text, STR(" was not run: it needs to know who the customer is"))) {
        buf_printf(&t->out,
                   "I am sorry, for %s I have to know who you are: please sign in, and begin a new "
                   "conversation. ",
                   what);
    } else if (str_starts(text, STR(" was not run: its argument ")) &&
               str_find(text, STR(" names somebody other than the customer "), 0) != SIZE_MAX) {
        say(t, "I am sorry, I can only look at what is your own. ");
    } else {
        return false;
    }
    return true;
}

bool
refused_say(struct talk *t, const char *what)
{
    struct str text = refusal_text(t);
    return text.len > 0 &&
           (say_closed(t, text, what) || say_used_up(t, text, what) || say_other(t, text, what));
}
