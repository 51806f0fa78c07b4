/* approve: an agent who has agreed to every call of a recorded talk before it begins. */
#ifndef RETAIL_APPROVE_H
#define RETAIL_APPROVE_H

#include "desk_fixture.h"

struct js;

enum { APPROVE_MAX = 40 };

struct approver {
    struct talk talk; /* its on_started is the approver's */
    const struct js *calls;
    struct str customer;
    struct approval_row rows[APPROVE_MAX];
    size_t count; /* that were wanted */
    struct store_request request;
};

/* CALLS: an array of {"name","arguments"}, of CUSTOMER's. Both outlive the talk. */
void approver_init(struct approver *a, const struct js *calls, struct str customer);

#endif
