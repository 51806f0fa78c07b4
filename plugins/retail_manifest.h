/* retail_manifest: what the retail plugin declares. Included by retail.c alone.
 *
 * Effects: what only looks is "read". An address can be changed back: "write". Orders that are
 * cancelled, returned, exchanged, paid otherwise or given other items are so for good, and money
 * moves: "irreversible". What reads has a connection of its own and may overlap; what writes stands
 * in line. */
#ifndef PLUGINS_RETAIL_MANIFEST_H
#define PLUGINS_RETAIL_MANIFEST_H

/* Arguments and words that several tools share. */
#define ORDER_ID                                                                                   \
    "\"order_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40,\"description\":\"the "    \
    "order's id with the # before it, for example #W0000000\"}"
#define USER_ID                                                                                    \
    "\"user_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":80,\"description\":\"the "     \
    "user's id, for example sara_doe_496\"}"
#define ADDRESS                                                                                    \
    "\"address1\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,\"description\":\"first " \
    "line, for example 12 Main Street\"},\"address2\":{\"type\":\"string\",\"maxLength\":200,"     \
    "\"description\":\"second line, for example Suite 3; empty when there is none\"},"             \
    "\"city\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,\"description\":\"for "       \
    "example "                                                                                     \
    "Denver\"},\"state\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,"                  \
    "\"description\":\"for example CO\"},\"country\":{\"type\":\"string\",\"minLength\":1,"        \
    "\"maxLength\":100,\"description\":\"for example USA\"},\"zip\":{\"type\":\"string\","         \
    "\"minLength\":1,\"maxLength\":20,\"description\":\"for example 80239\"}"
#define ADDRESS_REQUIRED "\"address1\",\"address2\",\"city\",\"state\",\"country\",\"zip\""
#define ITEMS_SWAPPED                                                                              \
    "\"item_ids\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":50,"                             \
    "\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40},\"description\":\"the "      \
    "items "                                                                                       \
    "to give up; two of a kind stand "                                                             \
    "twice\"},\"new_item_ids\":{\"type\":\"array\",\"minItems\":1,"                                \
    "\"maxItems\":50,\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40},"            \
    "\"description\":\"for each of item_ids, in the same place, the new item\"},"                  \
    "\"payment_method_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":80,"                 \
    "\"description\":\"what pays the difference, or gets it back\"}"
#define CONFIRM                                                                                    \
    "Before the call list exactly what will be done, and get the customer's explicit yes. "
#define READS "\"effect\":\"read\",\"parallel\":true,\"timeout_ms\":5000"
#define WRITES "\"effect\":\"write\",\"timeout_ms\":10000"
#define FOR_GOOD "\"effect\":\"irreversible\",\"timeout_ms\":10000"

static const char manifest[] =
    "{\"name\":\"retail\",\"version\":\"1.0\",\"description\":\"A shop's orders: look up, change, "
    "cancel, exchange, return.\",\"requires\":[\"dh.json/1\",\"dh.desk/1\"],"
    "\"optional\":[\"dh.log/1\"],"
    "\"config_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"database\"],\"properties\":{\"database\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":4000,\"description\":\"path of the shop's SQLite file\"}}},\"tools\":["
    "{\"name\":\"calculate\",\"effect\":\"read\",\"parallel\":true,\"timeout_ms\":1000,"
    "\"description\":\"Works out an arithmetical expression, rounded to cents. Use it for every "
    "sum and difference of money instead of reckoning yourself. Returns the number as text.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"expression\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":500,"
    "\"description\":\"numbers, + - * / and parentheses, for example (12.50 + 3) * 2\"}},"
    "\"required\":[\"expression\"]}},"

    "{\"name\":\"find_user_id_by_email\"," READS ","
    "\"description\":\"Finds a customer's user id by email. Identify the customer this way before "
    "anything else. Returns the id, or an error when nobody has that email.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"email\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,"
    "\"description\":\"for example something@example.com\"}},\"required\":[\"email\"]}},"

    "{\"name\":\"find_user_id_by_name_zip\"," READS ","
    "\"description\":\"Finds a customer's user id by first name, last name and zip code. Use it "
    "when the customer does not remember their email, or it was not found. Returns the id.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"first_name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,"
    "\"description\":\"for example John\"},\"last_name\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":100,\"description\":\"for example Doe\"},\"zip\":{\"type\":\"string\","
    "\"minLength\":1,\"maxLength\":20,\"description\":\"the zip code, for example 12345\"}},"
    "\"required\":[\"first_name\",\"last_name\",\"zip\"]}},"

    "{\"name\":\"get_user_details\"," READS ","
    "\"description\":\"Shows a customer: name, email, default address, payment methods with "
    "balances of gift cards, and the ids of all orders.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" USER_ID
    "},\"required\":[\"user_id\"]}},"

    "{\"name\":\"get_order_details\"," READS ","
    "\"description\":\"Shows an order: status, address, items with options and prices, tracking, "
    "payments, and what was exchanged or returned. Look before you offer to change anything.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    "},\"required\":[\"order_id\"]}},"

    "{\"name\":\"get_product_details\"," READS ","
    "\"description\":\"Shows a product with all its variants: item id, options, price, "
    "availability. Takes a product id, which is not an item id.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"product_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40,"
    "\"description\":\"the product's id, for example 6086499569\"}},"
    "\"required\":[\"product_id\"]}},"

    "{\"name\":\"get_item_details\"," READS ","
    "\"description\":\"Shows one variant of a product: options, price, availability. Takes an item "
    "id, which is not a product id.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"item_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40,"
    "\"description\":\"the item's id, for example 6086499569\"}},\"required\":[\"item_id\"]}},"

    "{\"name\":\"list_all_product_types\"," READS ","
    "\"description\":\"Lists the names of all products with their product ids, by name.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{},"
    "\"required\":[]}},"

    "{\"name\":\"cancel_pending_order\"," FOR_GOOD ","
    "\"description\":\"Cancels an order that is still pending, and refunds what was paid: to a "
    "gift card at once, else within 5 to 7 business days. " CONFIRM "Returns the order.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    ",\"reason\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,\"description\":\"the "
    "customer's: no longer needed, or ordered by mistake\"}},\"required\":[\"order_id\","
    "\"reason\"]}},"

    "{\"name\":\"modify_pending_order_address\"," WRITES ","
    "\"description\":\"Changes where a pending order is sent. " CONFIRM "Returns the order.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    "," ADDRESS "},\"required\":[\"order_id\"," ADDRESS_REQUIRED "]}},"

    "{\"name\":\"modify_pending_order_items\"," FOR_GOOD ","
    "\"description\":\"Replaces items of a pending order by other variants of the same products. "
    "It can be done once an order, and afterwards the order can neither be modified nor cancelled: "
    "collect all changes first. " CONFIRM "Returns the order.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    "," ITEMS_SWAPPED
    "},\"required\":[\"order_id\",\"item_ids\",\"new_item_ids\",\"payment_method_id\"]}},"

    "{\"name\":\"modify_pending_order_payment\"," FOR_GOOD ","
    "\"description\":\"Has a pending order paid with another payment method; the first is "
    "refunded. It can be done once an order. " CONFIRM "Returns the order.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    ",\"payment_method_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":80,"
    "\"description\":\"the new one, not the one it was paid with\"}},\"required\":[\"order_id\","
    "\"payment_method_id\"]}},"

    "{\"name\":\"modify_user_address\"," WRITES ","
    "\"description\":\"Changes a customer's default address; orders keep theirs. " CONFIRM
    "Returns the customer.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" USER_ID
    "," ADDRESS "},\"required\":[\"user_id\"," ADDRESS_REQUIRED "]}},"

    "{\"name\":\"return_delivered_order_items\"," FOR_GOOD ","
    "\"description\":\"Asks for the return of items of a delivered order; the customer gets an "
    "email about how. A return or an exchange can be asked for once an order. " CONFIRM
    "Returns the order.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    ",\"item_ids\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":50,"
    "\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40},\"description\":\"the items "
    "to return; two of a kind stand twice\"},\"payment_method_id\":{\"type\":\"string\","
    "\"minLength\":1,\"maxLength\":80,\"description\":\"what gets the refund: the one the order "
    "was paid with, or a gift card\"}},\"required\":[\"order_id\",\"item_ids\","
    "\"payment_method_id\"]}},"

    "{\"name\":\"exchange_delivered_order_items\"," FOR_GOOD ","
    "\"description\":\"Asks for the exchange of items of a delivered order for other variants of "
    "the same products; the customer gets an email about how. A return or an exchange can be asked "
    "for once an order: collect all items first. " CONFIRM "Returns the order.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" ORDER_ID
    "," ITEMS_SWAPPED
    "},\"required\":[\"order_id\",\"item_ids\",\"new_item_ids\",\"payment_method_id\"]}},"

    "{\"name\":\"transfer_to_human_agents\",\"effect\":\"write\",\"parallel\":true,"
    "\"hands_over\":true,\"timeout_ms\":1000,"
    "\"description\":\"Hands the customer to a human agent. Only when they ask for one, or when "
    "nothing these tools can do helps them.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"summary\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":2000,"
    "\"description\":\"what the customer wants, and what was tried\"}},"
    "\"required\":[\"summary\"]}}]}";

#endif
