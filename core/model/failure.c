#include "model/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "io/http_client.h"
#include "model/http_date.h"

static const struct {
    const char *name;
    enum err_code code;
    bool retryable;
} kinds[FAILURE_KIND_COUNT] = {
    [FAILURE_NONE] = {"none", ERR_BUG, false},
    [FAILURE_NETWORK] = {"network", ERR_REMOTE, true},
    [FAILURE_CUT] = {"cut", ERR_REMOTE, true},
    [FAILURE_TIMEOUT] = {"timeout", ERR_TIMEOUT, true},
    [FAILURE_THROTTLED] = {"throttled", ERR_REMOTE, true},
    [FAILURE_OVERLOADED] = {"overloaded", ERR_REMOTE, true},
    [FAILURE_ONCE] = {"once", ERR_REMOTE, true},
    [FAILURE_REQUEST] = {"request", ERR_INVALID, false},
    [FAILURE_TOO_LONG] = {"too_long", ERR_LIMIT, false},
    [FAILURE_KEY] = {"key", ERR_AUTH, false},
    [FAILURE_EXPIRED] = {"expired", ERR_AUTH, false},
    [FAILURE_CLOCK] = {"clock", ERR_AUTH, false},
    [FAILURE_ACCESS] = {"access", ERR_AUTH, false},
    [FAILURE_MODEL] = {"model", ERR_NOTFOUND, false},
    [FAILURE_QUOTA] = {"quota", ERR_LIMIT, false},
    [FAILURE_FORMAT] = {"format", ERR_REMOTE, false},
    [FAILURE_LOCAL] = {"local", ERR_INVALID, false},
};

const char *
failure_kind_name(enum failure_kind kind)
{
    must(kind >= 0 && kind < FAILURE_KIND_COUNT);
    return kinds[kind].name;
}

void
failure_set_at(struct failure *f, enum failure_kind kind, const char *file, int line,
               const char *format, ...)
{
    must(kind > FAILURE_NONE && kind < FAILURE_KIND_COUNT);
    char words[ERR_MESSAGE_MAX * 2]; /* err_set cuts it, at a character's border */
    va_list args;
    va_start(args, format);
    int length = vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    (void)err_set_at(&f->err, kinds[kind].code, 0, file, line, "%s",
                     length < 0 ? "unprintable message" : words);
    f->err.retryable = kinds[kind].retryable;
    f->kind = kind;
    f->name[0] = '\0';
    if (f->retry_after_ms == 0) {
        f->retry_after_ms = -1;
    }
}

static void
from_err(struct failure *f, enum failure_kind kind, const struct err *err)
{
    *f = (struct failure){.kind = kind, .retry_after_ms = -1, .err = *err};
}

void
failure_from_http(struct failure *f, int result, const struct err *err)
{
    must(result < 0);
    switch (result) {
    case ERR_TIMEOUT:
        from_err(f, FAILURE_TIMEOUT, err);
        f->err.retryable = true;
        return;
    case ERR_REMOTE:
        from_err(f, FAILURE_NETWORK, err);
        /* A certificate that does not verify will not do so in a second. */
        f->advice = err->retryable ? ADVICE_BY_KIND : ADVICE_GIVE_UP;
        return;
    default:
        from_err(f, FAILURE_LOCAL, err);
        return;
    }
}

void
failure_from_err(struct failure *f, const struct err *err)
{
    switch (err->code) {
    case ERR_AUTH:
        from_err(f, FAILURE_KEY, err);
        return;
    case ERR_TIMEOUT:
    case ERR_REMOTE:
        /* What has to be fetched before a request can be sent: credentials. */
        failure_from_http(f, err->code, err);
        return;
    default:
        from_err(f, FAILURE_LOCAL, err);
        return;
    }
}

/* A number of UNIT milliseconds each, fractions allowed; -1: none that makes sense. */
static int64_t
read_delay(struct str text, double unit)
{
    static const double longest = 1000.0 * 60 * 60 * 24 * 365;
    double value;
    if (!str_to_double(str_trim(text), &value) || value < 0) {
        return -1;
    }
    value *= unit;
    return (int64_t)(value < longest ? value : longest);
}

/* How far behind the answer's own Date it is: our clock does not come into it. */
static int64_t
read_date(struct str text, struct str answered)
{
    int64_t then, now;
    if (!http_date_parse(text, &then) || !http_date_parse(answered, &now)) {
        return -1;
    }
    return then > now ? then - now : 0;
}

void
failure_read_headers(struct failure *f, const struct http_head *head)
{
    struct str after = http_head_get(head, "retry-after");
    struct str should = str_trim(http_head_get(head, "x-should-retry"));
    f->retry_after_ms = read_delay(http_head_get(head, "retry-after-ms"), 1);
    if (f->retry_after_ms < 0) {
        f->retry_after_ms = read_delay(after, 1000);
    }
    if (f->retry_after_ms < 0) {
        f->retry_after_ms = read_date(after, http_head_get(head, "date"));
    }
    f->advice = ADVICE_BY_KIND;
    if (str_eq_nocase(should, STR("true"))) {
        f->advice = ADVICE_RETRY;
    } else if (str_eq_nocase(should, STR("false"))) {
        f->advice = ADVICE_GIVE_UP;
    }
}

void
failure_set_name(struct failure *f, struct str name)
{
    name = utf8_cut(str_trim(name), sizeof(f->name) - 1);
    (void)snprintf(f->name, sizeof(f->name), "%" STR_FMT, STR_ARG(name));
    utf8_sanitize_c(f->name);
}
