/* retail_items: the tools that change which items a customer has: modify a pending order, exchange
 * or return what was delivered.
 *
 * The lists may name an item more than once, when the order has it more than once: the n-th mention
 * is the n-th such item of the order. All are looked up before any is changed, so that swapping two
 * items for each other is no different from swapping them for others. */
#include "retail.h"

/* What is to be swapped: one row a mention. */
struct swap {
    uint64_t count;
    struct dh_str items[RETAIL_ITEMS_MAX];
    struct dh_str new_items[RETAIL_ITEMS_MAX];
    int64_t positions[RETAIL_ITEMS_MAX]; /* in the order */
    int64_t difference;                  /* in cents: what the new items cost more */
};

static bool
read_list(struct work *w, const char *pointer, struct dh_str *items, uint64_t *ret_count)
{
    const struct dh_json_1 *json = w->shop->json;
    const struct dh_json *list = json->find(w->arguments, pointer);
    struct dh_json_iter it = {0};
    uint64_t count = 0;
    if (json->count(list) > RETAIL_ITEMS_MAX) {
        return retail_refuse(w, "too_many", "These are too many items for one call.");
    }
    while (json->next(list, &it)) {
        items[count++] = json->text(it.value);
    }
    *ret_count = count;
    return true;
}

/* Where in ORDER is each of S's items? */
static bool
locate(struct work *w, struct dh_str order, struct swap *s)
{
    for (uint64_t i = 0; i < s->count; i++) {
        int64_t before = 0;
        for (uint64_t j = 0; j < i; j++) {
            before += s->items[j].len == s->items[i].len &&
                      memcmp(s->items[j].ptr, s->items[i].ptr, s->items[i].len) == 0;
        }
        struct query q = retail_ask(w, "SELECT position FROM order_items WHERE order_id = ? "
                                       "AND item_id = ? ORDER BY position LIMIT 1 OFFSET ?");
        retail_bind(&q, order);
        retail_bind(&q, s->items[i]);
        retail_bind_int(&q, before);
        bool found = retail_row(&q);
        s->positions[i] = found ? retail_column_int(&q, 0) : -1;
        retail_done(&q);
        if (!found) {
            return retail_refuse_about(w, "not_found", s->items[i],
                                       "item not found in the order, or not that many times. "
                                       "Look at the order with get_order_details.");
        }
    }
    return true;
}

/* Can the item at POSITION become NEW_ITEM? Adds to *DIFFERENCE. */
static bool
price_one(struct work *w, struct dh_str order, int64_t position, struct dh_str new_item,
          int64_t *difference)
{
    struct query q = retail_ask(w, "SELECT n.available AND n.id <> o.item_id, n.price - o.price "
                                   "FROM order_items o JOIN items n "
                                   "ON n.product_id = o.product_id "
                                   "WHERE o.order_id = ? AND o.position = ? AND n.id = ?");
    retail_bind(&q, order);
    retail_bind_int(&q, position);
    retail_bind(&q, new_item);
    bool found = retail_row(&q);
    bool available = found && retail_column_int(&q, 0) != 0;
    *difference += found ? retail_column_int(&q, 1) : 0;
    retail_done(&q);
    if (!found) {
        return retail_refuse_about(w, "not_found", new_item,
                                   "new item not found among the variants of the same product. "
                                   "See get_product_details.");
    }
    return available || retail_refuse_about(w, "not_available", new_item,
                                            "new item not available, or the same as the old one. "
                                            "Offer another variant.");
}

/* Everything that may speak against a swap in ORDER. */
static bool
check_swap(struct work *w, struct dh_str order, struct swap *s)
{
    struct retail_method method;
    uint64_t new_count = 0;
    if (!read_list(w, "/item_ids", s->items, &s->count) ||
        !read_list(w, "/new_item_ids", s->new_items, &new_count)) {
        return false;
    }
    if (s->count != new_count) {
        return retail_refuse(w, "invalid_arguments",
                             "The number of items to be exchanged should match: give one new "
                             "item for each old one, in the same order.");
    }
    if (!locate(w, order, s) ||
        !retail_check_method(w, order, retail_text(w, "/payment_method_id"), &method)) {
        return false;
    }
    for (uint64_t i = 0; i < s->count; i++) {
        if (!price_one(w, order, s->positions[i], s->new_items[i], &s->difference)) {
            return false;
        }
    }
    if (method.gift_card && method.balance < s->difference) {
        return retail_refuse(w, "insufficient_balance",
                             "Insufficient gift card balance to pay for the price difference. "
                             "Ask for another payment method.");
    }
    return true;
}

/* ---- Pending orders ---------------------------------------------------------------------------*/

static void
replace_item(struct work *w, struct dh_str order, int64_t position, struct dh_str new_item)
{
    struct query q = retail_ask(w, "UPDATE order_items SET (item_id, price, options) = "
                                   "(SELECT id, price, options FROM items WHERE id = ?) "
                                   "WHERE order_id = ? AND position = ?");
    retail_bind(&q, new_item);
    retail_bind(&q, order);
    retail_bind_int(&q, position);
    retail_run(&q);
}

bool
retail_change_items(struct work *w)
{
    struct dh_str order = retail_text(w, "/order_id");
    struct swap s = {0};
    if (!retail_check_order(w, order, "pending",
                            "Non-pending order cannot be modified, and items can be modified "
                            "only once. Tell the customer its status.") ||
        !check_swap(w, order, &s)) {
        return false;
    }
    for (uint64_t i = 0; i < s.count; i++) {
        replace_item(w, order, s.positions[i], s.new_items[i]);
    }
    retail_book(w, order, s.difference > 0 ? "payment" : "refund",
                s.difference > 0 ? s.difference : -s.difference,
                retail_text(w, "/payment_method_id"));
    retail_set_status(w, order, "pending (item modified)");
    return retail_show_order(w, order);
}

/* ---- Delivered orders -------------------------------------------------------------------------*/

/* Record the requested ITEMS, sorted: clerks look for ids. */
static void
add_requests(struct work *w, struct dh_str order, const char *kind, const struct dh_str *items,
             uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct query q =
            retail_ask(w, "INSERT INTO order_requests VALUES (?1, ?2, (SELECT count(*) FROM "
                          "order_requests WHERE order_id = ?1 AND kind = ?2), ?3)");
        retail_bind(&q, order);
        retail_bind(&q, dh_str_c(kind));
        retail_bind(&q, items[i]);
        retail_run(&q);
    }
    struct query q = retail_ask(w, "UPDATE order_requests SET item_id = s.item_id FROM "
                                   "(SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS "
                                   "rank FROM order_requests WHERE order_id = ?1 AND kind = ?2) s "
                                   "WHERE order_id = ?1 AND kind = ?2 AND position = s.rank");
    retail_bind(&q, order);
    retail_bind(&q, dh_str_c(kind));
    retail_run(&q);
}

bool
retail_exchange_items(struct work *w)
{
    struct dh_str order = retail_text(w, "/order_id");
    struct swap s = {0};
    if (!retail_check_order(w, order, "delivered",
                            "Non-delivered order cannot be exchanged, and a return or exchange "
                            "can be asked for only once. Tell the customer its status.") ||
        !check_swap(w, order, &s)) {
        return false;
    }
    add_requests(w, order, "exchange", s.items, s.count);
    add_requests(w, order, "exchange_new", s.new_items, s.count);
    /* The difference is settled when the items arrive. */
    struct query q = retail_ask(w, "UPDATE orders SET exchange_payment_method_id = ?2, "
                                   "exchange_difference = ?3 WHERE id = ?1");
    retail_bind(&q, order);
    retail_bind(&q, retail_text(w, "/payment_method_id"));
    retail_bind_int(&q, s.difference);
    retail_run(&q);
    retail_set_status(w, order, "exchange requested");
    return retail_show_order(w, order);
}

/* A refund goes where the money came from, or to a gift card of the customer. */
static bool
check_refund(struct work *w, struct dh_str order, struct dh_str method)
{
    struct retail_method found;
    if (!retail_check_method(w, order, method, &found)) {
        return false;
    }
    struct query q = retail_ask(w, "SELECT 1 FROM order_payments WHERE order_id = ? "
                                   "AND payment_method_id = ? AND kind = 'payment'");
    retail_bind(&q, order);
    retail_bind(&q, method);
    bool original = retail_row(&q);
    retail_done(&q);
    return original || found.gift_card ||
           retail_refuse(w, "wrong_method",
                         "Payment method should be the original payment method or a gift card. "
                         "Ask which of these the customer wants.");
}

bool
retail_return_items(struct work *w)
{
    struct dh_str order = retail_text(w, "/order_id");
    struct dh_str method = retail_text(w, "/payment_method_id");
    struct swap s = {0};
    if (!retail_check_order(w, order, "delivered",
                            "Non-delivered order cannot be returned, and a return or exchange "
                            "can be asked for only once. Tell the customer its status.") ||
        !check_refund(w, order, method) || !read_list(w, "/item_ids", s.items, &s.count) ||
        !locate(w, order, &s)) {
        return false;
    }
    add_requests(w, order, "return", s.items, s.count);
    struct query q = retail_ask(w, "UPDATE orders SET return_payment_method_id = ?2 WHERE id = ?1");
    retail_bind(&q, order);
    retail_bind(&q, method);
    retail_run(&q);
    retail_set_status(w, order, "return requested");
    return retail_show_order(w, order);
}
