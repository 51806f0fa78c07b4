#include "base/alloc.h"
#include "base/json.h"
#include "base/must.h"
#include "model/aws_request.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_converse.h"

/* The provider `bedrock`: one POST to Converse or ConverseStream, signed, or with a Bedrock API
 * key. What the answer is, is decided by its content type: a gateway in front that does not stream
 * answers a streaming request with a whole one. */
enum { BEDROCK_MAGIC = 0x62656472 };

struct bedrock {
    struct aws_provider aws;
    unsigned magic;
    struct converse_options options;
    struct tools_memo memo;
    struct aws_place place; /* the decoders' */
    struct arena arena;
};

static struct bedrock *
bedrock_of(struct http_provider *p)
{
    struct bedrock *b = (struct bedrock *)(void *)p;
    MUST_MAGIC(b, BEDROCK_MAGIC);
    return b;
}

static int
write_request(struct http_provider *p, const struct model_request *request, struct arena *arena,
              struct exchange_request *r, struct err *err)
{
    struct bedrock *b = bedrock_of(p);
    const char *operation = b->options.stream ? "converse-stream" : "converse";
    int result = aws_model_url(&b->aws, operation, arena, &r->url, err);
    if (result == 0) {
        result = converse_body(&b->options, request, &b->memo, &r->body, err);
    }
    if (result < 0) {
        return result;
    }
    exchange_header(r, "content-type", STR("application/json"));
    return aws_authorize(&b->aws, arena, r, err);
}

static struct decoder *
new_decoder(struct http_provider *p, const struct http_head *head, struct assembly *out)
{
    struct bedrock *b = bedrock_of(p);
    struct str type = http_head_get(head, "content-type");
    struct str media = str_trim(str_sub(type, 0, str_find_char(type, ';', 0)));
    b->place = aws_place_of(&b->aws);
    if (str_eq_nocase(media, STR("application/vnd.amazon.eventstream"))) {
        return converse_stream_new(&b->place, out);
    }
    return str_eq_nocase(media, STR("application/json")) ? converse_whole_new(&b->place, out)
                                                         : NULL;
}

static const struct exchange_ops exchange = {
    .prepare = aws_prepare,
    .forget = aws_forget,
    .write = write_request,
    .decoder = new_decoder,
    .failure = aws_failure,
};

static int
read_settings(struct bedrock *b, struct err *err)
{
    const struct http_provider *p = &b->aws.http;
    if (str_find(p->model_id, STR(":prompt/"), 0) != SIZE_MAX) {
        return err_set(err, ERR_INVALID,
                       "models.%" STR_FMT ".id: a stored prompt can hold no conversation: set `id` "
                       "to a model or an inference profile",
                       STR_ARG(p->parts.name));
    }
    return converse_options_read(p->parts.name, p->parts.settings, &b->arena, &b->options, err);
}

static void
bedrock_free(struct provider *p)
{
    struct bedrock *b = bedrock_of((struct http_provider *)(void *)p);
    aws_provider_done(&b->aws);
    tools_memo_done(&b->memo);
    arena_done(&b->arena);
    mem_free(b);
}

static int
init(struct provider *p, const struct provider_parts *parts, struct err *err)
{
    struct bedrock *b = (struct bedrock *)(void *)p;
    b->magic = BEDROCK_MAGIC;
    int result = aws_provider_init(&b->aws, &provider_bedrock, &exchange, parts, err);
    return result == 0 ? read_settings(b, err) : result;
}

static int
bedrock_open(const struct provider_parts *parts, struct provider **ret, struct err *err)
{
    return provider_new(sizeof(struct bedrock), init, bedrock_free, parts, ret, err);
}

static bool
bedrock_continues(const struct provider *p)
{
    return ((const struct bedrock *)(const void *)p)->options.prefill;
}

const struct provider_ops provider_bedrock = {
    .name = "bedrock",
    .help = "any model on Amazon Bedrock, through Converse",
    .settings = "access_key secret_key session_token "
                "id base_url region profile key ca_file stream prefill guardrail extra performance "
                "service_tier metadata cache cache_ttl connect_timeout first_byte_timeout "
                "stall_timeout",
    .open = bedrock_open,
    .free = bedrock_free,
    .carries = converse_carries,
    .credential = aws_credential,
    .start = exchange_start,
    .cancel = exchange_cancel,
    .continues = bedrock_continues,
};
