#include "catalog/price.h"
#include "catalog/schema.h"
#include "catalog/writer_parts.h"

static int
put_facet(struct writer *w, enum segment_facet facet, struct str key, struct str name,
          uint32_t *ret, struct err *err)
{
    return key.len > 0 ? segment_facet_put(w->segments, facet, key, name, ret, err) : 0;
}

static int
put_tokens(struct writer *w, int field, const struct words_record *record, struct err *err)
{
    enum { SOME = 64 };
    struct segment_token tokens[SOME];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < record->count;) {
        size_t count = 0;
        while (count < SOME && i < record->count) {
            struct words_token token = words_record_token(record, i++);
            tokens[count++] = (struct segment_token){token.stem, token.position};
        }
        rc = segment_tokens(w->segments, field, tokens, count, err);
    }
    return rc;
}

int
writer_add_to_segment(struct writer *w, const struct writer_row *row, struct err *err)
{
    const struct writer_entry *e = &row->entry;
    const struct catalog_price *price = &e->entry.price;
    struct segment_attributes attributes = {
        .row = row->doc,
        .price = price->known ? (double)price->minor / (double)price_units(price->currency) : -1,
        .stock = e->entry.stock,
    };
    int rc = put_facet(w, SEGMENT_BRAND, e->brand_key, e->entry.brand, &attributes.brand, err);
    rc = rc != 0 ? rc
                 : put_facet(w, SEGMENT_CATEGORY, e->category_key, e->entry.category,
                             &attributes.category, err);
    /* On the caller's thread there is room: add_row() sees to it. */
    if (rc == 0 && segment_full(w->segments)) {
        rc = segment_flush(w->segments, err);
    }
    rc = rc != 0 ? rc : segment_begin(w->segments, &attributes, err);
    for (int i = 0; rc == 0 && i < schema_product_plan.count; i++) {
        rc = put_tokens(w, i, &row->words[i], err);
    }
    return rc != 0 ? rc : segment_end(w->segments, err);
}

/* Half of what the segments hold is gone, or they measure by a few records what many have come
 * after. What fills a whole segment is measure enough. */
static int
find_stale(struct writer *w, struct err *err)
{
    struct segment_totals totals;
    int rc = segment_totals(w->db, &totals, err);
    if (rc == 0) {
        bool few = totals.averaged < SEGMENT_DOCS && totals.averaged < totals.live / 2;
        w->stale = !w->anew && (totals.gone > totals.live || few);
    }
    return rc;
}

int
writer_finish_segments(struct writer *w, struct err *err)
{
    int rc = segment_flush(w->segments, err);
    for (size_t i = 0; rc == 0 && i < w->gone_count; i++) {
        rc = segment_remove(w->segments, w->gone[i], err);
    }
    rc = rc != 0 ? rc : segment_finish(w->segments, err);
    return rc != 0 ? rc : find_stale(w, err);
}
