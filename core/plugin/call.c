#include "plugin/call.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "io/loop.h"

enum {
    CALL_MAGIC = 0x63616c6c,
    /* One more than a result may have, so that whoever checks sees that it was too long. */
    ANSWER_MAX = LIMIT_TOOL_RESULT_BYTES + 1,
};

struct str
str_from_dh(struct dh_str s)
{
    return s.ptr ? (struct str){s.ptr, (size_t)s.len} : (struct str){0};
}

struct dh_str
dh_from_str(struct str s)
{
    return (struct dh_str){s.ptr, s.len};
}

/* A copy of S for the plugin; *FAILED is raised when memory ran out. */
static struct dh_str
keep(struct plugin_call *call, struct str s, bool *failed)
{
    struct str copy = arena_str(&call->arena, s);
    *failed = *failed || !copy.ptr;
    return dh_from_str(copy);
}

int
plugin_call_init(struct plugin_call *call, const struct tool_run *run, struct err *err)
{
    bool failed = false;
    memset(call, 0, sizeof(*call));
    call->magic = CALL_MAGIC;
    buf_init(&call->answer, ANSWER_MAX);
    call->abi = (struct dh_call){
        .struct_size = sizeof(call->abi),
        .flags = run->scope.dry_run ? DH_CALL_DRY_RUN : 0,
        .tool = keep(call, run->def->name, &failed),
        .arguments = keep(call, run->arguments, &failed),
        .call_id = keep(call, run->scope.call, &failed),
        .turn_id = keep(call, run->scope.turn, &failed),
        .conversation_id = keep(call, run->scope.conversation, &failed),
        .customer_id = keep(call, run->scope.customer, &failed),
        .deadline_ms = run->deadline_mono_ms,
    };
    call->abi.idempotency_key = call->abi.call_id;
    if (failed) {
        plugin_call_done(call);
        return err_nomem(err);
    }
    return 0;
}

void
plugin_call_done(struct plugin_call *call)
{
    call->magic = 0;
    buf_done(&call->answer);
    arena_done(&call->arena);
}

void
plugin_call_kill(struct plugin_call *call)
{
    atomic_store(&call->dead, true);
}

struct plugin_call *
plugin_call_of(const struct dh_call *handle)
{
    if (!handle) {
        return NULL;
    }
    struct plugin_call *call = OWNER_OF((struct dh_call *)handle, struct plugin_call, abi);
    return call->magic == CALL_MAGIC ? call : NULL;
}

struct plugin_call *
plugin_call_live(const struct dh_call *handle)
{
    struct plugin_call *call = plugin_call_of(handle);
    return call && !atomic_load(&call->dead) ? call : NULL;
}

/* Take an answer's text, when it is the first; later ones are only counted. */
static bool
take_answer(struct plugin_call *call, struct dh_str text)
{
    if (atomic_fetch_add(&call->answers, 1) > 0) {
        return false;
    }
    buf_add(&call->answer, str_sub(str_from_dh(text), 0, ANSWER_MAX));
    return true;
}

static void
take_failure(struct plugin_call *call, struct str code, bool retryable)
{
    struct str word = str_sub(code, 0, sizeof(call->code) - 1);
    memcpy(call->code, word.ptr ? word.ptr : "", word.len);
    call->failed = true;
    call->retryable = retryable;
}

void
plugin_call_answered(struct plugin_call *call, const struct plugin_answer *answer)
{
    if (answer->count > 0) {
        (void)take_answer(call, dh_from_str(answer->text));
        atomic_store(&call->answers, answer->count);
    }
    if (answer->failed) {
        take_failure(call, answer->code, answer->retryable);
    }
    if (answer->nomem) {
        call->answer.failed = ERR_NOMEM;
    }
}

void
plugin_call_result(const struct dh_call *handle, struct dh_str json)
{
    struct plugin_call *call = plugin_call_live(handle);
    if (call) {
        (void)take_answer(call, json);
    }
}

void
plugin_call_fail(const struct dh_call *handle, struct dh_str code, struct dh_str message,
                 uint32_t retryable)
{
    struct plugin_call *call = plugin_call_live(handle);
    if (call && take_answer(call, message)) {
        take_failure(call, str_from_dh(code), retryable != 0);
    }
}

uint32_t
plugin_call_canceled(const struct dh_call *handle)
{
    const struct plugin_call *call = plugin_call_live(handle);
    return !call || clock_mono_ms(clock_real()) >= call->abi.deadline_ms;
}

static struct tool_result
fault(const char *message)
{
    return (struct tool_result){
        .status = TOOL_ERROR,
        .error_code = STR("plugin_fault"),
        .message = str_c(message),
    };
}

void
plugin_call_settle(const struct plugin_call *call, struct tool_result *ret)
{
    int answers = atomic_load(&call->answers);
    if (answers == 0 && plugin_call_canceled(&call->abi)) {
        /* It saw that it was late and left, as it may. */
        *ret = (struct tool_result){.status = TOOL_TIMEOUT};
    } else if (answers == 0) {
        *ret = fault("The tool ended without an answer. It is broken; do without it.");
    } else if (answers > 1) {
        *ret = fault("The tool gave two answers, and neither can be trusted. It is broken; do "
                     "without it.");
    } else if (call->answer.failed) {
        *ret = fault("There was no memory for the tool's answer.");
        ret->error_code = STR("nomem");
        ret->retryable = true;
    } else if (call->failed) {
        *ret = (struct tool_result){
            .status = TOOL_ERROR,
            .error_code = str_c(call->code),
            .message = buf_str(&call->answer),
            .retryable = call->retryable,
        };
    } else {
        *ret = (struct tool_result){
            .status = TOOL_OK, .json = buf_str(&call->answer), .staged = call->staged};
    }
    ret->untrusted = call->untrusted;
}
