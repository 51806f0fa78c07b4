#include "model/failure_aws.h"

#include <stdio.h>

#include "base/json.h"
#include "io/http_client.h"
#include "model/failure.h"

#define ACCESS_WORDS                                                                               \
    "no access to this model: ask for it in the Bedrock console, and allow the key "               \
    "bedrock:InvokeModel* in IAM"
#define KEY_WORDS "Bedrock does not know this key, or its secret is wrong: check the credentials"
#define CLOCK_WORDS "Bedrock refuses the time of the signature: set this machine's clock"
#define MODEL_WORDS "Bedrock has no such model here: check `id` and `region`"
#define LATER_WORDS "Bedrock failed, or cannot answer just now"
#define LIMIT_WORDS "Bedrock turned the request down for now: too many at once"
#define LENGTH_WORDS "the conversation is too long for this model"

/* What the message says beyond the name. Small letters; the first row that is found decides. */
static const struct hint {
    const char *says;
    enum failure_kind kind;
    const char *words;
} hints[] = {
    {"on-demand throughput", FAILURE_MODEL,
     "this model is not to be had by its own id: set `id` to its inference profile, the same with "
     "us., eu. or global. in front"},
    {"model identifier is invalid", FAILURE_MODEL, MODEL_WORDS},
    {"end of its life", FAILURE_MODEL, "this model is no longer offered: set `id` to a newer one"},
    {"use case details have not been submitted", FAILURE_ACCESS, ACCESS_WORDS},
    {"operation not allowed", FAILURE_ACCESS, ACCESS_WORDS},
    {"api key is valid", FAILURE_KEY, KEY_WORDS},
    {"signature expired", FAILURE_CLOCK, CLOCK_WORDS},
    {"signature not yet current", FAILURE_CLOCK, CLOCK_WORDS},
    {"tokens per day", FAILURE_QUOTA, "the account's allowance for today is used up"},
    {"too long", FAILURE_TOO_LONG, LENGTH_WORDS},
    {"too many input tokens", FAILURE_TOO_LONG, LENGTH_WORDS},
    {"exceed context limit", FAILURE_TOO_LONG, LENGTH_WORDS},
    {"maximum context length", FAILURE_TOO_LONG, LENGTH_WORDS},
    {"context window", FAILURE_TOO_LONG, LENGTH_WORDS},
    {"tool use in streaming", FAILURE_REQUEST,
     "this model cannot stream and use tools: set `stream: false`"},
};

static const struct row {
    const char *name;
    enum failure_kind kind;
    const char *words;
} rows[] = {
    {"ThrottlingException", FAILURE_THROTTLED, LIMIT_WORDS},
    {"TooManyRequestsException", FAILURE_THROTTLED, LIMIT_WORDS},
    {"ModelNotReadyException", FAILURE_OVERLOADED, "the model is being loaded"},
    {"InternalServerException", FAILURE_OVERLOADED, LATER_WORDS},
    {"InternalServerError", FAILURE_OVERLOADED, LATER_WORDS},
    {"InternalFailure", FAILURE_OVERLOADED, LATER_WORDS},
    {"InternalError", FAILURE_OVERLOADED, LATER_WORDS},
    {"ServiceUnavailableException", FAILURE_OVERLOADED, LATER_WORDS},
    {"ServiceUnavailable", FAILURE_OVERLOADED, LATER_WORDS},
    {"ModelTimeoutException", FAILURE_ONCE, "the model took too long"},
    {"ModelErrorException", FAILURE_ONCE, "the model failed"},
    {"ModelStreamErrorException", FAILURE_ONCE, "the model failed while it answered"},
    {"ValidationException", FAILURE_REQUEST, "Bedrock refuses what the request says"},
    {"SerializationException", FAILURE_REQUEST, "Bedrock refuses what the request says"},
    {"ServiceQuotaExceededException", FAILURE_QUOTA, "the account's quota is used up"},
    {"AccessDeniedException", FAILURE_ACCESS, ACCESS_WORDS},
    {"AccessDenied", FAILURE_ACCESS, ACCESS_WORDS},
    {"OptInRequired", FAILURE_ACCESS, ACCESS_WORDS},
    {"SubscriptionRequiredException", FAILURE_ACCESS, ACCESS_WORDS},
    {"UnrecognizedClientException", FAILURE_KEY, KEY_WORDS},
    {"InvalidClientTokenId", FAILURE_KEY, KEY_WORDS},
    {"InvalidSignatureException", FAILURE_KEY, KEY_WORDS},
    {"SignatureDoesNotMatch", FAILURE_KEY, KEY_WORDS},
    {"IncompleteSignature", FAILURE_KEY, KEY_WORDS},
    {"IncompleteSignatureException", FAILURE_KEY, KEY_WORDS},
    {"MissingAuthenticationToken", FAILURE_KEY, KEY_WORDS},
    {"MissingAuthenticationTokenException", FAILURE_KEY, KEY_WORDS},
    {"AuthFailure", FAILURE_KEY, KEY_WORDS},
    {"NotAuthorized", FAILURE_KEY, KEY_WORDS},
    {"ExpiredTokenException", FAILURE_EXPIRED,
     "the credentials have run out: renew them (aws sso login, or a new session token)"},
    {"ExpiredToken", FAILURE_EXPIRED,
     "the credentials have run out: renew them (aws sso login, or a new session token)"},
    {"RequestExpired", FAILURE_CLOCK, CLOCK_WORDS},
    {"RequestTimeTooSkewed", FAILURE_CLOCK, CLOCK_WORDS},
    {"RequestInTheFuture", FAILURE_CLOCK, CLOCK_WORDS},
    {"ResourceNotFoundException", FAILURE_MODEL, MODEL_WORDS},
    {"UnknownOperationException", FAILURE_FORMAT,
     "the server has no such operation: is base_url that of bedrock-runtime?"},
};

/* Where Bedrock, or somebody between, gave no name we know. */
static struct row
by_status(int status, bool from_bedrock)
{
    if (status >= 500 || status == 0) {
        return (struct row){NULL, status ? FAILURE_OVERLOADED : FAILURE_ONCE, LATER_WORDS};
    }
    if (status == 429) {
        return (struct row){NULL, FAILURE_THROTTLED, LIMIT_WORDS};
    }
    if (status == 408 || status == 424) {
        return (struct row){NULL, FAILURE_ONCE, "the model failed, or took too long"};
    }
    if (status == 413) {
        return (struct row){NULL, FAILURE_TOO_LONG, LENGTH_WORDS};
    }
    if (!from_bedrock || status < 400) {
        return (struct row){NULL, FAILURE_FORMAT,
                            "this is no answer of Bedrock's: is there a proxy in between, or "
                            "base_url wrong?"};
    }
    switch (status) {
    case 401:
        return (struct row){NULL, FAILURE_KEY, KEY_WORDS};
    case 403:
        return (struct row){NULL, FAILURE_ACCESS, ACCESS_WORDS};
    case 404:
        return (struct row){NULL, FAILURE_MODEL, MODEL_WORDS};
    default:
        return (struct row){NULL, FAILURE_REQUEST, "Bedrock refuses what the request says"};
    }
}

/* Does TEXT say WORDS, in whatever case? */
static bool
says(struct str text, const char *words)
{
    struct str wanted = str_c(words);
    for (size_t i = 0; i + wanted.len <= text.len; i++) {
        if (str_eq_nocase(str_sub(text, i, wanted.len), wanted)) {
            return true;
        }
    }
    return false;
}

static struct row
find_row(struct str name, struct str message, int status, bool from_bedrock)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (says(message, hints[i].says)) {
            return (struct row){NULL, hints[i].kind, hints[i].words};
        }
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_eq_nocase(name, str_c(rows[i].name))) {
            return rows[i];
        }
    }
    return by_status(status, from_bedrock);
}

/* The messages of these hold what was signed, the session token among it. */
static bool
may_repeat_secrets(enum failure_kind kind)
{
    return kind == FAILURE_KEY || kind == FAILURE_CLOCK || kind == FAILURE_EXPIRED;
}

static void
set(struct failure *f, const struct aws_place *place, struct str name, struct str message,
    bool from_bedrock)
{
    struct row row = find_row(name, message, f->status, from_bedrock);
    char where[160] = "";
    if (row.kind == FAILURE_MODEL || row.kind == FAILURE_ACCESS) {
        (void)snprintf(where, sizeof(where), " (%" STR_FMT "%s%" STR_FMT ")", STR_ARG(place->id),
                       place->region.len ? " in " : "", STR_ARG(place->region));
    }
    bool quoted = message.len > 0 && !may_repeat_secrets(row.kind);
    failure_set(f, row.kind, "%" STR_FMT "%s: %s%s%" STR_FMT, STR_ARG(place->model), where,
                row.words, quoted ? ": " : "", STR_ARG(quoted ? message : STR("")));
    failure_set_name(f, name);
}

/* "com.amazon.coral.service#ExpiredTokenException" and "ValidationException:http://..." */
static struct str
bare_name(struct str name)
{
    size_t colon = str_find_char(name, ':', 0);
    name = str_sub(name, 0, colon == SIZE_MAX ? name.len : colon);
    size_t hash = str_find_char(name, '#', 0);
    return str_trim(hash == SIZE_MAX ? name : str_sub(name, hash + 1, name.len));
}

static struct str
first_of(struct str a, struct str b)
{
    return a.len ? a : b;
}

void
failure_aws(struct failure *f, const struct aws_place *place, const struct http_head *head,
            struct str body)
{
    AUTO(arena) struct arena arena = {0};
    struct js *root = NULL;
    bool json = js_parse_object(body, "error", &arena, &root, &(struct err){0}) == 0;
    struct str name = http_head_get(head, "x-amzn-errortype");
    name = first_of(name, first_of(js_get_text(root, "__type"), js_get_text(root, "code")));
    struct str message = first_of(js_get_text(root, "message"), js_get_text(root, "Message"));
    set(f, place, bare_name(name), message, json || name.len > 0);
}

void
failure_aws_event(struct failure *f, const struct aws_place *place, struct str name,
                  struct str message)
{
    char capital[64];
    name = str_sub(name, 0, sizeof(capital));
    for (size_t i = 0; i < name.len; i++) {
        bool small = i == 0 && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
        capital[i] = (char)(small ? name.ptr[0] - 'a' + 'A' : name.ptr[i]);
    }
    f->status = 0;
    set(f, place, (struct str){capital, name.len}, message, true);
}
