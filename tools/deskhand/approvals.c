#include "approvals.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "age.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "desk/approval.h"
#include "term.h"

static bool
waits_for_agent(const struct approval_row *row, int64_t now)
{
    return str_eq(desk_approval_state(row, now), APPROVAL_PENDING) &&
           str_eq(row->needs, APPROVAL_AGENT);
}

static bool
is_alive(const struct approval_row *row, int64_t now)
{
    struct str state = desk_approval_state(row, now);
    return str_eq(state, APPROVAL_PENDING) || str_eq(state, APPROVAL_APPROVED);
}

/* ", asked 12m ago, 1h left": only while something may still come of it. */
static struct str
times(const struct approval_row *row, int64_t now, struct arena *arena)
{
    if (!is_alive(row, now)) {
        return STR("");
    }
    struct str asked = age_text(arena, row->created_at, now);
    struct str left = age_text(arena, now, row->expires_at);
    return arena_printf(arena, ", asked %" STR_FMT " ago, %" STR_FMT " left", STR_ARG(asked),
                        STR_ARG(left));
}

static int
print_one(const struct approval_row *row, int64_t now, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    bool waits = waits_for_agent(row, now);
    struct str words = desk_approval_words(row, now, &arena);
    struct str when = times(row, now, &arena);
    if (!words.ptr || !when.ptr) {
        return err_nomem(err);
    }
    (void)printf("  %s%s ", term_style(stdout, waits ? TERM_YELLOW : TERM_PLAIN),
                 waits ? "!" : "-");
    term_text(stdout, words);
    (void)printf("%s", term_style(stdout, TERM_PLAIN));
    term_text(stdout, when);
    (void)printf("  %s", term_style(stdout, TERM_DIM));
    term_text(stdout, row->id);
    (void)printf("%s\n    %s", term_style(stdout, TERM_PLAIN),
                 term_style(stdout, waits ? TERM_BOLD : TERM_PLAIN));
    term_line(stdout, row->tool);
    (void)printf(": ");
    term_line(stdout, row->summary);
    (void)printf("%s\n", term_style(stdout, TERM_PLAIN));
    if (is_alive(row, now)) {
        (void)printf("    ");
        term_line(stdout, row->arguments);
        (void)printf("\n");
    }
    return 0;
}

int
approvals_print(const struct approval_row *rows, size_t count, int64_t now, size_t *ret_waiting,
                struct err *err)
{
    int result = 0;
    *ret_waiting = 0;
    if (count == 0) {
        return 0;
    }
    (void)printf("Approvals\n");
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (waits_for_agent(&rows[i], now)) {
            ++*ret_waiting;
            result = print_one(&rows[i], now, err);
        }
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (!waits_for_agent(&rows[i], now)) {
            result = print_one(&rows[i], now, err);
        }
    }
    return result;
}

void
approvals_print_choice(const struct approval_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(stderr, "  ");
        term_text(stderr, rows[i].id);
        (void)fprintf(stderr, "  ");
        term_line(stderr, rows[i].tool);
        (void)fprintf(stderr, ": ");
        term_line(stderr, rows[i].summary);
        (void)fprintf(stderr, "\n");
    }
}

static void
put_time(struct js_out *out, const char *name, int64_t at)
{
    char text[CLOCK_TEXT];
    clock_format(at, text);
    js_put_str_or_null(out, name, at ? str_c(text) : STR(""));
}

int
approvals_add_json(struct buf *to, const struct approval_row *row, int64_t now, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct err broken = {0};
    struct js *arguments = NULL;
    char number[24];
    struct js_out out;
    if (js_parse(row->arguments, &arena, &arguments, &broken) == ERR_NOMEM) {
        return err_nomem(err);
    }
    (void)snprintf(number, sizeof(number), "%" PRId64, row->ticket);
    js_out_init(&out, to);
    js_begin_object(&out);
    js_put_str(&out, "approval", row->id);
    js_put_str_or_null(&out, "ticket", row->ticket ? str_c(number) : STR(""));
    js_put_str(&out, "conversation", row->conversation);
    js_put_str(&out, "tool", row->tool);
    js_put_str(&out, "summary", row->summary);
    js_key(&out, STR("arguments"));
    js_add_value(&out, arguments);
    js_put_str(&out, "needs", row->needs);
    js_put_str(&out, "state", desk_approval_state(row, now));
    put_time(&out, "created_at", row->created_at);
    put_time(&out, "expires_at", row->expires_at);
    js_put_str_or_null(&out, "decided_by", row->decided_by);
    put_time(&out, "decided_at", row->decided_at);
    js_put_str_or_null(&out, "used_by", row->used_by);
    js_end_object(&out);
    buf_add_char(to, '\n');
    return 0;
}
