#include <string.h>

#include "base/must.h"
#include "catalog/price.h"
#include "catalog/query.h"
#include "catalog/record.h"
#include "catalog/stored.h"

/* A record is read twice: once over its members, to know where each stands, then those that count,
 * in the order the columns want them. The columns' texts are put together in one piece of memory
 * as long as the record and its codes: a text, a key or a number is shorter, with the line break
 * behind it, than what the record spends on it. */

enum {
    /* How deep text is looked for in lists and objects. */
    TEXT_DEPTH = 4,
    PRODUCTS_FIRST = 8,
};

/* Members of a record that count, products' and articles'. */
enum member {
    MEMBER_ID,
    MEMBER_NAME,
    MEMBER_BRAND,
    MEMBER_CATEGORY,
    MEMBER_MODEL,
    MEMBER_PRICE,
    MEMBER_CURRENCY,
    MEMBER_STOCK,
    MEMBER_DESCRIPTION,
    MEMBER_FEATURES,
    MEMBER_SPECS,
    MEMBER_ISSUES,
    MEMBER_EXTRA,
    MEMBER_TITLE,
    MEMBER_SECTION,
    MEMBER_SYMPTOMS,
    MEMBER_PRODUCTS,
    MEMBER_STEPS,
    MEMBER_TEXT,
    MEMBER_HUMAN,
    MEMBERS,
};

static const struct str member_names[MEMBERS] = {
    [MEMBER_ID] = STR_INIT("id"),
    [MEMBER_NAME] = STR_INIT("name"),
    [MEMBER_BRAND] = STR_INIT("brand"),
    [MEMBER_CATEGORY] = STR_INIT("category"),
    [MEMBER_MODEL] = STR_INIT("model"),
    [MEMBER_PRICE] = STR_INIT("price"),
    [MEMBER_CURRENCY] = STR_INIT("currency"),
    [MEMBER_STOCK] = STR_INIT("in_stock"),
    [MEMBER_DESCRIPTION] = STR_INIT("description"),
    [MEMBER_FEATURES] = STR_INIT("features"),
    [MEMBER_SPECS] = STR_INIT("specifications"),
    [MEMBER_ISSUES] = STR_INIT("common_issues"),
    [MEMBER_EXTRA] = STR_INIT("extra"),
    [MEMBER_TITLE] = STR_INIT("title"),
    [MEMBER_SECTION] = STR_INIT("section"),
    [MEMBER_SYMPTOMS] = STR_INIT("symptoms"),
    [MEMBER_PRODUCTS] = STR_INIT("products"),
    [MEMBER_STEPS] = STR_INIT("steps"),
    [MEMBER_TEXT] = STR_INIT("text"),
    [MEMBER_HUMAN] = STR_INIT("call_human_when"),
};

struct reading {
    struct entry *entry;
    struct arena *arena;
    struct stored at[MEMBERS]; /* before the value; of no length where the record has none */
    char *out;
    size_t len;
    size_t room;
    size_t column; /* where the column under way begins */
    bool starved;
};

static void
add(struct reading *r, struct str text)
{
    must(text.len <= r->room - r->len);
    if (text.len > 0) {
        memcpy(r->out + r->len, text.ptr, text.len);
        r->len += text.len;
    }
}

static void
add_line(struct reading *r, struct str text)
{
    add(r, text);
    add(r, STR("\n"));
}

/* What was added since the last column. */
static struct str
take_column(struct reading *r)
{
    struct str column = {r->out + r->column, r->len - r->column};
    r->column = r->len;
    return column;
}

static struct str
text_of(struct reading *r, enum member member)
{
    struct stored s = r->at[member];
    struct str text = s.end ? stored_text(&s) : (struct str){0};
    r->starved = r->starved || s.starved;
    return text;
}

/* Every text in the value, a line each. */
static void
add_texts(struct reading *r, struct stored *s, int depth)
{
    struct str key;
    enum js_type type = stored_type(s);
    if (type == JS_STRING) {
        add_line(r, stored_text(s));
    } else if ((type != JS_ARRAY && type != JS_OBJECT) || depth == 0) {
        stored_skip(s);
    } else if (stored_enter(s)) {
        while (type == JS_ARRAY ? stored_item(s) : stored_member(s, &key)) {
            add_texts(r, s, depth - 1);
        }
    }
}

static void
add_texts_of(struct reading *r, enum member member)
{
    struct stored s = r->at[member];
    if (s.end) {
        add_texts(r, &s, TEXT_DEPTH);
    }
    r->starved = r->starved || s.starved;
}

/* "colour red", a pair a line. What a product does not have ("touchscreen": false) is left out:
 * whoever searches for a touchscreen does not mean it. */
static void
add_specs(struct reading *r)
{
    struct stored s = r->at[MEMBER_SPECS];
    struct str key;
    if (stored_type(&s) != JS_OBJECT || !stored_enter(&s)) {
        return;
    }
    while (stored_member(&s, &key)) {
        struct stored ahead = s;
        enum js_type type = stored_type(&s);
        if (type == JS_NULL || (type == JS_BOOL && !stored_bool(&ahead))) {
            stored_skip(&s);
            continue;
        }
        add(r, key);
        add(r, STR(" "));
        if (type == JS_DOUBLE) {
            add(r, stored_number(&s));
        } else {
            add_texts(r, &s, TEXT_DEPTH);
        }
        add(r, r->out[r->len - 1] == '\n' ? (struct str){0} : STR("\n"));
    }
    r->starved = r->starved || s.starved;
}

/* Names of fields beside ours that hold numbers by which people call a product. */
static const struct str code_names[] = {
    STR_INIT("sku"), STR_INIT("SKU"),  STR_INIT("mpn"),  STR_INIT("ean"),
    STR_INIT("EAN"), STR_INIT("gtin"), STR_INIT("GTIN"),
};

enum { CODE_NAMES = sizeof(code_names) / sizeof(code_names[0]) };

/* Fields that we do not know may still be what somebody asks for ("material"): short texts only,
 * and no addresses. CODES gets those that are codes. */
static void
add_extra(struct reading *r, struct str codes[CODE_NAMES])
{
    enum { SHORT = 200 };
    struct stored s = r->at[MEMBER_EXTRA];
    struct str key;
    if (stored_type(&s) != JS_OBJECT || !stored_enter(&s)) {
        return;
    }
    while (stored_member(&s, &key)) {
        struct str text = stored_text(&s);
        if (text.len > 0 && text.len <= SHORT && str_find(text, STR("://"), 0) == SIZE_MAX) {
            add_line(r, text);
        }
        for (size_t i = 0; i < CODE_NAMES; i++) {
            codes[i] = str_eq(key, code_names[i]) ? text : codes[i];
        }
    }
    r->starved = r->starved || s.starved;
}

static void
add_code(struct reading *r, struct str text)
{
    char code[QUERY_CODE_BYTES];
    struct entry *entry = r->entry;
    size_t len = query_code(text, code);
    if (len == 0 || entry->code_count == ENTRY_CODES) {
        return;
    }
    for (size_t i = 0; i < entry->code_count; i++) {
        if (str_eq(entry->codes[i], (struct str){code, len})) {
            return;
        }
    }
    add(r, STR(" "));
    entry->codes[entry->code_count++] = (struct str){r->out + r->len, len};
    add(r, (struct str){code, len});
}

static void
read_price(struct reading *r)
{
    struct stored s = r->at[MEMBER_PRICE];
    struct str text = stored_number(&s);
    struct catalog_price price = {0};
    if (text.len > 0 &&
        price_parse_number(text, text_of(r, MEMBER_CURRENCY), &price, &(struct err){0}) == 0) {
        r->entry->price = price;
    }
}

static void
read_product(struct reading *r)
{
    struct entry *entry = r->entry;
    struct str codes[CODE_NAMES] = {{0}};
    struct str model = text_of(r, MEMBER_MODEL);
    struct stored stock = r->at[MEMBER_STOCK];
    entry->name = text_of(r, MEMBER_NAME);
    entry->brand = text_of(r, MEMBER_BRAND);
    entry->category = text_of(r, MEMBER_CATEGORY);
    entry->stock = !stock.end            ? CATALOG_STOCK_UNKNOWN
                   : stored_bool(&stock) ? CATALOG_STOCK_IN
                                         : CATALOG_STOCK_OUT;
    read_price(r);
    add_texts_of(r, MEMBER_FEATURES);
    entry->columns[4] = take_column(r);
    add_specs(r);
    add_extra(r, codes);
    entry->columns[5] = take_column(r);
    add_texts_of(r, MEMBER_ISSUES);
    entry->columns[6] = take_column(r);
    add(r, model);
    add_code(r, entry->id);
    add_code(r, model);
    for (size_t i = 0; i < CODE_NAMES; i++) {
        add_code(r, codes[i]);
    }
    entry->columns[0] = entry->name;
    entry->columns[1] = take_column(r);
    entry->columns[2] = entry->brand;
    entry->columns[3] = entry->category;
    entry->columns[7] = text_of(r, MEMBER_DESCRIPTION);
}

/* The list of an article's products, by themselves. */
static void
read_products(struct reading *r)
{
    struct stored s = r->at[MEMBER_PRODUCTS];
    struct entry *entry = r->entry;
    size_t room = 0;
    if (stored_type(&s) != JS_ARRAY || !stored_enter(&s)) {
        return;
    }
    while (stored_item(&s)) {
        if (entry->product_count == room) {
            room = room == 0 ? PRODUCTS_FIRST : room * 2;
            struct str *grown = arena_zero(r->arena, room, sizeof(*grown));
            if (!grown) {
                r->starved = true;
                return;
            }
            if (entry->product_count > 0) {
                memcpy(grown, entry->products, entry->product_count * sizeof(*grown));
            }
            entry->products = grown;
        }
        entry->products[entry->product_count++] = stored_text(&s);
    }
    r->starved = r->starved || s.starved;
}

static void
read_article(struct reading *r)
{
    struct entry *entry = r->entry;
    entry->name = text_of(r, MEMBER_TITLE);
    read_products(r);
    add_texts_of(r, MEMBER_SYMPTOMS);
    entry->columns[1] = take_column(r);
    /* A path that is only the title again would count it twice. */
    struct str section = text_of(r, MEMBER_SECTION);
    entry->columns[2] = str_eq(section, entry->name) ? (struct str){0} : section;
    add_texts_of(r, MEMBER_PRODUCTS);
    entry->columns[3] = take_column(r);
    add_texts_of(r, MEMBER_STEPS);
    add(r, text_of(r, MEMBER_HUMAN));
    entry->columns[4] = take_column(r);
    entry->columns[0] = entry->name;
    entry->columns[5] = text_of(r, MEMBER_TEXT);
}

/* Find the members that count. False: RECORD is no object, or ends before it should. */
static bool
find_members(struct reading *r, struct str record)
{
    struct stored s = stored_open(record, r->arena);
    struct str key;
    if (stored_type(&s) != JS_OBJECT || !stored_enter(&s)) {
        return false;
    }
    while (stored_member(&s, &key)) {
        const char *from = s.at;
        size_t i = 0;
        while (i < MEMBERS && !str_eq(key, member_names[i])) {
            i++;
        }
        stored_skip(&s);
        if (i < MEMBERS && !r->at[i].end) {
            r->at[i] = stored_open((struct str){from, (size_t)(s.at - from)}, r->arena);
        }
    }
    r->starved = r->starved || s.starved;
    return !s.broken;
}

int
entry_read(enum catalog_kind kind, struct str record, struct arena *arena, struct entry *ret,
           struct err *err)
{
    enum { CODES_ROOM = ENTRY_CODES * (QUERY_CODE_BYTES + 1) };
    *ret = (struct entry){.kind = kind, .record = record};
    struct reading r = {.entry = ret, .arena = arena, .room = record.len + CODES_ROOM};
    r.out = arena_alloc(arena, r.room);
    if (!r.out) {
        return err_nomem(err);
    }
    if (!find_members(&r, record)) {
        return err_set(
            err, ERR_INVALID,
            "catalogue: a stored record is damaged; move the file away and import again");
    }
    ret->id = text_of(&r, MEMBER_ID);
    if (kind == CATALOG_PRODUCTS) {
        read_product(&r);
    } else {
        read_article(&r);
    }
    return r.starved ? err_nomem(err) : 0;
}
