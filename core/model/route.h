/* route: a model that is a list of providers. What stands between a turn and a server.
 *
 * A call goes to the first entry that may be asked: whose server would not refuse the request as it
 * stands, whose breaker is not open, whose quota has room. Where the request prefers an entry those
 * before it are left out. What comes back broken is tried again as retry.h decides; when an entry
 * is done for, the next is asked, and the reply names the entry that
 * gave it. A reply that broke after text was shown is continued once where the server can do that
 * (request.partial): the reply is then one text, what was shown and what followed; blanks that both
 * have at the seam are kept once. Else what was shown is withdrawn and the reply begins anew.
 *
 * When no entry gives a reply, the call ends with the first entry's failure, and what the others
 * said behind it, as far as that fits. Each time another entry is asked the reason is logged,
 * quietly: a reply that came at last has the reasons in its note.
 *
 * Promises of model.h: no event inside start, exactly one done, none after cancel. One attempt at a
 * time. A cancel may come at any moment, from inside text and retracted as well. [loop] */
#ifndef MODEL_ROUTE_H
#define MODEL_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "model/model.h"
#include "model/retry.h"

struct breaker;
struct clock;
struct loop;
struct provider;
struct quota;

/* Everything is borrowed until model_free(). */
struct route_entry {
    struct str name; /* in desk.yaml */
    struct provider *provider;
    struct model_params params; /* the model's own; the request's win */
    struct breaker *breaker;    /* NULL: always asked */
    struct quota *quota;        /* NULL: no limits */
    struct retry_rules rules;
};

struct route_parts {
    struct loop *loop;
    const struct clock *clock;
    struct retry_random random;
};

/* The model is called as the first entry; COUNT is at least 1; ENTRIES is copied. */
int route_new(const struct route_parts *parts, const struct route_entry *entries, size_t count,
              struct model **ret, struct err *err) WARN_UNUSED;

#endif
