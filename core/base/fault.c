#include "base/fault.h"

#ifdef DESKHAND_FAULT_HOOKS

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum kind { KIND_NONE, KIND_KILL, KIND_ALLOC, KIND_IO };

/* Test builds only: the countdown is process-wide by nature. */
static atomic_int kind;
static atomic_long left;
static atomic_ulong passed;

bool
fault_configure(struct str spec)
{
    static const struct {
        struct str prefix;
        enum kind kind;
    } kinds[] = {
        {STR_INIT("kill:"), KIND_KILL},
        {STR_INIT("alloc:"), KIND_ALLOC},
        {STR_INIT("io:"), KIND_IO},
    };
    atomic_store(&kind, KIND_NONE);
    atomic_store(&passed, 0);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int64_t count;
        if (str_starts(spec, kinds[i].prefix) &&
            str_to_i64(str_sub(spec, kinds[i].prefix.len, SIZE_MAX), &count) && count > 0) {
            atomic_store(&left, (long)count);
            atomic_store(&kind, kinds[i].kind);
            return true;
        }
    }
    return spec.len == 0;
}

unsigned long
fault_passed(void)
{
    return atomic_load(&passed);
}

static bool
fires(enum kind mine)
{
    if (atomic_load(&kind) != (int)mine) {
        return false;
    }
    atomic_fetch_add(&passed, 1);
    return atomic_fetch_sub(&left, 1) == 1;
}

void
fault_point(const char *name)
{
    (void)name;
    if (fires(KIND_KILL)) {
        (void)kill(getpid(), SIGKILL);
        for (;;) {
            (void)pause();
        }
    }
}

bool
fault_alloc(void)
{
    return fires(KIND_ALLOC);
}

bool
fault_io(const char *name)
{
    (void)name;
    return fires(KIND_IO);
}

#else
/* An empty translation unit is not C. */
typedef int fault_hooks_are_off;
#endif
