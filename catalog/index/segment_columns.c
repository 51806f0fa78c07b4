#include <endian.h>
#include <string.h>

#include "catalog/index/segment_parts.h"

/* A column is one number a record, of 1, 2, 4 or 8 bytes: as wide as its greatest. Rows are told
 * from the segment's first, prices by their bits. */
enum { ROWS, BRAND, CATEGORY, PRICE, STOCK, COLUMNS };

void
segment_columns_done(struct segment_columns *c)
{
    for (int i = 0; i < COLUMNS; i++) {
        mem_free(c->bytes[i]);
        c->bytes[i] = NULL;
    }
}

static uint64_t
value_of(int column, const struct segment_attributes *a, int64_t row)
{
    uint64_t bits;
    switch (column) {
    case ROWS:
        return (uint64_t)a->row - (uint64_t)row;
    case BRAND:
        return a->brand;
    case CATEGORY:
        return a->category;
    case PRICE:
        memcpy(&bits, &a->price, sizeof(bits));
        return bits;
    default:
        return (uint64_t)a->stock;
    }
}

static void
put_number(char *to, uint8_t width, uint64_t value)
{
    value = htole64(value);
    memcpy(to, &value, width);
}

/* Each width apart: a load of known size is an instruction, one of any size a call. */
static uint64_t
get_number(const struct segment_columns *c, int column, uint32_t doc)
{
    const char *bytes = c->bytes[column];
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (c->width[column]) {
    case 1:
        return (unsigned char)bytes[doc];
    case 2:
        memcpy(&two, bytes + (size_t)doc * 2, 2);
        return le16toh(two);
    case 4:
        memcpy(&four, bytes + (size_t)doc * 4, 4);
        return le32toh(four);
    default:
        memcpy(&eight, bytes + (size_t)doc * 8, 8);
        return le64toh(eight);
    }
}

static uint8_t
width_of(uint64_t greatest)
{
    return greatest <= UINT8_MAX ? 1 : greatest <= UINT16_MAX ? 2 : greatest <= UINT32_MAX ? 4 : 8;
}

static int
put_column(sqlite3 *db, int64_t id, int column, const struct segment_attributes *all, size_t count,
           struct err *err)
{
    uint64_t greatest = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = value_of(column, &all[i], all[0].row);
        greatest = value > greatest ? value : greatest;
    }
    uint8_t width = column == PRICE ? 8 : width_of(greatest);
    AUTO(mem) char *bytes = mem_alloc(count * width);
    if (!bytes) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        put_number(bytes + i * width, width, value_of(column, &all[i], all[0].row));
    }
    return segment_part_put(db, id, SEGMENT_PART_ROWS + column, (struct str){bytes, count * width},
                            err);
}

int
segment_columns_put(sqlite3 *db, int64_t id, const struct segment_attributes *all, size_t count,
                    struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < COLUMNS; i++) {
        rc = put_column(db, id, i, all, count, err);
    }
    return rc;
}

/* Rows ascend, or what is found by halving is not found. */
static bool
check_rows(const struct segment_columns *c, const struct segment_meta *meta)
{
    uint64_t room = (uint64_t)INT64_MAX - (uint64_t)meta->row;
    if (meta->row < 0 || get_number(c, ROWS, 0) != 0 ||
        get_number(c, ROWS, meta->docs - 1) > room) {
        return false;
    }
    for (uint32_t doc = 1; doc < meta->docs; doc++) {
        if (get_number(c, ROWS, doc - 1) >= get_number(c, ROWS, doc)) {
            return false;
        }
    }
    return true;
}

static int
load_column(struct segment_columns *c, sqlite3 *db, const struct segment_meta *meta, int column,
            struct err *err)
{
    size_t len = 0;
    if (c->bytes[column]) {
        return 0;
    }
    AUTO(mem) char *bytes = NULL;
    int rc = segment_part_get(db, meta->id, SEGMENT_PART_ROWS + column, &bytes, &len, err);
    if (rc != 0) {
        return rc;
    }
    size_t width = len / meta->docs;
    if (width * meta->docs != len || (width != 1 && width != 2 && width != 4 && width != 8) ||
        (column == PRICE && width != 8)) {
        return segment_damaged("a column's length", err);
    }
    struct segment_columns alone = {0};
    alone.bytes[column] = bytes;
    alone.width[column] = (uint8_t)width;
    if (column == ROWS && !check_rows(&alone, meta)) {
        return segment_damaged("rows out of order", err);
    }
    c->width[column] = (uint8_t)width;
    c->bytes[column] = TAKE(bytes);
    return 0;
}

int
segment_columns_load(struct segment_columns *c, sqlite3 *db, const struct segment_meta *meta,
                     bool all, struct err *err)
{
    int rc = load_column(c, db, meta, ROWS, err);
    for (int i = BRAND; rc == 0 && all && i < COLUMNS; i++) {
        rc = load_column(c, db, meta, i, err);
    }
    return rc;
}

int64_t
segment_columns_row(const struct segment_columns *c, const struct segment_meta *meta, uint32_t doc)
{
    return meta->row + (int64_t)get_number(c, ROWS, doc);
}

void
segment_columns_read(const struct segment_columns *c, const struct segment_meta *meta, uint32_t doc,
                     struct segment_attributes *ret)
{
    uint64_t bits = get_number(c, PRICE, doc);
    uint64_t stock = get_number(c, STOCK, doc);
    double price;
    memcpy(&price, &bits, sizeof(price));
    *ret = (struct segment_attributes){
        .row = segment_columns_row(c, meta, doc),
        .brand = (uint32_t)get_number(c, BRAND, doc),
        .category = (uint32_t)get_number(c, CATEGORY, doc),
        .price = price >= 0 ? price : -1, /* what is no number is unknown */
        .stock = stock <= CATALOG_STOCK_IN ? (enum catalog_stock)stock : CATALOG_STOCK_UNKNOWN,
    };
}

bool
segment_columns_check(const struct segment_columns *c, const struct segment_meta *meta,
                      uint32_t brands, uint32_t categories)
{
    for (uint32_t doc = 0; doc < meta->docs; doc++) {
        if (get_number(c, BRAND, doc) > brands || get_number(c, CATEGORY, doc) > categories) {
            return false;
        }
    }
    return true;
}

uint32_t
segment_columns_find(const struct segment_columns *c, const struct segment_meta *meta, int64_t row)
{
    uint32_t low = 0;
    uint32_t high = meta->docs;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (segment_columns_row(c, meta, middle) < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < meta->docs && segment_columns_row(c, meta, low) == row ? low : meta->docs;
}

int
segment_gone_load(sqlite3 *db, const struct segment_meta *meta, char **ret, struct err *err)
{
    if (meta->gone == 0) {
        return 0;
    }
    AUTO(mem) char *bytes = NULL;
    size_t len = 0;
    int rc = segment_part_get(db, meta->id, SEGMENT_PART_GONE, &bytes, &len, err);
    if (rc != 0) {
        return rc;
    }
    uint32_t gone = 0;
    for (size_t i = 0; i < len; i++) {
        gone += (uint32_t)__builtin_popcount((unsigned char)bytes[i]);
    }
    if (len != (meta->docs + 7) / 8 || gone != meta->gone ||
        (meta->docs % 8 != 0 && (unsigned char)bytes[len - 1] >> meta->docs % 8 != 0)) {
        return segment_damaged("records that are gone", err);
    }
    *ret = TAKE(bytes);
    return 0;
}
