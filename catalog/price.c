#include "catalog/price.h"

#include <stdio.h>
#include <string.h>

/* The largest amount taken, in the smallest unit: a million millions of euros. */
static const int64_t price_max = 100000000000000;

static const struct {
    struct str code;
    int decimals;
} currencies[] = {
    {STR_INIT("AED"), 2}, {STR_INIT("ARS"), 2}, {STR_INIT("AUD"), 2}, {STR_INIT("BGN"), 2},
    {STR_INIT("BHD"), 3}, {STR_INIT("BRL"), 2}, {STR_INIT("CAD"), 2}, {STR_INIT("CHF"), 2},
    {STR_INIT("CLP"), 0}, {STR_INIT("CNY"), 2}, {STR_INIT("COP"), 2}, {STR_INIT("CZK"), 2},
    {STR_INIT("DKK"), 2}, {STR_INIT("EGP"), 2}, {STR_INIT("EUR"), 2}, {STR_INIT("GBP"), 2},
    {STR_INIT("HKD"), 2}, {STR_INIT("HUF"), 2}, {STR_INIT("IDR"), 2}, {STR_INIT("ILS"), 2},
    {STR_INIT("INR"), 2}, {STR_INIT("ISK"), 0}, {STR_INIT("JOD"), 3}, {STR_INIT("JPY"), 0},
    {STR_INIT("KRW"), 0}, {STR_INIT("KWD"), 3}, {STR_INIT("MAD"), 2}, {STR_INIT("MXN"), 2},
    {STR_INIT("MYR"), 2}, {STR_INIT("NGN"), 2}, {STR_INIT("NOK"), 2}, {STR_INIT("NZD"), 2},
    {STR_INIT("OMR"), 3}, {STR_INIT("PEN"), 2}, {STR_INIT("PHP"), 2}, {STR_INIT("PLN"), 2},
    {STR_INIT("QAR"), 2}, {STR_INIT("RON"), 2}, {STR_INIT("RSD"), 2}, {STR_INIT("RUB"), 2},
    {STR_INIT("SAR"), 2}, {STR_INIT("SEK"), 2}, {STR_INIT("SGD"), 2}, {STR_INIT("THB"), 2},
    {STR_INIT("TND"), 3}, {STR_INIT("TRY"), 2}, {STR_INIT("TWD"), 2}, {STR_INIT("UAH"), 2},
    {STR_INIT("USD"), 2}, {STR_INIT("VND"), 0}, {STR_INIT("ZAR"), 2},
};

/* Signs, and what they mean when nothing else says so. */
static const struct {
    struct str sign;
    struct str code;
} signs[] = {
    {STR_INIT("\xE2\x82\xAC"), STR_INIT("EUR")},
    {STR_INIT("US$"), STR_INIT("USD")},
    {STR_INIT("A$"), STR_INIT("AUD")},
    {STR_INIT("C$"), STR_INIT("CAD")},
    {STR_INIT("$"), STR_INIT("USD")},
    {STR_INIT("\xC2\xA3"), STR_INIT("GBP")},
    {STR_INIT("\xC2\xA5"), STR_INIT("JPY")},
    {STR_INIT("\xE2\x82\xB9"), STR_INIT("INR")},
    {STR_INIT("\xE2\x82\xA9"), STR_INIT("KRW")},
    {STR_INIT("z\xC5\x82"), STR_INIT("PLN")},
    {STR_INIT("K\xC4\x8D"), STR_INIT("CZK")},
    {STR_INIT("kr"), STR_INIT("SEK")},
    {STR_INIT("Fr."), STR_INIT("CHF")},
};

enum { CURRENCIES = sizeof(currencies) / sizeof(currencies[0]) };

struct str
price_currency(struct str text)
{
    struct str name = str_trim(text);
    for (size_t i = 0; i < CURRENCIES; i++) {
        if (str_eq_nocase(name, currencies[i].code)) {
            return currencies[i].code;
        }
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (str_eq(name, signs[i].sign)) {
            return signs[i].code;
        }
    }
    return (struct str){0};
}

int
price_decimals(struct str currency)
{
    for (size_t i = 0; i < CURRENCIES; i++) {
        if (str_eq(currency, currencies[i].code)) {
            return currencies[i].decimals;
        }
    }
    return 2;
}

int64_t
price_units(struct str currency)
{
    static const int64_t units[] = {1, 10, 100, 1000};
    return units[price_decimals(currency)];
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
says_nothing(struct str text)
{
    static const struct str nothing[] = {
        STR_INIT(""),     STR_INIT("-"),    STR_INIT("n/a"),     STR_INIT("na"),
        STR_INIT("null"), STR_INIT("none"), STR_INIT("unknown"), STR_INIT("?"),
    };
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        if (str_eq_nocase(text, nothing[i])) {
            return true;
        }
    }
    return false;
}

/* Separators of thousands that are not '.' or ',': apostrophe, space, no-break spaces. Returns
 * the length of the one at the start of S, 0 for none. */
static size_t
blank_length(struct str s)
{
    static const struct str blanks[] = {
        STR_INIT(" "),
        STR_INIT("'"),
        STR_INIT("\xE2\x80\x99"),
        STR_INIT("\xC2\xA0"),
        STR_INIT("\xE2\x80\xAF"),
        STR_INIT("\xE2\x80\x89"),
    };
    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        if (str_starts(s, blanks[i])) {
            return blanks[i].len;
        }
    }
    return 0;
}

/* The amount between its first and last digit, a minus included, and what surrounds it. */
static struct str
find_amount(struct str text, struct str *ret_before, struct str *ret_after)
{
    size_t first = 0;
    while (first < text.len && !is_digit(text.ptr[first])) {
        first++;
    }
    size_t last = text.len;
    while (last > first && !is_digit(text.ptr[last - 1])) {
        last--;
    }
    bool fraction = first > 0 && first < text.len && text.ptr[first - 1] == '.';
    first -= fraction ? 1 : 0;
    *ret_before = str_trim(str_sub(text, 0, first));
    *ret_after = str_trim(str_sub(text, last, SIZE_MAX));
    return str_sub(text, first, last - first);
}

/* How an amount's '.' and ',' are to be read. */
struct shape {
    size_t dots;
    size_t commas;
    size_t last;   /* offset of the last of either */
    size_t after;  /* digits behind it */
    size_t before; /* characters before it */
};

static struct shape
look_at(struct str amount)
{
    struct shape shape = {0};
    for (size_t i = 0; i < amount.len; i++) {
        bool dot = amount.ptr[i] == '.';
        if (!dot && amount.ptr[i] != ',') {
            continue;
        }
        shape.dots += dot ? 1 : 0;
        shape.commas += dot ? 0 : 1;
        shape.last = i;
        shape.before = i;
        shape.after = amount.len - i - 1;
    }
    return shape;
}

/* Currencies whose countries put a point before the cents. Where nothing is said we write one. */
static bool
writes_point(struct str currency)
{
    static const struct str comma[] = {
        STR_INIT("ARS"), STR_INIT("BGN"), STR_INIT("BRL"), STR_INIT("CLP"), STR_INIT("COP"),
        STR_INIT("CZK"), STR_INIT("DKK"), STR_INIT("EUR"), STR_INIT("HUF"), STR_INIT("IDR"),
        STR_INIT("ISK"), STR_INIT("MAD"), STR_INIT("NOK"), STR_INIT("PLN"), STR_INIT("RON"),
        STR_INIT("RSD"), STR_INIT("RUB"), STR_INIT("SEK"), STR_INIT("TRY"), STR_INIT("UAH"),
        STR_INIT("VND"),
    };
    for (size_t i = 0; i < sizeof(comma) / sizeof(comma[0]); i++) {
        if (str_eq(currency, comma[i])) {
            return false;
        }
    }
    return true;
}

/* Offset of the decimal mark, amount.len for none. Both marks: the later one. One kind several
 * times: thousands. A single mark before exactly three digits stands between thousands, for no
 * currency but the dinars has thousandths and a price a thousand times too low is the worse
 * mistake; *RET_GUESSED where the currency's own decimal mark was read so. */
static size_t
decimal_mark(struct str amount, struct str currency, bool *ret_guessed)
{
    struct shape s = look_at(amount);
    if (s.dots + s.commas == 0) {
        return amount.len;
    }
    if (s.dots > 0 && s.commas > 0) {
        return s.last;
    }
    if (s.dots + s.commas > 1) {
        return amount.len;
    }
    bool thousands = s.after == 3 && s.before >= 1 && s.before <= 3 && amount.ptr[0] != '0';
    if (!thousands || price_decimals(currency) == 3) {
        return s.last;
    }
    *ret_guessed = (s.dots == 1) == writes_point(currency);
    return amount.len;
}

/* Is a group of digits as long as one between thousands is? The first has one to three, the last
 * three, those between two or three (lakhs: 1,29,999). A number without groups has any length. */
static bool
group_fits(size_t digits, size_t earlier, bool last)
{
    if (earlier == 0) {
        return last || (digits >= 1 && digits <= 3);
    }
    return digits == 3 || (digits == 2 && !last);
}

/* Is AMOUNT digits, in groups up to MARK and plain behind it? */
static bool
well_formed(struct str amount, size_t mark)
{
    size_t digits = 0;
    size_t groups = 0;
    for (size_t i = 0; i < mark;) {
        size_t blank = blank_length(str_sub(amount, i, SIZE_MAX));
        bool separator = blank > 0 || amount.ptr[i] == '.' || amount.ptr[i] == ',';
        if (!separator && !is_digit(amount.ptr[i])) {
            return false;
        }
        if (separator && !group_fits(digits, groups++, false)) {
            return false;
        }
        digits = separator ? 0 : digits + 1;
        i += blank > 0 ? blank : 1;
    }
    for (size_t i = mark + 1; i < amount.len; i++) {
        if (!is_digit(amount.ptr[i])) {
            return false;
        }
    }
    return group_fits(digits, groups, true);
}

/* Digits around MARK as a number of units of 10^-DECIMALS, rounded half up. */
static int
add_up(struct str amount, size_t mark, int decimals, int64_t *ret)
{
    int64_t value = 0;
    int taken = 0;
    bool round = false;
    for (size_t i = 0; i < amount.len; i++) {
        if (!is_digit(amount.ptr[i])) {
            continue;
        }
        bool fraction = i > mark;
        if (fraction && taken == decimals) {
            round = amount.ptr[i] >= '5';
            break;
        }
        taken += fraction ? 1 : 0;
        value = value * 10 + (amount.ptr[i] - '0');
        if (value > price_max) {
            return ERR_LIMIT;
        }
    }
    for (; taken < decimals; taken++) {
        value *= 10;
    }
    value += round ? 1 : 0;
    *ret = value;
    return value > price_max ? ERR_LIMIT : 0;
}

/* What stands beside an amount: a currency, nothing, or the dash of "49.-". */
static bool
read_beside(struct str beside, struct str *ret_currency, bool *ret_sign)
{
    static const struct str dashes[] = {
        STR_INIT(""),
        STR_INIT(".-"),
        STR_INIT(",-"),
        STR_INIT(".--"),
        STR_INIT(",--"),
        STR_INIT(".\xE2\x80\x93"),
        STR_INIT(",\xE2\x80\x93"),
        STR_INIT(",\xE2\x80\x94"),
    };
    for (size_t i = 0; i < sizeof(dashes) / sizeof(dashes[0]); i++) {
        if (str_eq(beside, dashes[i])) {
            return true;
        }
    }
    *ret_currency = price_currency(beside);
    *ret_sign = beside.len != 3 || !str_eq_nocase(beside, *ret_currency);
    return ret_currency->len > 0;
}

static int
no_price(struct str text, struct err *err)
{
    return err_set(err, ERR_INVALID, "'%" STR_FMT "' is no price", STR_ARG(str_sub(text, 0, 40)));
}

/* The currency that holds, from what the text says and what the record says. */
static int
settle_currency(struct str said, bool sign, struct str currency, struct str *ret, struct err *err)
{
    struct str known = price_currency(currency);
    if (known.len == 0 || said.len == 0 || str_eq(known, said) || sign) {
        *ret = known.len > 0 ? known : said;
        return 0;
    }
    return err_set(err, ERR_INVALID, "is in %" STR_FMT " while the currency is %" STR_FMT,
                   STR_ARG(said), STR_ARG(known));
}

int
price_parse(struct str text, struct str currency, struct catalog_price *ret, bool *ret_guessed,
            struct err *err)
{
    struct str whole = str_trim(text);
    if (says_nothing(whole)) {
        return 1;
    }
    struct str before;
    struct str after;
    struct str amount = find_amount(whole, &before, &after);
    if (str_starts(before, STR("-")) || str_ends(before, STR("-"))) {
        return err_set(err, ERR_INVALID, "'%" STR_FMT "' is negative",
                       STR_ARG(str_sub(whole, 0, 40)));
    }
    struct str said[2] = {{0}, {0}};
    bool sign = false;
    if (amount.len == 0 || !read_beside(before, &said[0], &sign) ||
        !read_beside(after, &said[1], &sign) || (said[0].len > 0 && said[1].len > 0)) {
        return no_price(whole, err);
    }
    int rc =
        settle_currency(said[0].len > 0 ? said[0] : said[1], sign, currency, &ret->currency, err);
    if (rc != 0) {
        return rc;
    }
    size_t mark = decimal_mark(amount, ret->currency, ret_guessed);
    rc = !well_formed(amount, mark)
             ? ERR_INVALID
             : add_up(amount, mark, price_decimals(ret->currency), &ret->minor);
    if (rc != 0) {
        return rc == ERR_LIMIT ? err_set(err, ERR_INVALID, "is more than any price")
                               : no_price(whole, err);
    }
    ret->known = true;
    return 0;
}

int
price_parse_number(struct str text, struct str currency, struct catalog_price *ret, struct err *err)
{
    if (str_starts(text, STR("-"))) {
        return err_set(err, ERR_INVALID, "'%" STR_FMT "' is negative",
                       STR_ARG(str_sub(text, 0, 40)));
    }
    size_t mark = str_find_char(text, '.', 0);
    mark = mark == SIZE_MAX ? text.len : mark;
    for (size_t i = 0; i < text.len; i++) {
        if (i != mark && !is_digit(text.ptr[i])) {
            return no_price(text, err);
        }
    }
    ret->currency = price_currency(currency);
    if (text.len == 0 || add_up(text, mark, price_decimals(ret->currency), &ret->minor) != 0) {
        return text.len == 0 ? no_price(text, err)
                             : err_set(err, ERR_INVALID, "is more than any price");
    }
    ret->known = true;
    return 0;
}

int
price_parse_minor(struct str text, struct str currency, struct catalog_price *ret, struct err *err)
{
    struct str whole = str_trim(text);
    if (says_nothing(whole)) {
        return 1;
    }
    if (str_ends(whole, STR(".0"))) {
        whole.len -= 2;
    }
    if (!str_to_i64(whole, &ret->minor) || ret->minor < 0 || ret->minor > price_max) {
        return err_set(err, ERR_INVALID, "'%" STR_FMT "' is no whole number of cents",
                       STR_ARG(str_sub(whole, 0, 40)));
    }
    ret->currency = price_currency(currency);
    ret->known = true;
    return 0;
}

void
price_format(const struct catalog_price *price, char out[PRICE_TEXT])
{
    int decimals = price_decimals(price->currency);
    int64_t unit = price_units(price->currency);
    if (decimals == 0) {
        (void)snprintf(out, PRICE_TEXT, "%lld", (long long)price->minor);
        return;
    }
    (void)snprintf(out, PRICE_TEXT, "%lld.%0*lld", (long long)(price->minor / unit), decimals,
                   (long long)(price->minor % unit));
}

int
stock_parse(struct str text, bool *ret, struct err *err)
{
    static const struct {
        struct str word;
        bool yes;
    } words[] = {
        {STR_INIT("yes"), true},
        {STR_INIT("y"), true},
        {STR_INIT("true"), true},
        {STR_INIT("t"), true},
        {STR_INIT("x"), true},
        {STR_INIT("on"), true},
        {STR_INIT("in stock"), true},
        {STR_INIT("instock"), true},
        {STR_INIT("in_stock"), true},
        {STR_INIT("available"), true},
        {STR_INIT("ja"), true},
        {STR_INIT("oui"), true},
        {STR_INIT("no"), false},
        {STR_INIT("n"), false},
        {STR_INIT("false"), false},
        {STR_INIT("f"), false},
        {STR_INIT("off"), false},
        {STR_INIT("out of stock"), false},
        {STR_INIT("outofstock"), false},
        {STR_INIT("out_of_stock"), false},
        {STR_INIT("sold out"), false},
        {STR_INIT("soldout"), false},
        {STR_INIT("unavailable"), false},
        {STR_INIT("backorder"), false},
        {STR_INIT("discontinued"), false},
        {STR_INIT("nein"), false},
        {STR_INIT("non"), false},
    };
    struct str word = str_trim(text);
    double number;
    if (says_nothing(word)) {
        return 1;
    }
    if (str_to_double(word, &number)) {
        *ret = number > 0;
        return 0;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_nocase(word, words[i].word)) {
            *ret = words[i].yes;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "'%" STR_FMT "' is neither yes nor no",
                   STR_ARG(str_sub(word, 0, 40)));
}
