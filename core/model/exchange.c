#include "model/exchange.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/loop.h"
#include "model/settings.h"

enum {
    EXCHANGE_MAGIC = 0x65786368,
    CONNECT_MS = 10000,
    FIRST_BYTE_MS = 60000,
    STALL_MS = 60000,
    /* Behind the end marker only the connection's own end is missing: not worth a wait, but worth a
     * moment, for a connection whose answer was read to its end can be used again. */
    LINGER_MS = 1000,
};

struct exchange {
    struct attempt attempt;
    unsigned magic;
    struct http_provider *provider;
    const struct model_request *request;
    const struct attempt_events *events;
    void *arg;
    struct arena arena;
    struct buf out; /* the request's body, until the server has it */
    void *waiting;  /* what prepare() gave; NULL: it waits for nothing */
    struct http_call *call;
    struct assembly in;
    struct decoder *decoder;
    struct http_head head; /* of an answer that has no decoder */
    struct buf body;
    struct loop_timer linger;
    bool feeding;  /* within the decoder, or the receiver of its text */
    bool canceled; /* meanwhile */
};

void
exchange_header(struct exchange_request *r, const char *name, struct str value)
{
    must(r->header_count < sizeof(r->headers) / sizeof(r->headers[0]));
    r->headers[r->header_count++] = (struct http_header){str_c(name), value};
}

static void
release(struct exchange *x)
{
    if (x->waiting) {
        x->provider->exchange->forget(x->provider, x->waiting);
    }
    if (x->call) {
        http_cancel(x->call);
    }
    decoder_free(x->decoder);
    assembly_done(&x->in);
    buf_done(&x->body);
    buf_done(&x->out);
    loop_timer_done(&x->linger);
    arena_done(&x->arena);
    mem_free(x);
}

/* ---- The end ---------------------------------------------------------------------------------*/

static void
end_failed(struct exchange *x, const struct failure *failure)
{
    struct failure copy = *failure;
    x->events->done(x->arg, &(struct attempt_end){.failure = &copy});
    release(x);
}

static void
end_err(struct exchange *x, const struct err *err)
{
    struct failure failure = {0};
    failure_from_err(&failure, err);
    end_failed(x, &failure);
}

static void
end_reply(struct exchange *x)
{
    struct err err = {0};
    struct model_reply reply;
    x->feeding = true; /* what is no stream brings its text only now */
    int result = decoder_finish(x->decoder);
    x->feeding = false;
    if (x->canceled) {
        release(x);
    } else if (result < 0) {
        end_failed(x, &x->decoder->failure);
    } else if (assembly_reply(&x->in, &x->arena, &reply, &err) < 0) {
        end_err(x, &err);
    } else {
        x->events->done(x->arg, &(struct attempt_end){.reply = &reply});
        release(x);
    }
}

static void
end_refused(struct exchange *x)
{
    struct failure failure = {0};
    failure_set(&failure, FAILURE_FORMAT,
                "the answer of the model's server is not what its protocol says (status %d): is "
                "there a proxy in between, or base_url wrong?",
                x->head.status);
    failure.status = x->head.status;
    if (x->head.status != 200) {
        failure_read_headers(&failure, &x->head);
        x->provider->exchange->failure(x->provider, &x->head, buf_str(&x->body), &failure);
    }
    end_failed(x, &failure);
}

/* ---- The answer ------------------------------------------------------------------------------*/

/* The head of an answer that is none: its body is collected for words. */
static bool
keep_head(struct exchange *x, const struct http_head *head)
{
    struct http_header *headers = arena_zero(&x->arena, head->header_count + 1, sizeof(*headers));
    if (!headers) {
        return false;
    }
    for (size_t i = 0; i < head->header_count; i++) {
        headers[i].name = arena_str(&x->arena, head->headers[i].name);
        headers[i].value = arena_str(&x->arena, head->headers[i].value);
    }
    x->head = (struct http_head){head->status, headers, head->header_count};
    return !x->arena.starved;
}

static void
let_body_go(struct exchange *x)
{
    if (x->out.text && http_call_has_sent(x->call)) {
        buf_done(&x->out);
    }
}

static void
on_head(void *arg, const struct http_head *head)
{
    struct exchange *x = arg;
    let_body_go(x);
    if (head->status == 200) {
        x->decoder = x->provider->exchange->decoder(x->provider, head, &x->in);
    }
    if (!x->decoder && !keep_head(x, head)) {
        struct err err = {0};
        (void)err_nomem(&err);
        end_err(x, &err);
    }
}

/* The end of a connection nobody hurries to close. */
static void
on_linger(struct loop_timer *timer)
{
    end_reply(OWNER_OF(timer, struct exchange, linger));
}

static void
linger(struct exchange *x)
{
    struct err err = {0};
    if (x->linger.event) {
        return;
    }
    if (loop_timer_init(&x->linger, x->provider->parts.loop, on_linger, &err) < 0) {
        end_reply(x);
        return;
    }
    loop_timer_start(&x->linger, LINGER_MS);
}

static void
on_data(void *arg, struct str bytes)
{
    struct exchange *x = arg;
    let_body_go(x);
    if (!x->decoder) {
        buf_add(&x->body, str_sub(bytes, 0, EXCHANGE_ERROR_MAX - x->body.len));
        return;
    }
    x->feeding = true;
    int result = decoder_feed(x->decoder, bytes);
    x->feeding = false;
    if (x->canceled) {
        release(x);
    } else if (result < 0) {
        end_failed(x, &x->decoder->failure);
    } else if (result == DECODER_END) {
        linger(x);
    }
}

static void
on_done(void *arg, int result, const struct err *err)
{
    struct exchange *x = arg;
    struct failure failure = {0};
    x->call = NULL;
    if (result == 0 && !x->decoder) {
        end_refused(x);
    } else if (result == 0 || x->in.ended) {
        /* A whole reply stays one however its connection ended. */
        end_reply(x);
    } else {
        failure_from_http(&failure, result, err);
        end_failed(x, &failure);
    }
}

static void
on_text(void *arg, struct str delta)
{
    struct exchange *x = arg;
    if (!x->canceled) {
        x->events->text(x->arg, delta);
    }
}

/* ---- The request -----------------------------------------------------------------------------*/

static int
send_request(struct exchange *x, struct err *err)
{
    static const struct http_events http_events = {on_head, on_data, on_done};
    AUTO(arena) struct arena arena = {0};
    struct http_provider *p = x->provider;
    struct exchange_request out = {0};
    int result = p->exchange->write(p, x->request, &arena, &out, err);
    x->out = out.body;
    if (result < 0) {
        return result;
    }
    const struct http_request request = {
        .method = STR("POST"),
        .url = out.url,
        .headers = out.headers,
        .header_count = out.header_count,
        .body = buf_str(&x->out),
        .ca_file = p->ca_file,
        .connect_ms = p->connect_ms,
        .first_byte_ms = p->first_byte_ms,
        .stall_ms = p->stall_ms,
    };
    return http_start(p->http, &request, &http_events, x, &x->call, err);
}

static void
on_ready(void *arg, const struct failure *failure)
{
    struct exchange *x = arg;
    struct err err = {0};
    x->waiting = NULL;
    if (failure) {
        end_failed(x, failure);
    } else if (send_request(x, &err) < 0) {
        end_err(x, &err);
    }
}

static int
begin(struct exchange *x, struct err *err)
{
    struct http_provider *p = x->provider;
    int result = p->http ? 0 : p->parts.http(p->parts.http_arg, &p->http, err);
    if (result == 0 && p->exchange->prepare) {
        result = p->exchange->prepare(p, on_ready, x, &x->waiting, err);
    }
    return result == 0 ? send_request(x, err) : result;
}

int
exchange_start(struct provider *provider, const struct model_request *request,
               const struct attempt_events *events, void *arg, struct attempt **ret,
               struct err *err)
{
    struct http_provider *p = (struct http_provider *)(void *)provider;
    struct exchange *x = mem_zero(1, sizeof(*x));
    must(loop_is_here(p->parts.loop));
    if (!x) {
        return err_nomem(err);
    }
    x->attempt.provider = provider;
    x->magic = EXCHANGE_MAGIC;
    x->provider = p;
    x->request = request;
    x->events = events;
    x->arg = arg;
    assembly_init(&x->in, on_text, x);
    buf_init(&x->body, EXCHANGE_ERROR_MAX);
    int result = begin(x, err);
    if (result < 0) {
        release(x);
        return result;
    }
    *ret = &x->attempt;
    return 0;
}

void
exchange_cancel(struct attempt *attempt)
{
    struct exchange *x = (struct exchange *)(void *)attempt;
    MUST_MAGIC(x, EXCHANGE_MAGIC);
    must(!x->canceled);
    if (x->feeding) {
        x->canceled = true;
    } else {
        release(x);
    }
}

/* ---- What all such providers are opened with -------------------------------------------------*/

int
http_provider_init(struct http_provider *p, const struct provider_ops *ops,
                   const struct exchange_ops *exchange, const struct provider_parts *parts,
                   struct err *err)
{
    const struct js *s = parts->settings;
    struct str base_url = js_get_text(s, "base_url");
    *p = (struct http_provider){.provider.ops = ops, .exchange = exchange, .parts = *parts};
    while (str_ends(base_url, STR("/"))) {
        base_url.len--;
    }
    p->model_id = arena_str(&p->arena, js_get_text(s, "id"));
    p->base_url = arena_str(&p->arena, base_url);
    p->ca_file = arena_str(&p->arena, js_get_text(s, "ca_file"));
    p->stream = js_get_bool(s, "stream", true);
    p->connect_ms = setting_ms(s, "connect_timeout", CONNECT_MS);
    p->first_byte_ms = setting_ms(s, "first_byte_timeout", FIRST_BYTE_MS);
    p->stall_ms = setting_ms(s, "stall_timeout", STALL_MS);
    return p->arena.starved ? err_nomem(err) : 0;
}

void
http_provider_done(struct http_provider *p)
{
    arena_done(&p->arena);
}
