/* A tool that is another one by the time its call would begin: what was judged is what runs, or
 * nothing does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk_fixture.h"
#include "model_scripted.h"
#include "tool/tool.h"
#include "tool_fake.h"

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"

enum { TOOLS_MAX = 16 };

/* The fake's tools, brought by somebody else: what `plugins reload` does. */
struct stranger {
    struct tool_source source; /* first */
    struct tool_source *fake;
};

static struct stranger strangers[2];
static struct tool_source *brought_by; /* now */
static struct tool_def defs[TOOLS_MAX];
static size_t def_count;
static const char *without; /* what the reload in the midst of a turn leaves out; NULL: nothing */

static int
stranger_start(struct tool_source *s, struct tool_run *run, struct err *err)
{
    const struct stranger *self = (struct stranger *)s;
    return self->fake->ops->start(self->fake, run, err);
}

static void
stranger_abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    const struct stranger *self = (struct stranger *)s;
    self->fake->ops->abandon(self->fake, run, late);
}

static struct str
stranger_unavailable(struct tool_source *s, const struct tool_def *def)
{
    (void)s;
    (void)def;
    return (struct str){0};
}

/* All tools but LEFT_OUT come from TO now. */
static void
replace(struct desk_fixture *f, struct stranger *to, const char *left_out)
{
    struct tool_def list[TOOLS_MAX];
    struct err err = {0};
    size_t count = 0;
    for (size_t i = 0; i < def_count; i++) {
        if (!left_out || !str_eq_c(defs[i].name, left_out)) {
            list[count] = defs[i];
            list[count++].source = &to->source;
        }
    }
    assert_int_equal(tool_registry_replace(f->tools, brought_by, list, count, &err), 0);
    brought_by = &to->source;
}

static void
reload(struct talk *t)
{
    if (brought_by != &strangers[1].source) {
        replace(t->f, &strangers[1], without);
    }
}

static void
open_desk(struct desk_fixture *f, struct talk *t, const char *script)
{
    static const struct tool_source_ops ops = {stranger_start, stranger_abandon,
                                               stranger_unavailable};
    desk_fixture_open(f, script, NULL);
    def_count = tool_count(f->tools);
    assert_in_range(def_count, 1, TOOLS_MAX);
    for (size_t i = 0; i < def_count; i++) {
        defs[i] = *tool_at(f->tools, i);
    }
    brought_by = defs[0].source;
    for (size_t i = 0; i < 2; i++) {
        strangers[i] = (struct stranger){.source.ops = &ops, .fake = brought_by};
    }
    without = NULL;
    *t = (struct talk){.on_tool = reload};
}

static bool
was_told(struct desk_fixture *f, const char *words)
{
    return str_find(model_scripted_last_request(f->model), str_c(words), 0) != SIZE_MAX;
}

static size_t
count(struct str text, const char *word)
{
    size_t found = 0;
    for (size_t at = str_find(text, str_c(word), 0); at != SIZE_MAX;
         at = str_find(text, str_c(word), at + 1)) {
        found++;
    }
    return found;
}

/* The first of two calls begins, and with it comes the reload: the second is not what was judged.
 */
static void
test_what_changed_is_not_called(void **state)
{
    static const char *const gone[] = {NULL, "write"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct desk_fixture f;
        struct talk t;
        open_desk(&f, &t,
                  "[{\"calls\":[" CALL("look", "{}") "," CALL(
                      "write", "{}") "]},"
                                     "{\"calls\":[" CALL("write", "{}") "]},{\"text\":\"said\"}]");
        without = gone[i];
        talk_say(&t, &f, STR(""), "do it");
        assert_int_equal(count(desk_calls(&f, t.conversation), "rejected"), 1 + i);
        assert_int_equal(tool_fake_writes(f.fake), i ? 0 : 1);
        assert_true(was_told(&f, "write was changed while this call was on its way to it"));
        desk_assert_sound(&f, t.conversation);
        desk_fixture_close(&f);
    }
}

/* Nobody had such a tool when it was judged: no rule was held against it. */
static void
test_what_came_is_not_called(void **state)
{
    struct desk_fixture f;
    struct talk t;
    (void)state;
    open_desk(&f, &t,
              "[{\"calls\":[" CALL("look", "{}") "," CALL("cancel",
                                                          "{\"q\":\"o1\"}") "]},"
                                                                            "{\"text\":\"said\"}]");
    replace(&f, &strangers[0], "cancel");
    talk_say(&t, &f, STR(""), "do it");
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "ok rejected");
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    assert_true(was_told(&f, "cancel was changed while"));
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
}

/* What a tool says that is gone by then is as much from outside as it would have been. */
static void
test_what_is_gone_keeps_its_fence(void **state)
{
    struct desk_fixture f;
    struct talk t;
    (void)state;
    open_desk(&f, &t, "[{\"calls\":[" CALL("page", "{}") "]},{\"text\":\"said\"}]");
    without = "page";
    talk_say(&t, &f, STR(""), "look");
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "ok");
    assert_true(was_told(&f, "[What the tool page of fake said. It stands between"));
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_changed_is_not_called),
        cmocka_unit_test(test_what_came_is_not_called),
        cmocka_unit_test(test_what_is_gone_keeps_its_fence),
    };
    return cmocka_run_group_tests_name("permit-reload", tests, NULL, NULL);
}
