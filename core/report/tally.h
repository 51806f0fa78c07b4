/* tally: what rows come to, added up by group. For sets.c and run.c. Groups are numbers from 0;
 * `{0}` is empty. Every function that returns bool: false when memory ran out. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "report/names.h"

/* By group number; groups beyond COUNT have nothing. */
struct tally {
    double *sums;
    size_t count;
    size_t capacity;
};
void tally_done(struct tally *t);
bool tally_add(struct tally *t, uint32_t group, double value) WARN_UNUSED;
double tally_of(const struct tally *t, uint32_t group);

/* All values of each group. */
struct value_list {
    int64_t *values;
    size_t count;
    size_t capacity;
};
struct value_lists {
    struct value_list *lists;
    size_t count;
    size_t capacity;
};
void value_lists_done(struct value_lists *v);
bool value_lists_add(struct value_lists *v, uint32_t group, int64_t value) WARN_UNUSED;

/* How often each item was met in each group. */
struct item_counts {
    struct names keys; /* what item_key_read() reads */
    struct tally counts;
};
enum { ITEM_MAX_BYTES = 400 };
void item_counts_done(struct item_counts *i);
/* Of an item longer than ITEM_MAX_BYTES its beginning is counted. */
bool item_counts_add(struct item_counts *i, uint32_t group, struct str item) WARN_UNUSED;
/* The group of a key, and its item, borrowed from the key. */
uint32_t item_key_read(struct str key, struct str *ret_item);

#endif
