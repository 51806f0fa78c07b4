#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

/* One of the two allowed globals: a panic has nobody to ask for its context. */
static void (*panic_hook)(void);

void
must_set_hook(void (*hook)(void))
{
    panic_hook = hook;
}

_Noreturn void
must_failed(const char *condition, const char *file, int line)
{
    void (*hook)(void) = panic_hook;
    panic_hook = NULL;
    (void)fprintf(stderr, "deskhand: bug: %s:%d: %s: please report this\n", file, line, condition);
    if (hook) {
        hook();
    }
    abort();
}
