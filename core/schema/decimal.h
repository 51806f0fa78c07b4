/* decimal: a JSON number exactly as it was spelled, for comparing.
 *
 * Doubles cannot say whether 0.0075 is a multiple of 0.0001 or whether 2^53+1 is above 2^53. A
 * decimal can: the digits of an integer and a power of ten. No arithmetic beyond what JSON Schema
 * asks. [any], allocates nothing. */
#ifndef SCHEMA_DECIMAL_H
#define SCHEMA_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/str.h"

/* DIGITS * 10^EXPONENT. No leading and no trailing zero digits; zero has no digits at all. */
struct decimal {
    bool negative;
    unsigned count;
    int64_t exponent;
    char digits[LIMIT_JSON_NUMBER];
};

/* Read a JSON number. False when TEXT is none or is too long. */
bool decimal_read(struct str text, struct decimal *ret);
/* <0, 0, >0. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
bool decimal_is_integer(const struct decimal *d);
/* May D be given to decimal_is_multiple as its OF: above zero, at most 18 digits? */
bool decimal_is_divisor(const struct decimal *d);
bool decimal_is_multiple(const struct decimal *d, const struct decimal *of);
/* A count: false when D is negative or broken; huge ones become SIZE_MAX. */
bool decimal_to_size(const struct decimal *d, size_t *ret);

#endif
