/* retail: what the files of the retail plugin share: its instance, one call at work, and the little
 * of SQLite that the tools need.
 *
 * A tool is a function that takes a struct work and says whether it could be done. It reads its
 * arguments with retail_text(), writes its result into `out`, and where something is wrong returns
 * what retail_refuse() returns, false: nothing it changed will then have happened, because retail.c
 * runs each tool inside a transaction of its own. After a failure of the database every function
 * here does nothing, so that it need be asked about once, at the end. */
#ifndef PLUGINS_RETAIL_H
#define PLUGINS_RETAIL_H

#include <stdbool.h>

#include <sqlite3.h>

#include "sdk/deskhand_plugin.h"

enum { RETAIL_ITEMS_MAX = 50 }; /* in one call; the schemas say so */

/* An instance: constant once it is made, so that calls may run side by side. Each call opens the
 * database for itself. */
struct retail {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    const struct dh_desk_1 *desk;
    const struct dh_log_1 *log; /* may be NULL */
    char *path;                 /* of the database */
};

/* One call at work. */
struct work {
    const struct retail *shop;
    const struct dh_call *call;
    const struct dh_json *arguments;
    struct dh_json_out *out;
    sqlite3 *db;
    const char *code; /* why it failed; NULL: it did not, so far */
    char message[300];
    bool retryable;
};

/* Say that the call failed. CODE and MESSAGE as host->fail() has them. The first reason stays. */
bool retail_refuse(struct work *w, const char *code, const char *message);
/* The same; the message opens with WHAT, an id from the arguments. */
bool retail_refuse_about(struct work *w, const char *code, struct dh_str what, const char *message);

/* The text at POINTER in the arguments, borrowed until the call returns. */
struct dh_str retail_text(const struct work *w, const char *pointer);
/* CENTS as a member KEY of the result, or as its next item. */
void retail_put_money(struct work *w, struct dh_str key, int64_t cents);

/* ---- retail_db.c: the database ----------------------------------------------------------------*/

enum retail_access { RETAIL_NONE, RETAIL_READ, RETAIL_WRITE };

/* Open the database and begin a transaction; false: w says why. */
bool retail_begin(struct work *w, enum retail_access access);
/* Make what was done true; false: none of it is. */
bool retail_commit(struct work *w);
/* Close the database. What was not committed has not happened. Any time. */
void retail_end(struct work *w);

/* A statement: ask, bind its values in their order, fetch its rows, done. */
struct query {
    struct work *work;
    sqlite3_stmt *stmt;
    int bound;
};

struct query retail_ask(struct work *w, const char *sql);
void retail_bind(struct query *q, struct dh_str text); /* borrowed until retail_done() */
void retail_bind_int(struct query *q, int64_t number);
/* The customer whom the call is for; '' where the desk does not know them. */
void retail_bind_customer(struct query *q);
/* Is there another row? */
bool retail_row(struct query *q);
/* Columns of the row, from 0; borrowed until the next one. NULL is 0 and the empty text. */
struct dh_str retail_column(const struct query *q, int column);
int64_t retail_column_int(const struct query *q, int column);
bool retail_column_is_null(const struct query *q, int column);
void retail_done(struct query *q);
/* Carry out a statement that gives no rows, and be done with it. */
void retail_run(struct query *q);

/* ---- retail_show.c: how the shop's things look to the model -----------------------------------*/

bool retail_show_order(struct work *w, struct dh_str id);
bool retail_show_user(struct work *w, struct dh_str id);

/* ---- The tools --------------------------------------------------------------------------------*/

bool retail_find_user_by_email(struct work *w); /* retail_find.c */
bool retail_find_user_by_name_zip(struct work *w);
bool retail_get_user(struct work *w);
bool retail_get_order(struct work *w);
bool retail_get_product(struct work *w);
bool retail_get_item(struct work *w);
bool retail_list_products(struct work *w);

bool retail_cancel_order(struct work *w); /* retail_orders.c */
bool retail_change_payment(struct work *w);
bool retail_change_address(struct work *w);
bool retail_change_user_address(struct work *w);

bool retail_change_items(struct work *w); /* retail_items.c */
bool retail_exchange_items(struct work *w);
bool retail_return_items(struct work *w);

bool retail_calculate(struct work *w); /* retail_calculate.c */

/* ---- retail_orders.c, for the other tools that change an order --------------------------------*/

/* Is ORDER the customer's, and its status STATUS? MESSAGE: what to say when the status differs. */
bool retail_check_order(struct work *w, struct dh_str order, const char *status,
                        const char *message);

struct retail_method {
    bool gift_card;
    int64_t balance; /* a gift card's */
};

/* The payment method ID of the customer of ORDER. */
bool retail_check_method(struct work *w, struct dh_str order, struct dh_str id,
                         struct retail_method *ret);
/* Book KIND, "payment" or "refund", of CENTS with the payment method ID: in the order's history,
 * and on the card when it is a gift card. */
void retail_book(struct work *w, struct dh_str order, const char *kind, int64_t cents,
                 struct dh_str id);
void retail_set_status(struct work *w, struct dh_str order, const char *status);

#endif
