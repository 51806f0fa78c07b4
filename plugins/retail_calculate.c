/* retail_calculate: the four operations of arithmetic, for sums of money.
 *
 *     sum     = product {("+" | "-") product}
 *     product = factor {("*" | "/") factor}
 *     factor  = ["+" | "-"] (number | "(" sum ")")
 *
 * Read from left to right in one pass, one function a rule. The text is bounded by its schema, the
 * depth of parentheses here. Numbers have at most 15 digits: those a double holds exactly. */
#include <stdio.h>

#include "retail.h"

enum { DEPTH_MAX = 50, DIGITS_MAX = 15 };

#define VALUE_MAX 1e13 /* beyond it a double has no exact cents */

struct reader {
    const char *at;
    const char *end;
    int depth;
    const char *wrong; /* what; NULL: nothing, so far */
};

static double sum(struct reader *r);

static double
wrong(struct reader *r, const char *what)
{
    r->wrong = r->wrong ? r->wrong : what;
    r->at = r->end; /* nothing more is read */
    return 0;
}

/* The next character that is no space, not taken; '\0' at the end. */
static char
peek(struct reader *r)
{
    while (r->at < r->end && *r->at == ' ') {
        r->at++;
    }
    return r->at < r->end ? *r->at : '\0';
}

static double
number(struct reader *r)
{
    int64_t digits = 0;
    double scale = 1;
    int count = 0;
    bool point = false;
    for (; r->at < r->end; r->at++) {
        char c = *r->at;
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            if (++count > DIGITS_MAX) {
                return wrong(r, "a number has more than 15 digits");
            }
            digits = digits * 10 + (c - '0');
            scale = point ? scale * 10 : scale;
        } else {
            break;
        }
    }
    return count ? (double)digits / scale : wrong(r, "a number is missing");
}

static double
factor(struct reader *r)
{
    double sign = 1;
    char c = peek(r);
    if (c == '+' || c == '-') {
        sign = c == '-' ? -1 : 1;
        r->at++;
        c = peek(r);
    }
    if (c != '(') {
        return sign * number(r);
    }
    if (++r->depth > DEPTH_MAX) {
        return wrong(r, "there are too many parentheses");
    }
    r->at++;
    double value = sum(r);
    if (peek(r) != ')') {
        return wrong(r, "a parenthesis is not closed");
    }
    r->at++;
    r->depth--;
    return sign * value;
}

static double
product(struct reader *r)
{
    double value = factor(r);
    for (char c = peek(r); c == '*' || c == '/'; c = peek(r)) {
        r->at++;
        double next = factor(r);
        if (c == '/' && next == 0) {
            return wrong(r, "something is divided by zero");
        }
        value = c == '*' ? value * next : value / next;
    }
    return value;
}

static double
sum(struct reader *r)
{
    double value = product(r);
    for (char c = peek(r); c == '+' || c == '-'; c = peek(r)) {
        r->at++;
        double next = product(r);
        value = c == '+' ? value + next : value - next;
    }
    return value;
}

/* VALUE in TEXT, rounded to cents, without needless zeros. */
static void
spell(double value, char *text, size_t size)
{
    int64_t cents = (int64_t)(value * 100 + (value < 0 ? -0.5 : 0.5));
    int64_t positive = cents < 0 ? -cents : cents;
    const char *minus = cents < 0 ? "-" : "";
    long long whole = (long long)(positive / 100);
    int rest = (int)(positive % 100);
    if (rest == 0) {
        (void)snprintf(text, size, "%s%lld", minus, whole);
    } else if (rest % 10 == 0) {
        (void)snprintf(text, size, "%s%lld.%d", minus, whole, rest / 10);
    } else {
        (void)snprintf(text, size, "%s%lld.%02d", minus, whole, rest);
    }
}

bool
retail_calculate(struct work *w)
{
    struct dh_str expression = retail_text(w, "/expression");
    struct reader r = {.at = expression.ptr, .end = expression.ptr + expression.len};
    char text[40];
    double value = sum(&r);
    if (!r.wrong && peek(&r) != '\0') {
        (void)wrong(&r, "something stands where an operator should be");
    }
    if (!r.wrong && !(value < VALUE_MAX && value > -VALUE_MAX)) {
        (void)wrong(&r, "the result is too large");
    }
    if (r.wrong) {
        (void)snprintf(w->message, sizeof(w->message),
                       "Invalid expression: %s. Use numbers, + - * / and parentheses.", r.wrong);
        w->code = "invalid_expression";
        return false;
    }
    spell(value, text, sizeof(text));
    w->shop->json->put_text(w->out, (struct dh_str){0}, dh_str_c(text));
    return true;
}
