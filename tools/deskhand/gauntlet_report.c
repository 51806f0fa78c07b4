#include "gauntlet_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "term.h"

enum { NAME_COLUMNS = 11, INDENT = 20, SHOWN_MAX = 5, FINDINGS_MAX = 50, TEXT_MAX = 1000 };

static const struct {
    const char *word;
    enum term_style style;
} states[] = {
    [GAUNTLET_OK] = {"ok", TERM_GREEN},
    [GAUNTLET_NOTE] = {"note", TERM_YELLOW},
    [GAUNTLET_SKIPPED] = {"skipped", TERM_DIM},
    [GAUNTLET_FAILED] = {"failed", TERM_RED},
};

void
report_begin(struct gauntlet_report *r, const char *name)
{
    struct gauntlet_group *g = arena_zero(r->arena, 1, sizeof(*g));
    r->lost = r->lost || !g;
    if (!g) {
        r->spare = (struct gauntlet_group){0};
        g = &r->spare;
    } else if (r->last) {
        r->last->next = g;
        r->last = g;
    } else {
        r->first = r->last = g;
    }
    g->name = name;
    r->current = g;
    r->groups++;
}

static void
add(struct gauntlet_report *r, bool failure, const char *mend, const char *what)
{
    struct gauntlet_group *g = r->current;
    struct gauntlet_finding **at = &g->first;
    g->state = failure ? GAUNTLET_FAILED : g->state == GAUNTLET_OK ? GAUNTLET_NOTE : g->state;
    for (; *at; at = &(*at)->next) {
        if (str_eq_c((*at)->what, what)) {
            return;
        }
    }
    g->count++;
    if (g->count > FINDINGS_MAX) {
        return;
    }
    *at = arena_zero(r->arena, 1, sizeof(**at));
    if (!*at) {
        r->lost = true;
        return;
    }
    **at = (struct gauntlet_finding){
        .failure = failure,
        .what = arena_str(r->arena, str_c(what)),
        .mend = str_c(mend),
    };
}

void
report_failure(struct gauntlet_report *r, const char *mend, const char *format, ...)
{
    char what[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    add(r, true, mend, what);
}

void
report_note(struct gauntlet_report *r, const char *mend, const char *format, ...)
{
    char what[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    add(r, false, mend, what);
}

bool
report_failing(const struct gauntlet_report *r)
{
    return r->current->state == GAUNTLET_FAILED;
}

/* TEXT below a group's name, folded at the width of a terminal; scripts look for whole lines.
 * BESIDE: its first line goes on behind the name. */
static void
print_folded(struct str text, const char *lead, bool beside)
{
    size_t width = term_width(stdout);
    size_t room = !term_is_terminal(stdout) ? SIZE_MAX
                  : width > INDENT + 32     ? width - INDENT - 2
                                            : 30;
    while (text.len) {
        size_t cut = text.len;
        if (cut > room) {
            cut = room;
            while (cut > 0 && text.ptr[cut] != ' ') {
                cut--;
            }
            cut = cut ? cut : room;
        }
        (void)printf("%*s%s", beside ? 0 : INDENT, "", lead);
        term_text(stdout, str_sub(text, 0, cut));
        (void)printf("\n");
        text = str_trim(str_sub(text, cut, SIZE_MAX));
        lead = lead[0] ? "  " : "";
        beside = false;
    }
}

static void
print_group(const struct gauntlet_group *g)
{
    size_t shown = 0;
    (void)printf("%s%-8s%s %-*s", term_style(stdout, states[g->state].style), states[g->state].word,
                 term_style(stdout, TERM_PLAIN), NAME_COLUMNS, g->name);
    print_folded(g->detail, "", true);
    for (const struct gauntlet_finding *f = g->first; f && shown < SHOWN_MAX; f = f->next) {
        print_folded(f->what, f->failure ? "- " : "", false);
        bool again = f->next && shown + 1 < SHOWN_MAX && str_eq(f->mend, f->next->mend);
        print_folded(again ? (struct str){0} : f->mend, "  ", false);
        shown++;
    }
    if (g->count > shown) {
        (void)printf("%*sand %zu more (--json has them)\n", INDENT, "", g->count - shown);
    }
    (void)fflush(stdout);
}

void
report_end(struct gauntlet_report *r, const char *format, ...)
{
    char detail[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    r->current->detail = arena_str(r->arena, str_c(detail));
    r->lost = r->lost || !r->current->detail.ptr;
    r->failed += r->current->state == GAUNTLET_FAILED;
    if (!r->json) {
        print_group(r->current);
    }
}

void
report_skip(struct gauntlet_report *r, const char *name, const char *why)
{
    report_begin(r, name);
    r->current->state = GAUNTLET_SKIPPED;
    report_end(r, "%s", why);
}

void
report_json(const struct gauntlet_report *r, struct js_out *out)
{
    js_begin_array(out);
    for (const struct gauntlet_group *g = r->first; g; g = g->next) {
        js_begin_object(out);
        js_put_str(out, "check", str_c(g->name));
        js_put_str(out, "state", str_c(states[g->state].word));
        js_put_str(out, "detail", g->detail);
        js_key(out, STR("findings"));
        js_begin_array(out);
        for (const struct gauntlet_finding *f = g->first; f; f = f->next) {
            js_begin_object(out);
            js_put_bool(out, "failure", f->failure);
            js_put_str(out, "what", f->what);
            js_put_str_or_null(out, "mend", f->mend);
            js_end_object(out);
        }
        js_end_array(out);
        js_end_object(out);
    }
    js_end_array(out);
}
