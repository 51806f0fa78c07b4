/* catalog_search: the shop's products, for the model. Two tools: search_product_catalog finds
 * products by words, get_product shows one whole. What is not found is said plainly, because a
 * model that gets nothing back makes something up. */
#include "search_common.h"

enum {
    LIMIT_DEFAULT = 5,
    LIMIT_MOST = 10,
    FACETS_MOST = 5,
    RECORD_MAX_BYTES = 12 * 1024, /* a longer record is shown as a search would show it */
    RESULT_MAX_BYTES = 128 * 1024,
};

static const char manifest[] =
    "{\"name\":\"catalog-search\",\"version\":\"1.0\","
    "\"description\":\"Lets the model search the shop's products.\"," SEARCH_MANIFEST_NEEDS
    "\"tools\":[{\"name\":\"search_product_catalog\",\"effect\":\"read\",\"parallel\":true,"
    "\"timeout_ms\":5000,"
    "\"description\":\"Searches the products this shop sells. Use it before you say anything about "
    "a product, its price or whether it is in stock: what it returns is the only source for that. "
    "Search with the words that matter (kind of product, brand, what it must do), not with the "
    "whole sentence. Returns {products: [{id, name, brand, category, price, currency, in_stock, "
    "description, features, specifications}], found}, best first. An empty list means that the "
    "shop has nothing that fits: say so, or search once more with other words. Where more products "
    "fit than are shown, facets counts them all: {found, in_stock, priced, lowest_price, "
    "highest_price, brands: [{name, count}], categories: [{name, count}]}; ask the customer which "
    "kind, brand or price it shall be, and search again with the filters. mended is the query in "
    "the spelling that was really looked for, when no product has a word as it was written: say "
    "so.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"query\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":500,\"description\":\"what is "
    "looked for, for example: motion sensor outdoor\"},"
    "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10,\"default\":5,"
    "\"description\":\"how many products at most\"},"
    "\"category\":{\"type\":\"string\",\"maxLength\":100,\"description\":\"only products of this "
    "category, as named in an earlier result\"},"
    "\"brand\":{\"type\":\"string\",\"maxLength\":100,\"description\":\"only products of this "
    "brand\"},"
    "\"min_price\":{\"type\":\"number\",\"minimum\":0,\"description\":\"only products that cost at "
    "least this, in the shop's currency\"},"
    "\"max_price\":{\"type\":\"number\",\"minimum\":0,\"description\":\"only products that cost at "
    "most this, in the shop's currency; 0 for any price\"},"
    "\"in_stock\":{\"type\":\"boolean\",\"default\":false,\"description\":\"true: only products "
    "that "
    "are in stock now\"}},\"required\":[\"query\"]}},"
    "{\"name\":\"get_product\",\"effect\":\"read\",\"parallel\":true,\"timeout_ms\":5000,"
    "\"description\":\"Shows everything the shop knows about one product. Use it when the customer "
    "asks for details of a product whose id or model number you have, from a search or from the "
    "customer. Returns {found: true, product: {...}}, or {found: false} when there is no such "
    "product.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,\"description\":\"the product's "
    "id or model number\"}},\"required\":[\"id\"]}}]}";

/* One call with what it works with, gone when it ends. */
struct work {
    struct search *search;
    const struct dh_call *call;
    struct catalog *catalog;
    struct arena arena;
    struct buf buf;
    struct js_out out;
};

static bool
stop(void *arg)
{
    const struct work *w = arg;
    return w->search->host->canceled(w->call) != 0;
}

/* Hits that fit; the rest is noise that a model would sell. */
static int
write_products(struct work *w, const struct catalog_hits *hits, struct err *err)
{
    int result = 0;
    js_key(&w->out, STR("products"));
    js_begin_array(&w->out);
    size_t written = 0;
    for (size_t i = 0; i < hits->count && result == 0; i++) {
        if (hits->items[i].exact || hits->items[i].confidence >= CATALOG_FITS) {
            result = catalog_write_brief(&hits->items[i], &w->arena, &w->out, err);
            written++;
        }
    }
    js_end_array(&w->out);
    js_put_bool(&w->out, "found", written > 0);
    if (written > 0 && hits->mended.len > 0) {
        js_put_str(&w->out, "mended", hits->mended);
    }
    /* Who gave a number means that product; counts of others would only lead away from it. */
    bool counts = written > 0 && hits->facets && !hits->items[0].exact;
    if (counts && hits->facets->found > written) {
        js_key(&w->out, STR("facets"));
        catalog_write_facets(hits->facets, FACETS_MOST, &w->out);
    }
    return result;
}

static int
search_products(struct work *w, struct err *err)
{
    const struct search *s = w->search;
    const struct dh_json_1 *json = s->json;
    const struct dh_json *arguments = json->arguments(w->call);
    int64_t limit = json->integer(json->find(arguments, "/limit"), LIMIT_DEFAULT);
    struct catalog_query query = {
        .kind = CATALOG_PRODUCTS,
        .text = search_text(s, w->call, "/query"),
        .limit = limit >= 1 && limit <= LIMIT_MOST ? (size_t)limit : LIMIT_DEFAULT,
        .category = search_text(s, w->call, "/category"),
        .brand = search_text(s, w->call, "/brand"),
        .min_price = json->number(json->find(arguments, "/min_price"), 0),
        .max_price = json->number(json->find(arguments, "/max_price"), 0),
        .in_stock = json->boolean(json->find(arguments, "/in_stock"), 0) != 0,
        .facets = true,
    };
    struct catalog_hits hits;
    int result = catalog_search(w->catalog, &query, &w->arena, &hits, err);
    return result < 0 ? result : write_products(w, &hits, err);
}

/* A record that is too long for a model, as a search shows it. */
static int
write_long_record(struct work *w, struct str id, struct err *err)
{
    struct catalog_query query = {.kind = CATALOG_PRODUCTS, .text = id, .limit = 1};
    struct catalog_hits hits;
    int result = catalog_search(w->catalog, &query, &w->arena, &hits, err);
    if (result < 0) {
        return result;
    }
    bool found = hits.count > 0 && hits.items[0].exact;
    js_put_bool(&w->out, "found", found);
    js_key(&w->out, STR("product"));
    if (!found) {
        js_add_null(&w->out);
        return 0;
    }
    return catalog_write_brief(&hits.items[0], &w->arena, &w->out, err);
}

static int
get_product(struct work *w, struct err *err)
{
    struct str id = search_text(w->search, w->call, "/id");
    struct str record;
    int result = catalog_get(w->catalog, CATALOG_PRODUCTS, id, &w->arena, &record, err);
    if (result < 0) {
        return result;
    }
    if (result == CATALOG_NONE) {
        js_put_bool(&w->out, "found", false);
        return 0;
    }
    if (record.len > RECORD_MAX_BYTES) {
        return write_long_record(w, id, err);
    }
    js_put_bool(&w->out, "found", true);
    js_put_raw(&w->out, "product", record);
    return 0;
}

static void
answer(struct work *w)
{
    struct err err = {0};
    js_begin_object(&w->out);
    int result =
        dh_str_is(w->call->tool, "get_product") ? get_product(w, &err) : search_products(w, &err);
    if (result >= 0) {
        js_end_object(&w->out);
        result = buf_finish(&w->buf, "the result", &err);
    }
    if (result < 0) {
        search_fail(w->search, w->call, &err);
        return;
    }
    struct str text = buf_str(&w->buf);
    w->search->host->result(w->call, dh_str_of(text.ptr, text.len));
}

static void
call(void *instance, const struct dh_call *call)
{
    struct work w = {.search = instance, .call = call};
    w.catalog = search_take(instance, call);
    if (!w.catalog) {
        return;
    }
    catalog_set_stop(w.catalog, stop, &w);
    buf_init(&w.buf, RESULT_MAX_BYTES);
    js_out_init(&w.out, &w.buf);
    answer(&w);
    catalog_set_stop(w.catalog, NULL, NULL);
    search_release(instance, w.catalog);
    buf_done(&w.buf);
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
