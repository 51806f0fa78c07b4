/* price: amounts as shops write them, and yes and no as shops write them.
 *
 * "1.299,00 €", "$1,299.00", "49.90 EUR", "1'299.-", 49.9: an amount and, where it is said, a
 * currency. Amounts are kept in the currency's smallest unit (ISO 4217's number of decimals, two
 * where no currency is known). A single point or comma before exactly three digits ("1.299") stands
 * between thousands unless the currency has thousandths; digits between separators must be grouped
 * as thousands are ("1.2.3" is no price). Everything here is [any] and allocates nothing. */
#ifndef CATALOG_PRICE_H
#define CATALOG_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "catalog/catalog.h"

/* 0, 2 or 3; two for what is not known. */
int price_decimals(struct str currency);
/* Smallest units of one whole unit: 1, 100 or 1000. */
int64_t price_units(struct str currency);
/* An ISO 4217 code as it is written ("eur" -> "EUR"), static storage; empty when it is none that
 * is known here. */
struct str price_currency(struct str text);

/* Read TEXT. CURRENCY (may be empty) is what the record says elsewhere; it settles what "$" or
 * "kr" means. 0; 1 nothing is said ("", "-", "n/a"); ERR_INVALID with the reason and no more
 * ("'call us' is no price"). RET's currency is static storage. *RET_GUESSED is set, and else left,
 * where thousands were read although the mark is the currency's own decimal mark ("$1.299"). */
int price_parse(struct str text, struct str currency, struct catalog_price *ret, bool *ret_guessed,
                struct err *err) WARN_UNUSED;
/* A number as a program writes it, or as a stored record has it: its point is a decimal point
 * whatever stands behind it. */
int price_parse_number(struct str text, struct str currency, struct catalog_price *ret,
                       struct err *err) WARN_UNUSED;
/* The same for an amount in the smallest unit ("price_cents"). */
int price_parse_minor(struct str text, struct str currency, struct catalog_price *ret,
                      struct err *err) WARN_UNUSED;
/* Write "49.90" to OUT. */
enum { PRICE_TEXT = 32 };
void price_format(const struct catalog_price *price, char out[PRICE_TEXT]);

/* "yes", "in stock", "sold out", 0, 12 ...: 0; 1 nothing is said; ERR_INVALID. */
int stock_parse(struct str text, bool *ret, struct err *err) WARN_UNUSED;

#endif
