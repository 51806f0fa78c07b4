#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "model/wire_openai.h"

/* What servers say when they refuse, and how differently they say it:
 *   {"error":{"message","type","code"}}     OpenAI, newer vLLM, Bedrock; llama.cpp with a number
 *                                           for `code`; Google's in a list of one
 *   {"error":"text"}                        Ollama
 *   {"object":"error","message","type",..}  older vLLM
 *   {"message"} {"detail"}                  gateways
 *   a text, or a page                       proxies
 * The status decides where the words do not say it better. */
struct told {
    int status;         /* HTTP's, or the error's own within a stream; 0: unknown */
    struct str message; /* as the server wrote it: hostile */
    struct str type;
    struct str code;
};

/* As much of a server's words as is quoted. */
enum { QUOTED_MAX = 120, ID_MAX = 60 };

static bool
says(struct str text, const char *what)
{
    struct str word = str_c(what);
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (str_eq_nocase(str_sub(text, i, word.len), word)) {
            return true;
        }
    }
    return false;
}

static bool
is_code(const struct told *t, const char *code)
{
    return str_eq_c(t->code, code) || str_eq_c(t->type, code);
}

static void
read_error(const struct js *error, struct told *t)
{
    if (js_type(error) == JS_STRING) {
        t->message = js_text(error);
        return;
    }
    const struct js *code = js_get_c(error, "code");
    int64_t number = js_int(code, js_get_int(error, "status", 0));
    t->message = js_get_text(error, "message");
    if (t->message.len == 0) {
        t->message = js_get_text(error, "detail");
    }
    t->type = js_get_text(error, "type");
    t->code = js_text(code);
    if (t->status == 0 && number >= 400 && number <= 599) {
        t->status = (int)number;
    }
}

static void
read_body(struct str body, struct arena *arena, struct told *t)
{
    struct err ignored;
    struct js *root = NULL;
    body = str_trim(body);
    if (js_parse(body, arena, &root, &ignored) < 0) {
        bool page = str_starts(body, STR("<"));
        t->message = page ? (struct str){0} : body;
        return;
    }
    const struct js *first = js_type(root) == JS_ARRAY ? js_at(root, 0) : root;
    const struct js *error = js_get_c(first, "error");
    read_error(error ? error : first, t);
}

/* ---- What it means ---- */

/* The words of OpenAI, vLLM, llama.cpp, Ollama and gateways for "too long". */
static bool
is_too_long(const struct told *t)
{
    static const char *const words[] = {
        "maximum context length", "context size",      "context length",    "context window",
        "prompt is too long",     "input is too long", "request too large", "too many tokens",
    };
    bool said = is_code(t, "context_length_exceeded") || is_code(t, "exceed_context_size_error") ||
                t->status == 413;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        said = said || says(t->message, words[i]);
    }
    return said;
}

static bool
is_about_money(const struct told *t)
{
    return t->status == 402 || is_code(t, "insufficient_quota") ||
           is_code(t, "billing_hard_limit_reached") || is_code(t, "billing_not_active");
}

/* Some (xAI, Google) answer 400 to a wrong key. */
static bool
is_about_key(const struct told *t)
{
    return t->status == 401 || is_code(t, "invalid_api_key") ||
           (t->status == 400 && says(t->message, "api key"));
}

static bool
is_about_model(const struct told *t)
{
    return t->status == 404 || is_code(t, "model_not_found") ||
           ((t->status == 400 || t->status == 0) && says(t->message, "model") &&
            (says(t->message, "does not exist") || says(t->message, "not found")));
}

static enum failure_kind
kind_of(const struct told *t)
{
    if (is_about_money(t)) {
        return FAILURE_QUOTA;
    }
    if (is_about_key(t)) {
        return FAILURE_KEY;
    }
    /* "Request too large ... tokens per min" is a 429 that no waiting mends. */
    if (is_too_long(t)) {
        return FAILURE_TOO_LONG;
    }
    if (is_about_model(t)) {
        return FAILURE_MODEL;
    }
    if (t->status == 429 || is_code(t, "rate_limit_exceeded") || is_code(t, "rate_limit_error")) {
        return FAILURE_THROTTLED;
    }
    if (t->status == 403) {
        return FAILURE_ACCESS;
    }
    if (t->status == 408) {
        return FAILURE_TIMEOUT;
    }
    if (t->status >= 300 && t->status < 400) {
        return FAILURE_FORMAT;
    }
    bool theirs = t->status >= 500 || t->status == 409 || t->status == 425 ||
                  (t->status < 300 && !is_code(t, "invalid_request_error"));
    return theirs ? FAILURE_OVERLOADED : FAILURE_REQUEST;
}

/* ---- In words ---- */

struct words {
    const struct openai_model *model;
    const struct told *told;
    char status[16]; /* " (404)" or empty */
    struct str id;
    struct str quote; /* ": what they said" as far as it may be repeated, or empty */
};

/* A server's message is quoted up to its first line's end, and not where it repeats what it was
 * sent (pydantic's 'input'). */
static struct str
quotable(struct str message)
{
    static const char *const ends[] = {"\n", "'input'", "\"input\"", "input_value"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        message = str_sub(message, 0, str_find(message, str_c(ends[i]), 0));
    }
    return str_trim(str_sub(message, 0, QUOTED_MAX));
}

#define AT(w) STR_ARG((w)->model->host), (w)->status
#define SETTING(w) STR_ARG((w)->model->name)

static void
say_model(const struct words *w, struct failure *f)
{
    struct str host = w->model->host;
    if (!says(w->told->message, "model") && w->told->code.len == 0) {
        failure_set(f, FAILURE_MODEL,
                    "%" STR_FMT "%s has no chat completions at this address: check "
                    "models.%" STR_FMT ".base_url (most end in /v1)",
                    AT(w), SETTING(w));
    } else if (says(w->told->message, "pull") || str_ends(host, STR(":11434"))) {
        failure_set(f, FAILURE_MODEL,
                    "%" STR_FMT "%s does not have the model %" STR_FMT
                    ": fetch it with `ollama pull %" STR_FMT "`, or set models.%" STR_FMT
                    ".id to one of `ollama list`",
                    AT(w), STR_ARG(w->id), STR_ARG(w->id), SETTING(w));
    } else {
        failure_set(f, FAILURE_MODEL,
                    "%" STR_FMT "%s has no model %" STR_FMT
                    ", or not for this key: check models.%" STR_FMT ".id",
                    AT(w), STR_ARG(w->id), SETTING(w));
    }
}

static void
say_key(const struct words *w, struct failure *f)
{
    if (w->model->has_key) {
        failure_set(f, FAILURE_KEY,
                    "%" STR_FMT "%s refused the key for %" STR_FMT ": check models.%" STR_FMT
                    ".key, and that the key belongs to this server",
                    AT(w), STR_ARG(w->id), SETTING(w));
    } else {
        failure_set(f, FAILURE_KEY,
                    "%" STR_FMT "%s wants a key for %" STR_FMT ": set models.%" STR_FMT ".key",
                    AT(w), STR_ARG(w->id), SETTING(w));
    }
}

static void
say_request(const struct words *w, struct failure *f)
{
    /* OpenAI's reasoning models refuse one, older servers do not know the other. */
    bool about_tokens =
        says(w->told->message, "max_tokens") && (is_code(w->told, "unsupported_parameter") ||
                                                 says(w->told->message, "max_completion_tokens"));
    if (about_tokens) {
        failure_set(f, FAILURE_REQUEST,
                    "%" STR_FMT "%s: %" STR_FMT " wants the longest reply under another name: set "
                    "models.%" STR_FMT ".max_tokens_field to %s",
                    AT(w), STR_ARG(w->id), SETTING(w),
                    w->model->completion_tokens ? "max_tokens" : "max_completion_tokens");
        return;
    }
    failure_set(f, FAILURE_REQUEST, "%" STR_FMT "%s refused the request to %" STR_FMT ": %" STR_FMT,
                AT(w), STR_ARG(w->id),
                STR_ARG(w->quote.len ? w->quote : STR("it does not say why")));
}

static void
say_overloaded(const struct words *w, struct failure *f)
{
    if (says(w->told->message, "loading model")) {
        failure_set(f, FAILURE_OVERLOADED,
                    "%" STR_FMT "%s is still loading the model %" STR_FMT ": try again in a moment",
                    AT(w), STR_ARG(w->id));
    } else {
        failure_set(f, FAILURE_OVERLOADED, "%" STR_FMT "%s failed to serve %" STR_FMT "%s%" STR_FMT,
                    AT(w), STR_ARG(w->id), w->quote.len ? ": " : "", STR_ARG(w->quote));
    }
}

static void
say(const struct words *w, enum failure_kind kind, struct failure *f)
{
    switch (kind) {
    case FAILURE_MODEL:
        say_model(w, f);
        return;
    case FAILURE_KEY:
        say_key(w, f);
        return;
    case FAILURE_REQUEST:
        say_request(w, f);
        return;
    case FAILURE_QUOTA:
        failure_set(f, kind,
                    "%" STR_FMT "%s: the account's credit for %" STR_FMT
                    " is used up: look at its billing page",
                    AT(w), STR_ARG(w->id));
        return;
    case FAILURE_TOO_LONG:
        failure_set(f, kind, "%" STR_FMT "%s: the conversation is too long for %" STR_FMT, AT(w),
                    STR_ARG(w->id));
        return;
    case FAILURE_THROTTLED:
        failure_set(f, kind, "%" STR_FMT "%s: too many requests to %" STR_FMT, AT(w),
                    STR_ARG(w->id));
        return;
    case FAILURE_ACCESS:
        failure_set(f, kind,
                    "%" STR_FMT "%s does not let this key use %" STR_FMT ": check what the key "
                    "and its account are allowed",
                    AT(w), STR_ARG(w->id));
        return;
    case FAILURE_TIMEOUT:
        failure_set(f, kind, "%" STR_FMT "%s gave up waiting for %" STR_FMT, AT(w), STR_ARG(w->id));
        return;
    case FAILURE_FORMAT:
        failure_set(f, kind,
                    "%" STR_FMT "%s sends us elsewhere: set models.%" STR_FMT
                    ".base_url to where the server really is",
                    AT(w), SETTING(w));
        return;
    default:
        say_overloaded(w, f);
        return;
    }
}

static void
fill(const struct openai_model *m, const struct told *t, struct failure *f)
{
    struct words w = {.model = m, .told = t, .id = str_sub(m->id, 0, ID_MAX)};
    w.quote = quotable(t->message);
    if (t->status > 0) {
        (void)snprintf(w.status, sizeof(w.status), " (%d)", t->status);
    }
    say(&w, kind_of(t), f);
    failure_set_name(f, t->code.len ? t->code : t->type);
}

void
openai_failure(const struct openai_model *m, int status, struct str body, struct failure *f)
{
    AUTO(arena) struct arena arena = {0};
    struct told t = {.status = status};
    read_body(body, &arena, &t);
    fill(m, &t, f);
}

void
openai_stream_failure(const struct openai_model *m, const struct js *error, struct failure *f)
{
    struct told t = {0};
    read_error(error, &t);
    fill(m, &t, f);
}
