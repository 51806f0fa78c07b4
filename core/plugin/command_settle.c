#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "plugin/command.h"
#include "plugin/command_wire.h"

enum { SHOWN = 60 }; /* of what was no JSON */

static const char broken[] = "The tool is broken; do without it.";

/* It may have done something before its end. */
static struct tool_result
lost(const struct tool_def *def, struct arena *arena, const char *what)
{
    bool again = def->effect == EFFECT_READ;
    return tool_failure(
        "plugin_fault",
        arena_printf(arena, "%" STR_FMT " %s. %s", STR_ARG(def->name), what,
                     again ? "You may try once more, or go on without it."
                           : "Whether it took effect is not known: do not call it again "
                             "for this, and tell the customer that it has to be "
                             "checked."),
        again);
}

static bool
settle_output(const struct tool_def *def, struct str output, struct arena *arena,
              struct tool_result *ret, const char **ret_why)
{
    struct err err;
    struct str json = str_trim(output);
    if (json.len == 0) {
        *ret_why = "ended without an answer on its stdout";
        *ret = tool_failure("plugin_fault",
                            arena_printf(arena, "%" STR_FMT " ended without an answer. %s",
                                         STR_ARG(def->name), broken),
                            false);
        return true;
    }
    if (js_check(json, &err) < 0) {
        struct str seen = utf8_for_terminal(arena, utf8_cut(json, SHOWN));
        *ret_why = "printed something that is not JSON";
        *ret =
            tool_failure("plugin_fault",
                         arena_printf(arena,
                                      "%" STR_FMT " returned something that is not JSON (%s); it "
                                      "begins: %" STR_FMT "%s %s",
                                      STR_ARG(def->name), err.message, STR_ARG(seen),
                                      json.len > SHOWN ? "..." : "", broken),
                         false);
        return true;
    }
    *ret = (struct tool_result){.status = TOOL_OK, .json = json};
    return false;
}

/* {"error":{"code":..., "message":..., "retryable":...}}. False: it is not. */
static bool
settle_error(struct str output, struct arena *arena, struct tool_result *ret)
{
    struct err err;
    struct js *root;
    if (js_parse_object(output, "output", arena, &root, &err) < 0) {
        return false;
    }
    const struct js *error = js_get_c(root, "error");
    struct str code = js_get_text(error, "code");
    struct str message = js_get_text(error, "message");
    if (message.len == 0) {
        return false;
    }
    *ret = tool_failure("", message, js_get_bool(error, "retryable", false));
    ret->error_code = code.len ? code : STR("failed");
    return true;
}

static bool
settle_exit(const struct tool_def *def, int status, struct str output, struct str complaint,
            struct arena *arena, struct tool_result *ret, const char **ret_why)
{
    if (status == COMMAND_EXIT_UNSTARTED && str_starts(complaint, STR(COMMAND_HOST_SAYS))) {
        *ret_why = "could not be started";
        *ret = tool_failure("unavailable",
                            arena_printf(arena, "%" STR_FMT " could not be started. %s",
                                         STR_ARG(def->name), broken),
                            false);
        return true;
    }
    if (!settle_error(output, arena, ret)) {
        *ret =
            tool_failure("failed",
                         arena_printf(arena,
                                      "%" STR_FMT " failed and did not say why. Do without it, and "
                                      "do not guess what it would have said.",
                                      STR_ARG(def->name)),
                         false);
    }
    return false;
}

bool
command_settle(const struct tool_def *def, int result, struct str output, struct str complaint,
               struct arena *arena, struct tool_result *ret, const char **ret_why)
{
    *ret_why = "";
    switch (result) {
    case 0:
        return settle_output(def, output, arena, ret, ret_why);
    case ERR_LIMIT:
        *ret = tool_failure("result_too_large",
                            arena_printf(arena,
                                         "%" STR_FMT
                                         " returned more than %d KiB and was ended. Ask for "
                                         "less: a narrower question, a lower limit.",
                                         STR_ARG(def->name), LIMIT_TOOL_RESULT_BYTES / 1024),
                            false);
        return false;
    case ERR_TIMEOUT:
    case ERR_CANCELED:
        *ret = (struct tool_result){.status = TOOL_TIMEOUT};
        return false;
    case ERR_NOMEM:
        *ret = tool_failure("nomem", STR("There was no memory for the tool's answer."), true);
        return false;
    default:
        break;
    }
    if (result > 0) {
        return settle_exit(def, result, output, complaint, arena, ret, ret_why);
    }
    *ret_why = "was killed by a signal";
    *ret = lost(def, arena, "was lost: its process was killed by a signal");
    return true;
}
