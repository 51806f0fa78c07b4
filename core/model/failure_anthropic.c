#include "model/failure_anthropic.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/failure.h"

/* The type decides, the status where the type is none of these: some proxies invent types. WORDS
 * stand before the server's message, ADVICE behind it. */
static const struct row {
    const char *type;
    int status;
    enum failure_kind kind;
    const char *words;
    const char *advice;
    bool quiet; /* the server's message is left out: it tells nothing, or of the key */
} rows[] = {
    {"invalid_request_error", 400, FAILURE_REQUEST, "the server refused the request", NULL, false},
    {"authentication_error", 401, FAILURE_KEY, "the server does not accept the key",
     "check the model's setting key, or ANTHROPIC_API_KEY", true},
    {"billing_error", 402, FAILURE_QUOTA, "the account cannot pay",
     "look at billing in the provider's console", false},
    {"permission_error", 403, FAILURE_ACCESS, "the key may not use this model",
     "ask for access, or take another model", false},
    {"not_found_error", 404, FAILURE_MODEL, "the server does not know the model",
     "check the model's settings id and base_url", false},
    {"request_too_large", 413, FAILURE_TOO_LONG, "the request is larger than the server takes",
     "send less history, or smaller files", true},
    {"rate_limit_error", 429, FAILURE_THROTTLED, "too many requests or tokens a minute",
     "wait, or lower requests_per_minute", false},
    {"api_error", 500, FAILURE_OVERLOADED, "the server failed", NULL, false},
    {"timeout_error", 504, FAILURE_OVERLOADED, "the server gave up on the request", NULL, false},
    {"overloaded_error", 529, FAILURE_OVERLOADED, "the server is overloaded", NULL, true},
    {NULL, 408, FAILURE_TIMEOUT, "the server waited too long for the request", NULL, true},
    {NULL, 409, FAILURE_OVERLOADED, "the server was busy with another request", NULL, false},
};

/* Refusals that the server calls invalid_request_error although they are of another kind. */
static const struct {
    const char *part;
    struct row row;
} special[] = {
    {"prompt is too long",
     {NULL, 0, FAILURE_TOO_LONG, "the conversation is longer than the model can read", NULL,
      false}},
    {"exceed context limit",
     {NULL, 0, FAILURE_TOO_LONG, "the conversation and max_tokens are more than the model has",
      "lower max_tokens, or send less history", false}},
    {"credit balance is too low",
     {NULL, 0, FAILURE_QUOTA, "the account's credit is used up",
      "look at billing in the provider's console", true}},
};

static const struct row other_5xx = {NULL, 0, FAILURE_OVERLOADED, "the server failed", NULL, false};
static const struct row other = {NULL, 0,    FAILURE_REQUEST, "the server refused the request",
                                 NULL, false};

static const struct row *
find_row(int status, struct str type, struct str message)
{
    enum { ROWS = sizeof(rows) / sizeof(rows[0]), SPECIAL = sizeof(special) / sizeof(special[0]) };
    const struct row *found = NULL;
    for (size_t i = 0; i < ROWS && !found; i++) {
        found = rows[i].type && str_eq_c(type, rows[i].type) ? &rows[i] : NULL;
    }
    for (size_t i = 0; i < ROWS && !found; i++) {
        found = rows[i].status == status ? &rows[i] : NULL;
    }
    for (size_t i = 0; i < SPECIAL && found && found->kind == FAILURE_REQUEST; i++) {
        if (str_find(message, str_c(special[i].part), 0) != SIZE_MAX) {
            found = &special[i].row;
        }
    }
    if (!found) {
        /* An unknown error inside a stream is the server's failure: the request was accepted. */
        found = status >= 500 || status == 0 ? &other_5xx : &other;
    }
    return found;
}

/* The longest part of the server's words that leaves room for ours. */
enum { MESSAGE_SHOWN = 120 };

void
failure_anthropic_error(struct failure *f, struct str model, int status, struct str type,
                        struct str message)
{
    const struct row *row = find_row(status, type, message);
    struct str shown = row->quiet ? (struct str){0} : utf8_cut(str_trim(message), MESSAGE_SHOWN);
    failure_set(f, row->kind, "%" STR_FMT ": %s%s%" STR_FMT "%s%s", STR_ARG(model), row->words,
                shown.len ? ": " : "", STR_ARG(shown), row->advice ? ": " : "",
                row->advice ? row->advice : "");
    failure_set_name(f, type);
}

void
failure_anthropic(struct failure *f, struct str model, int status, struct str body)
{
    AUTO(arena) struct arena arena = {0};
    struct err ignored = {0};
    struct js *json = NULL;
    if (js_parse(body, &arena, &json, &ignored) < 0 || !js_get_c(json, "error")) {
        json = NULL;
    }
    if (!json && status < 500 && status != 408 && status != 429) {
        failure_set(f, FAILURE_FORMAT,
                    "%" STR_FMT ": status %d, and no answer of Anthropic's protocol: is there a "
                    "proxy in between, or base_url wrong?",
                    STR_ARG(model), status);
        return;
    }
    const struct js *error = js_get_c(json, "error");
    failure_anthropic_error(f, model, status, js_get_text(error, "type"),
                            js_get_text(error, "message"));
}
