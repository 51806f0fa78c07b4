#include "schema/decimal.h"

#include <string.h>

enum { DIVISOR_DIGITS = 18 };

/* Exponents beyond this are all the same to us: nothing here counts up to them. */
static const int64_t exponent_max = 1000000000000;

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void
add_digit(struct decimal *d, char digit)
{
    if (d->count > 0 || digit != '0') {
        d->digits[d->count++] = digit;
    }
}

static bool
read_exponent(struct str text, size_t at, int64_t *ret)
{
    bool negative = at < text.len && text.ptr[at] == '-';
    if (at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+')) {
        at++;
    }
    if (at == text.len) {
        return false;
    }
    int64_t value = 0;
    for (; at < text.len; at++) {
        if (!is_digit(text.ptr[at])) {
            return false;
        }
        value = value * 10 + (text.ptr[at] - '0');
        value = value > exponent_max ? exponent_max : value;
    }
    *ret = negative ? -value : value;
    return true;
}

static void
strip_zeros(struct decimal *d)
{
    while (d->count > 0 && d->digits[d->count - 1] == '0') {
        d->count--;
        d->exponent++;
    }
    if (d->count == 0) {
        d->exponent = 0;
        d->negative = false;
    }
}

bool
decimal_read(struct str text, struct decimal *ret)
{
    struct decimal d = {0};
    size_t at = 0;
    if (text.len == 0 || text.len > LIMIT_JSON_NUMBER) {
        return false;
    }
    if (text.ptr[0] == '-') {
        d.negative = true;
        at = 1;
    }
    size_t first = at;
    for (; at < text.len && is_digit(text.ptr[at]); at++) {
        add_digit(&d, text.ptr[at]);
    }
    if (at == first) {
        return false;
    }
    if (at < text.len && text.ptr[at] == '.') {
        for (at++; at < text.len && is_digit(text.ptr[at]); at++) {
            add_digit(&d, text.ptr[at]);
            d.exponent--;
        }
    }
    if (at < text.len) {
        int64_t exponent;
        bool marked = text.ptr[at] == 'e' || text.ptr[at] == 'E';
        if (!marked || !read_exponent(text, at + 1, &exponent)) {
            return false;
        }
        d.exponent += exponent;
    }
    strip_zeros(&d);
    *ret = d;
    return true;
}

static int
compare_sizes(const struct decimal *a, const struct decimal *b)
{
    int64_t top_a = a->exponent + a->count;
    int64_t top_b = b->exponent + b->count;
    if (top_a != top_b) {
        return top_a < top_b ? -1 : 1;
    }
    unsigned common = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->digits, b->digits, common);
    if (order != 0) {
        return order;
    }
    return a->count < b->count ? -1 : a->count > b->count;
}

int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
    if (a->count == 0 || b->count == 0) {
        int sign_a = a->count == 0 ? 0 : a->negative ? -1 : 1;
        int sign_b = b->count == 0 ? 0 : b->negative ? -1 : 1;
        return sign_a - sign_b;
    }
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    return a->negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

bool
decimal_is_integer(const struct decimal *d)
{
    return d->exponent >= 0;
}

bool
decimal_is_divisor(const struct decimal *d)
{
    return !d->negative && d->count > 0 && d->count <= DIVISOR_DIGITS;
}

static uint64_t
multiply_modulo(uint64_t a, uint64_t b, uint64_t modulo)
{
    return (uint64_t)((unsigned __int128)a * b % modulo);
}

static uint64_t
ten_to_modulo(int64_t power, uint64_t modulo)
{
    uint64_t result = 1 % modulo;
    uint64_t base = 10 % modulo;
    for (; power > 0; power /= 2) {
        if (power % 2 == 1) {
            result = multiply_modulo(result, base, modulo);
        }
        base = multiply_modulo(base, base, modulo);
    }
    return result;
}

/* D is A*10^m and OF is B*10^n, neither A nor B divisible by 10. When m < n, D would need more
 * factors of ten than it has. Else the question is whether B divides A*10^(m-n), and remainders
 * answer that without ever building the number. */
bool
decimal_is_multiple(const struct decimal *d, const struct decimal *of)
{
    if (d->count == 0) {
        return true;
    }
    int64_t shift = d->exponent - of->exponent;
    if (shift < 0) {
        return false;
    }
    uint64_t divisor = 0;
    for (unsigned i = 0; i < of->count; i++) {
        divisor = divisor * 10 + (uint64_t)(of->digits[i] - '0');
    }
    uint64_t rest = 0;
    for (unsigned i = 0; i < d->count; i++) {
        rest = (rest * 10 + (uint64_t)(d->digits[i] - '0')) % divisor;
    }
    return multiply_modulo(rest, ten_to_modulo(shift, divisor), divisor) == 0;
}

bool
decimal_to_size(const struct decimal *d, size_t *ret)
{
    if (d->negative || !decimal_is_integer(d)) {
        return false;
    }
    if (d->count + d->exponent > DIVISOR_DIGITS) {
        *ret = SIZE_MAX;
        return true;
    }
    size_t value = 0;
    for (unsigned i = 0; i < d->count; i++) {
        value = value * 10 + (size_t)(d->digits[i] - '0');
    }
    for (int64_t i = 0; i < d->exponent; i++) {
        value *= 10;
    }
    *ret = value;
    return true;
}
