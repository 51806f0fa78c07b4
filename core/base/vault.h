/* vault: memory for secrets.
 *
 * Pages of their own, which the kernel leaves out of core dumps and which are wiped before they are
 * given back; where the kernel does not know how, the rest holds. For a few small things that live
 * long: each takes a page at least. [any] */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include <stddef.h>

#include "base/alloc.h"

/* SIZE bytes, zeroed; NULL when there is no memory. Owned, free with vault_free(). */
void *vault_new(size_t size) ALLOC_RESULT;
/* NULL is fine. */
void vault_free(void *p);

#endif
