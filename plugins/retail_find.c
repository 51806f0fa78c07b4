/* retail_find: the tools that look something up. A customer whom the desk knows finds themselves
 * and nobody else; the products are everybody's. */
#include "retail.h"

/* The one column of Q's one row is the result. */
static bool
answer_user(struct work *w, struct query *q)
{
    bool found = retail_row(q);
    if (found) {
        w->shop->json->put_text(w->out, (struct dh_str){0}, retail_column(q, 0));
    }
    retail_done(q);
    return found || retail_refuse(w, "not_found",
                                  "User not found. Check the spelling with the customer, or try "
                                  "the other way: email, or first name, last name and zip code.");
}

bool
retail_find_user_by_email(struct work *w)
{
    struct query q = retail_ask(w, "SELECT id FROM users WHERE email = ?1 AND ?2 IN ('', id)");
    retail_bind(&q, retail_text(w, "/email"));
    retail_bind_customer(&q);
    return answer_user(w, &q);
}

bool
retail_find_user_by_name_zip(struct work *w)
{
    struct query q = retail_ask(w, "SELECT id FROM users WHERE last_name = ?1 COLLATE NOCASE "
                                   "AND first_name = ?2 COLLATE NOCASE AND zip = ?3 "
                                   "AND ?4 IN ('', id) ORDER BY id");
    retail_bind(&q, retail_text(w, "/last_name"));
    retail_bind(&q, retail_text(w, "/first_name"));
    retail_bind(&q, retail_text(w, "/zip"));
    retail_bind_customer(&q);
    return answer_user(w, &q);
}

bool
retail_get_user(struct work *w)
{
    return retail_show_user(w, retail_text(w, "/user_id"));
}

bool
retail_get_order(struct work *w)
{
    return retail_show_order(w, retail_text(w, "/order_id"));
}

/* The row of Q: id, available, price, options. */
static void
show_item(struct work *w, const struct query *q, struct dh_str key)
{
    const struct dh_json_1 *json = w->shop->json;
    json->put_object(w->out, key);
    json->put_text(w->out, DH_STR("item_id"), retail_column(q, 0));
    json->put_json(w->out, DH_STR("options"), retail_column(q, 3));
    json->put_boolean(w->out, DH_STR("available"), retail_column_int(q, 1) != 0);
    retail_put_money(w, DH_STR("price"), retail_column_int(q, 2));
    json->end(w->out);
}

bool
retail_get_item(struct work *w)
{
    struct query q = retail_ask(w, "SELECT id, available, price, options FROM items WHERE id = ?");
    retail_bind(&q, retail_text(w, "/item_id"));
    bool found = retail_row(&q);
    if (found) {
        show_item(w, &q, (struct dh_str){0});
    }
    retail_done(&q);
    return found || retail_refuse(w, "not_found",
                                  "Item not found. An item id is not a product id: look at the "
                                  "product with get_product_details, or at the order.");
}

static void
show_variants(struct work *w, struct dh_str product)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT id, available, price, options FROM items "
                                   "WHERE product_id = ? ORDER BY id");
    retail_bind(&q, product);
    json->put_object(w->out, DH_STR("variants"));
    while (retail_row(&q)) {
        show_item(w, &q, retail_column(&q, 0));
    }
    json->end(w->out);
    retail_done(&q);
}

bool
retail_get_product(struct work *w)
{
    const struct dh_json_1 *json = w->shop->json;
    struct dh_str id = retail_text(w, "/product_id");
    struct query q = retail_ask(w, "SELECT name FROM products WHERE id = ?");
    retail_bind(&q, id);
    if (!retail_row(&q)) {
        retail_done(&q);
        return retail_refuse(w, "not_found",
                             "Product not found. A product id is not an item id: see "
                             "list_all_product_types for all of them.");
    }
    json->put_object(w->out, (struct dh_str){0});
    json->put_text(w->out, DH_STR("name"), retail_column(&q, 0));
    json->put_text(w->out, DH_STR("product_id"), id);
    retail_done(&q);
    show_variants(w, id);
    json->end(w->out);
    return !w->code;
}

bool
retail_list_products(struct work *w)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT name, id FROM products ORDER BY name, id");
    json->put_object(w->out, (struct dh_str){0});
    while (retail_row(&q)) {
        json->put_text(w->out, retail_column(&q, 0), retail_column(&q, 1));
    }
    json->end(w->out);
    retail_done(&q);
    return !w->code;
}
