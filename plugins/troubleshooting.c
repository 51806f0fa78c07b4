/* troubleshooting: the shop's articles, for the model. One tool, lookup_troubleshooting_steps: the
 * article that fits a problem best, with its steps, or the plain answer that there is none. */
#include "search_common.h"

enum {
    HITS = 4,                     /* the article and up to three others to ask about */
    RESULT_MAX_BYTES = 32 * 1024, /* one brief and some titles */
};

/* Below this a title is no alternative but a coincidence of words. */
#define WORTH_ASKING (CATALOG_FITS / 2)

static const char manifest[] =
    "{\"name\":\"troubleshooting\",\"version\":\"1.0\","
    "\"description\":\"Lets the model look up the shop's troubleshooting "
    "articles.\"," SEARCH_MANIFEST_NEEDS
    "\"tools\":[{\"name\":\"lookup_troubleshooting_steps\",\"effect\":\"read\",\"parallel\":true,"
    "\"timeout_ms\":5000,"
    "\"description\":\"Looks up the shop's own steps for a problem with a product. Use it as soon "
    "as the customer describes something that does not work, and before you suggest anything: do "
    "not make up steps. Returns {found: true, article: {id, title, symptoms, steps, "
    "call_human_when, next}, confidence: 0..1, alternatives: [{id, title}]}, or {found: false, "
    "alternatives}. Give the customer the steps one after another, in order, and ask whether each "
    "helped. With a low confidence ask which of the titles is meant. When all steps were tried in "
    "vain, go on with the articles named in next: look them up by their id as the issue. When "
    "call_human_when applies, or nothing is found, offer a human.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"issue\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000,\"description\":\"what goes "
    "wrong, in the customer's words, for example: the hub does not pair with my phone\"},"
    "\"product\":{\"type\":\"string\",\"maxLength\":200,\"description\":\"the product it is about, "
    "as id, name or category, when it is known\"}},\"required\":[\"issue\"]}}]}";

/* One call with what it works with. */
struct work {
    struct search *search;
    const struct dh_call *call;
    struct arena arena;
    struct js_out out;
};

static bool
stop(void *arg)
{
    const struct work *w = arg;
    return w->search->host->canceled(w->call) != 0;
}

static void
write_alternatives(struct work *w, const struct catalog_hits *hits, size_t from)
{
    js_key(&w->out, STR("alternatives"));
    js_begin_array(&w->out);
    for (size_t i = from; i < hits->count; i++) {
        if (hits->items[i].confidence < WORTH_ASKING) {
            continue;
        }
        js_begin_object(&w->out);
        js_put_str(&w->out, "id", hits->items[i].id);
        js_put_str(&w->out, "title", hits->items[i].name);
        js_end_object(&w->out);
    }
    js_end_array(&w->out);
}

static int
write_hits(struct work *w, const struct catalog_hits *hits, struct err *err)
{
    bool found =
        hits->count > 0 && (hits->items[0].exact || hits->items[0].confidence >= CATALOG_FITS);
    js_begin_object(&w->out);
    js_put_bool(&w->out, "found", found);
    if (found) {
        js_key(&w->out, STR("article"));
        int result = catalog_write_brief(&hits->items[0], &w->arena, &w->out, err);
        if (result < 0) {
            return result; /* the text is half: nothing more can be added */
        }
        js_put_double(&w->out, "confidence", hits->items[0].confidence);
    }
    write_alternatives(w, hits, found ? 1 : 0);
    js_end_object(&w->out);
    return 0;
}

static int
look_up(struct work *w, struct catalog *c, struct err *err)
{
    struct catalog_query query = {
        .kind = CATALOG_ARTICLES,
        .text = search_text(w->search, w->call, "/issue"),
        .limit = HITS,
        .product = search_text(w->search, w->call, "/product"),
    };
    struct catalog_hits hits;
    catalog_set_stop(c, stop, w);
    int result = catalog_search(c, &query, &w->arena, &hits, err);
    catalog_set_stop(c, NULL, NULL);
    return result < 0 ? result : write_hits(w, &hits, err);
}

static void
call(void *instance, const struct dh_call *call)
{
    struct work w = {.search = instance, .call = call};
    struct err err = {0};
    struct buf buf;
    struct catalog *c = search_take(instance, call);
    if (!c) {
        return;
    }
    buf_init(&buf, RESULT_MAX_BYTES);
    js_out_init(&w.out, &buf);
    int result = look_up(&w, c, &err);
    if (result >= 0) {
        result = buf_finish(&buf, "the result", &err);
    }
    if (result < 0) {
        search_fail(instance, call, &err);
    } else {
        w.search->host->result(call, dh_str_of(buf.text, buf.len));
    }
    search_release(instance, c);
    buf_done(&buf);
    arena_done(&w.arena);
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = sizeof(struct dh_plugin),
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = search_create,
    .call = call,
    .destroy = search_destroy,
};
