/* retail_orders: the tools that change an order or a user as a whole: cancel, pay otherwise, send
 * elsewhere. Each checks everything before it changes anything. */
#include "retail.h"

bool
retail_check_order(struct work *w, struct dh_str order, const char *status, const char *message)
{
    struct query q =
        retail_ask(w, "SELECT status FROM orders WHERE id = ?1 AND ?2 IN ('', user_id)");
    retail_bind(&q, order);
    retail_bind_customer(&q);
    bool found = retail_row(&q);
    bool fits = found && dh_str_is(retail_column(&q, 0), status);
    retail_done(&q);
    if (!found) {
        return retail_refuse(w, "not_found",
                             "Order not found. Ask for the order id, which opens with '#W'.");
    }
    return fits || retail_refuse(w, "wrong_status", message);
}

bool
retail_check_method(struct work *w, struct dh_str order, struct dh_str id,
                    struct retail_method *ret)
{
    struct query q = retail_ask(w, "SELECT source = 'gift_card', balance FROM payment_methods "
                                   "WHERE id = ? AND user_id = "
                                   "(SELECT user_id FROM orders WHERE id = ?)");
    retail_bind(&q, id);
    retail_bind(&q, order);
    bool found = retail_row(&q);
    if (found) {
        *ret = (struct retail_method){.gift_card = retail_column_int(&q, 0) != 0,
                                      .balance = retail_column_int(&q, 1)};
    }
    retail_done(&q);
    return found || retail_refuse(w, "not_found",
                                  "Payment method not found. It must be one of the customer's: "
                                  "see get_user_details.");
}

void
retail_book(struct work *w, struct dh_str order, const char *kind, int64_t cents, struct dh_str id)
{
    struct query q = retail_ask(w, "INSERT INTO order_payments VALUES (?1, (SELECT count(*) FROM "
                                   "order_payments WHERE order_id = ?1), ?2, ?3, ?4)");
    retail_bind(&q, order);
    retail_bind(&q, dh_str_c(kind));
    retail_bind_int(&q, cents);
    retail_bind(&q, id);
    retail_run(&q);
    q = retail_ask(w, "UPDATE payment_methods SET balance = balance + ? "
                      "WHERE id = ? AND source = 'gift_card'");
    retail_bind_int(&q, strcmp(kind, "refund") == 0 ? cents : -cents);
    retail_bind(&q, id);
    retail_run(&q);
}

void
retail_set_status(struct work *w, struct dh_str order, const char *status)
{
    struct query q = retail_ask(w, "UPDATE orders SET status = ?2 WHERE id = ?1");
    retail_bind(&q, order);
    retail_bind(&q, dh_str_c(status));
    retail_run(&q);
}

/* ---- Cancel -----------------------------------------------------------------------------------*/

/* What was paid with each method and not given back goes back to it. */
static void
refund_all(struct work *w, struct dh_str order)
{
    struct query q = retail_ask(w, "SELECT payment_method_id, "
                                   "sum(CASE kind WHEN 'refund' THEN -amount ELSE amount END) AS "
                                   "paid FROM order_payments WHERE order_id = ? "
                                   "GROUP BY 1 HAVING paid > 0 ORDER BY min(position)");
    retail_bind(&q, order);
    /* Groups are sorted before the first comes: what is booked meanwhile is in none of them. */
    while (retail_row(&q)) {
        retail_book(w, order, "refund", retail_column_int(&q, 1), retail_column(&q, 0));
    }
    retail_done(&q);
}

bool
retail_cancel_order(struct work *w)
{
    struct dh_str order = retail_text(w, "/order_id");
    struct dh_str reason = retail_text(w, "/reason");
    if (!retail_check_order(w, order, "pending",
                            "Non-pending order cannot be cancelled. Tell the customer its "
                            "status; a delivered order may be returned.")) {
        return false;
    }
    if (!dh_str_is(reason, "no longer needed") && !dh_str_is(reason, "ordered by mistake")) {
        return retail_refuse(w, "invalid_reason",
                             "Invalid reason. It must be 'no longer needed' or 'ordered by "
                             "mistake': ask the customer which.");
    }
    refund_all(w, order);
    retail_set_status(w, order, "cancelled");
    struct query q = retail_ask(w, "UPDATE orders SET cancel_reason = ?2 WHERE id = ?1");
    retail_bind(&q, order);
    retail_bind(&q, reason);
    retail_run(&q);
    return retail_show_order(w, order);
}

/* ---- Pay otherwise ----------------------------------------------------------------------------*/

/* The one payment of ORDER: *RET_CENTS, and whether it was made with METHOD. */
static bool
read_payment(struct work *w, struct dh_str order, struct dh_str method, int64_t *ret_cents,
             bool *ret_same)
{
    struct query q = retail_ask(w, "SELECT count(*), max(kind), max(amount), "
                                   "max(payment_method_id) = ?2 FROM order_payments "
                                   "WHERE order_id = ?1");
    retail_bind(&q, order);
    retail_bind(&q, method);
    bool one = retail_row(&q) && retail_column_int(&q, 0) == 1 &&
               dh_str_is(retail_column(&q, 1), "payment");
    *ret_cents = one ? retail_column_int(&q, 2) : 0;
    *ret_same = one && retail_column_int(&q, 3) != 0;
    retail_done(&q);
    return one || retail_refuse(w, "already_changed",
                                "There should be exactly one payment for the order: its payment "
                                "was changed before, and cannot be again. Offer a human.");
}

bool
retail_change_payment(struct work *w)
{
    struct dh_str order = retail_text(w, "/order_id");
    struct dh_str id = retail_text(w, "/payment_method_id");
    struct retail_method method;
    int64_t cents;
    bool same;
    if (!retail_check_order(w, order, "pending",
                            "Non-pending order cannot be modified. Tell the customer its "
                            "status.") ||
        !retail_check_method(w, order, id, &method) || !read_payment(w, order, id, &cents, &same)) {
        return false;
    }
    if (same) {
        return retail_refuse(w, "same_method",
                             "The new payment method should be different from the current one. "
                             "Ask which other one the customer wants to use.");
    }
    if (method.gift_card && method.balance < cents) {
        return retail_refuse(w, "insufficient_balance",
                             "Insufficient gift card balance to pay for the order. Ask for "
                             "another payment method.");
    }
    struct query q = retail_ask(w, "SELECT payment_method_id FROM order_payments "
                                   "WHERE order_id = ? AND position = 0");
    retail_bind(&q, order);
    retail_book(w, order, "payment", cents, id);
    if (retail_row(&q)) {
        retail_book(w, order, "refund", cents, retail_column(&q, 0));
    }
    retail_done(&q);
    return retail_show_order(w, order);
}

/* ---- Send elsewhere ---------------------------------------------------------------------------*/

/* SQL, that sets the six parts of an address from ?2 on, for the row ?1. */
static void
set_address(struct work *w, const char *sql, struct dh_str id)
{
    static const char *const parts[] = {"/address1", "/address2", "/city",
                                        "/state",    "/country",  "/zip"};
    struct query q = retail_ask(w, sql);
    retail_bind(&q, id);
    for (int i = 0; i < 6; i++) {
        retail_bind(&q, retail_text(w, parts[i]));
    }
    retail_run(&q);
}

bool
retail_change_address(struct work *w)
{
    struct dh_str order = retail_text(w, "/order_id");
    if (!retail_check_order(w, order, "pending",
                            "Non-pending order cannot be modified. Tell the customer its "
                            "status.")) {
        return false;
    }
    set_address(w,
                "UPDATE orders SET address1 = ?2, address2 = ?3, city = ?4, state = ?5, "
                "country = ?6, zip = ?7 WHERE id = ?1",
                order);
    return retail_show_order(w, order);
}

/* A user who is not there, or is somebody else, is found out by the showing: nothing stays. */
bool
retail_change_user_address(struct work *w)
{
    struct dh_str user = retail_text(w, "/user_id");
    set_address(w,
                "UPDATE users SET address1 = ?2, address2 = ?3, city = ?4, state = ?5, "
                "country = ?6, zip = ?7 WHERE id = ?1",
                user);
    return retail_show_user(w, user);
}
