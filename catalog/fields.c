#include "catalog/fields.h"

#include <string.h>

static const struct field_row product_fields[] = {
    {FIELD_ID,
     SHAPE_TEXT,
     {"id", "productid", "itemid", "articlenumber", "productnumber", "itemnumber", "asin", "uid"}},
    {FIELD_NAME,
     SHAPE_TEXT,
     {"name", "title", "productname", "producttitle", "itemname", "displayname", "label"}},
    {FIELD_BRAND, SHAPE_TEXT, {"brand", "brandname", "manufacturer", "vendor", "maker", "make"}},
    {FIELD_CATEGORY,
     SHAPE_TEXT,
     {"category", "categories", "productcategory", "categoryname", "producttype", "department",
      "type"}},
    {FIELD_MODEL,
     SHAPE_TEXT,
     {"model", "modelnumber", "modelname", "mpn", "partnumber", "sku", "productcode", "gtin",
      "ean"}},
    {FIELD_PRICE,
     SHAPE_PRICE,
     {"price", "currentprice", "saleprice", "unitprice", "listprice", "regularprice", "amount"}},
    {FIELD_PRICE_MINOR,
     SHAPE_PRICE_MINOR,
     {"price_cents", "pricecents", "priceincents", "priceminor", "cents"}},
    {FIELD_CURRENCY, SHAPE_CURRENCY, {"currency", "pricecurrency", "currencycode"}},
    {FIELD_STOCK,
     SHAPE_STOCK,
     {"in_stock", "instock", "available", "availability", "isavailable", "stockstatus", "stock",
      "quantity", "qty", "inventory"}},
    {FIELD_DESCRIPTION,
     SHAPE_TEXT,
     {"description", "longdescription", "productdescription", "body", "text", "details", "summary",
      "shortdescription"}},
    {FIELD_FEATURES,
     SHAPE_LIST,
     {"features", "keyfeatures", "highlights", "bulletpoints", "bullets"}},
    {FIELD_SPECS,
     SHAPE_MEMBERS,
     {"specifications", "specs", "attrs", "attributes", "techspecs", "technicaldetails",
      "properties"}},
    {FIELD_ISSUES,
     SHAPE_LIST,
     {"common_issues", "commonissues", "knownissues", "issues", "problems"}},
};

static const struct field_row article_fields[] = {
    {FIELD_ID, SHAPE_TEXT, {"id", "articleid", "docid", "faqid", "uid", "slug"}},
    {FIELD_NAME,
     SHAPE_TEXT,
     {"title", "name", "question", "headline", "subject", "heading", "issue"}},
    {FIELD_SECTION, SHAPE_TEXT, {"section", "path", "breadcrumb", "category", "topic"}},
    {FIELD_SYMPTOMS, SHAPE_LIST, {"symptoms", "symptom", "problems", "problem"}},
    {FIELD_PRODUCTS,
     SHAPE_LIST,
     {"products", "product", "appliesto", "models", "productids", "product_ids"}},
    {FIELD_STEPS, SHAPE_LINES, {"steps", "instructions", "resolution", "solution", "fix"}},
    {FIELD_TEXT, SHAPE_TEXT, {"text", "body", "answer", "content", "description", "bodyhtml"}},
    {FIELD_HUMAN,
     SHAPE_TEXT,
     {"call_human_when", "callhumanwhen", "escalatewhen", "escalation", "whentocall"}},
    {FIELD_NEXT, SHAPE_LIST, {"next", "ifnothelped", "nextarticles", "seealso"}},
};

const struct field_row *
fields_of(enum catalog_kind kind, size_t *ret_count)
{
    if (kind == CATALOG_PRODUCTS) {
        *ret_count = sizeof(product_fields) / sizeof(product_fields[0]);
        return product_fields;
    }
    *ret_count = sizeof(article_fields) / sizeof(article_fields[0]);
    return article_fields;
}

/* Does NAME say WANT, punctuation and case of either aside? */
static bool
same_name(struct str name, const char *want)
{
    size_t k = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        c = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        bool counts = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
        if (!counts) {
            continue;
        }
        while (want[k] == '_') {
            k++;
        }
        if (want[k] != c) {
            return false;
        }
        k++;
    }
    return want[k] == '\0' && k > 0;
}

int
fields_find(enum catalog_kind kind, struct str name, int *ret_trust)
{
    size_t count = 0;
    const struct field_row *rows = fields_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < FIELD_NAMES && rows[i].names[k]; k++) {
            if (same_name(name, rows[i].names[k])) {
                *ret_trust = k;
                return (int)i;
            }
        }
    }
    return -1;
}

struct str
fields_spec_name(struct str name)
{
    static const char *const prefixes[] = {"specifications", "specification", "specs", "spec",
                                           "attributes",     "attribute",     "attrs", "attr"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct str prefix = str_c(prefixes[i]);
        bool separated = name.len > prefix.len + 1 && strchr(".:_/", name.ptr[prefix.len]) &&
                         name.ptr[prefix.len] != '\0';
        if (separated && str_eq_nocase(str_sub(name, 0, prefix.len), prefix)) {
            return str_trim(str_sub(name, prefix.len + 1, SIZE_MAX));
        }
    }
    return (struct str){0};
}
