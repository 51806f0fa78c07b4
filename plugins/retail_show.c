/* retail_show: an order and a user as JSON, for the tools that show them and for those that change
 * them and answer with what came of it. Members that were never set are left out. */
#include "retail.h"

static void
show_address(struct work *w, const struct query *q, int column)
{
    static const char *const names[] = {"address1", "address2", "city", "state", "country", "zip"};
    const struct dh_json_1 *json = w->shop->json;
    json->put_object(w->out, DH_STR("address"));
    for (int i = 0; i < 6; i++) {
        json->put_text(w->out, dh_str_c(names[i]), retail_column(q, column + i));
    }
    json->end(w->out);
}

static void
show_items(struct work *w, struct dh_str order)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT name, product_id, item_id, price, options "
                                   "FROM order_items WHERE order_id = ? ORDER BY position");
    retail_bind(&q, order);
    json->put_array(w->out, DH_STR("items"));
    while (retail_row(&q)) {
        json->put_object(w->out, (struct dh_str){0});
        json->put_text(w->out, DH_STR("name"), retail_column(&q, 0));
        json->put_text(w->out, DH_STR("product_id"), retail_column(&q, 1));
        json->put_text(w->out, DH_STR("item_id"), retail_column(&q, 2));
        retail_put_money(w, DH_STR("price"), retail_column_int(&q, 3));
        json->put_json(w->out, DH_STR("options"), retail_column(&q, 4));
        json->end(w->out);
    }
    json->end(w->out);
    retail_done(&q);
}

static void
show_payments(struct work *w, struct dh_str order)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT kind, amount, payment_method_id "
                                   "FROM order_payments WHERE order_id = ? ORDER BY position");
    retail_bind(&q, order);
    json->put_array(w->out, DH_STR("payment_history"));
    while (retail_row(&q)) {
        json->put_object(w->out, (struct dh_str){0});
        json->put_text(w->out, DH_STR("transaction_type"), retail_column(&q, 0));
        retail_put_money(w, DH_STR("amount"), retail_column_int(&q, 1));
        json->put_text(w->out, DH_STR("payment_method_id"), retail_column(&q, 2));
        json->end(w->out);
    }
    json->end(w->out);
    retail_done(&q);
}

static void
show_fulfillments(struct work *w, struct dh_str order)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT tracking_ids, item_ids "
                                   "FROM fulfillments WHERE order_id = ? ORDER BY position");
    retail_bind(&q, order);
    json->put_array(w->out, DH_STR("fulfillments"));
    while (retail_row(&q)) {
        json->put_object(w->out, (struct dh_str){0});
        json->put_json(w->out, DH_STR("tracking_id"), retail_column(&q, 0));
        json->put_json(w->out, DH_STR("item_ids"), retail_column(&q, 1));
        json->end(w->out);
    }
    json->end(w->out);
    retail_done(&q);
}

/* The items of a return or an exchange, as the list KEY. */
static void
show_requested(struct work *w, struct dh_str order, const char *kind, struct dh_str key)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT item_id FROM order_requests "
                                   "WHERE order_id = ? AND kind = ? ORDER BY position");
    retail_bind(&q, order);
    retail_bind(&q, dh_str_c(kind));
    json->put_array(w->out, key);
    while (retail_row(&q)) {
        json->put_text(w->out, (struct dh_str){0}, retail_column(&q, 0));
    }
    json->end(w->out);
    retail_done(&q);
}

/* What only some orders have: Q's columns from 8 on. */
static void
show_requests(struct work *w, struct dh_str order, const struct query *q)
{
    const struct dh_json_1 *json = w->shop->json;
    if (!retail_column_is_null(q, 8)) {
        json->put_text(w->out, DH_STR("cancel_reason"), retail_column(q, 8));
    }
    if (!retail_column_is_null(q, 9)) {
        show_requested(w, order, "exchange", DH_STR("exchange_items"));
        show_requested(w, order, "exchange_new", DH_STR("exchange_new_items"));
        json->put_text(w->out, DH_STR("exchange_payment_method_id"), retail_column(q, 9));
        retail_put_money(w, DH_STR("exchange_price_difference"), retail_column_int(q, 10));
    }
    if (!retail_column_is_null(q, 11)) {
        show_requested(w, order, "return", DH_STR("return_items"));
        json->put_text(w->out, DH_STR("return_payment_method_id"), retail_column(q, 11));
    }
}

bool
retail_show_order(struct work *w, struct dh_str id)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(
        w, "SELECT user_id, status, address1, address2, city, state, country, zip, cancel_reason, "
           "exchange_payment_method_id, exchange_difference, return_payment_method_id "
           "FROM orders WHERE id = ?1 AND ?2 IN ('', user_id)");
    retail_bind(&q, id);
    retail_bind_customer(&q);
    if (!retail_row(&q)) {
        retail_done(&q);
        return retail_refuse(w, "not_found",
                             "Order not found. Ask for the order id, which opens with '#W', or "
                             "look at the customer's orders with get_user_details.");
    }
    json->put_object(w->out, (struct dh_str){0});
    json->put_text(w->out, DH_STR("order_id"), id);
    json->put_text(w->out, DH_STR("user_id"), retail_column(&q, 0));
    json->put_text(w->out, DH_STR("status"), retail_column(&q, 1));
    show_address(w, &q, 2);
    show_items(w, id);
    show_fulfillments(w, id);
    show_payments(w, id);
    show_requests(w, id, &q);
    json->end(w->out);
    retail_done(&q);
    return !w->code;
}

static void
show_methods(struct work *w, struct dh_str user)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT id, source, brand, last_four, balance "
                                   "FROM payment_methods WHERE user_id = ? ORDER BY position");
    retail_bind(&q, user);
    json->put_object(w->out, DH_STR("payment_methods"));
    while (retail_row(&q)) {
        json->put_object(w->out, retail_column(&q, 0));
        json->put_text(w->out, DH_STR("id"), retail_column(&q, 0));
        json->put_text(w->out, DH_STR("source"), retail_column(&q, 1));
        if (!retail_column_is_null(&q, 2)) {
            json->put_text(w->out, DH_STR("brand"), retail_column(&q, 2));
            json->put_text(w->out, DH_STR("last_four"), retail_column(&q, 3));
        }
        if (!retail_column_is_null(&q, 4)) {
            retail_put_money(w, DH_STR("balance"), retail_column_int(&q, 4));
        }
        json->end(w->out);
    }
    json->end(w->out);
    retail_done(&q);
}

static void
show_order_ids(struct work *w, struct dh_str user)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT id FROM orders WHERE user_id = ? ORDER BY position");
    retail_bind(&q, user);
    json->put_array(w->out, DH_STR("orders"));
    while (retail_row(&q)) {
        json->put_text(w->out, (struct dh_str){0}, retail_column(&q, 0));
    }
    json->end(w->out);
    retail_done(&q);
}

bool
retail_show_user(struct work *w, struct dh_str id)
{
    const struct dh_json_1 *json = w->shop->json;
    struct query q = retail_ask(w, "SELECT first_name, last_name, email, address1, address2, city, "
                                   "state, country, zip FROM users "
                                   "WHERE id = ?1 AND ?2 IN ('', id)");
    retail_bind(&q, id);
    retail_bind_customer(&q);
    if (!retail_row(&q)) {
        retail_done(&q);
        return retail_refuse(w, "not_found",
                             "User not found. Find the user id by email, or by name and zip code.");
    }
    json->put_object(w->out, (struct dh_str){0});
    json->put_text(w->out, DH_STR("user_id"), id);
    json->put_object(w->out, DH_STR("name"));
    json->put_text(w->out, DH_STR("first_name"), retail_column(&q, 0));
    json->put_text(w->out, DH_STR("last_name"), retail_column(&q, 1));
    json->end(w->out);
    json->put_text(w->out, DH_STR("email"), retail_column(&q, 2));
    show_address(w, &q, 3);
    show_methods(w, id);
    show_order_ids(w, id);
    json->end(w->out);
    retail_done(&q);
    return !w->code;
}
