/* model_embedded_facts: what tools returned, read with suspicion.
 *
 * Tool results are another program's text: members may be missing, of other types, endless or
 * full of markup. What is read here is bounded and clean (say_clean) or left out. Nothing is ever
 * filled in. Views are borrowed from the arena. */
#ifndef MODEL_MODEL_EMBEDDED_FACTS_H
#define MODEL_MODEL_EMBEDDED_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum {
    FACT_PRODUCTS_MAX = 20,
    FACT_LINES_MAX = 12, /* features and specifications of one product */
    FACT_STEPS_MAX = 40,
    FACT_ALTERNATIVES_MAX = 3,
    FACT_NEXT_MAX = 4,
    FACT_NAME_MAX = 120,
    FACT_LINE_MAX = 240,
    FACT_TEXT_MAX = 500,
    FACT_STEP_MAX = 1200,
};

enum fact_stock { FACT_STOCK_UNKNOWN, FACT_STOCK_OUT, FACT_STOCK_IN };

struct fact_product {
    struct str id; /* as it came: it goes back to a tool */
    struct str name;
    struct str brand;
    struct str category;
    struct str description;
    struct str price;    /* "34.90", or empty */
    double price_value;  /* where price is */
    struct str currency; /* "EUR", or empty */
    enum fact_stock stock;
    struct str features[FACT_LINES_MAX];
    size_t feature_count;
    struct str specifications[FACT_LINES_MAX]; /* "range: 15 m" */
    size_t specification_count;
};

struct fact_products {
    struct fact_product *items;
    size_t count;
    bool readable; /* it was a search's result at all */
};

struct fact_article {
    struct str id;
    struct str title;
    struct str steps[FACT_STEPS_MAX];
    size_t step_count;
    struct str call_human_when;
    struct str next[FACT_NEXT_MAX]; /* ids of articles to go to when it did not help */
    size_t next_count;
    double confidence;                              /* 1 where the tool does not say */
    struct str alternatives[FACT_ALTERNATIVES_MAX]; /* titles */
    size_t alternative_count;
};

/* CONTENT is a toolResult's content array. A product without a name is left out. */
struct fact_products fact_read_products(struct str content, struct arena *arena);
/* False when CONTENT holds no product with a name. */
bool fact_read_product(struct str content, struct arena *arena, struct fact_product *ret);
/* False when nothing was found, or what was found has no title or no steps; alternatives may be
 * there all the same. */
bool fact_read_article(struct str content, struct arena *arena, struct fact_article *ret);

#endif
