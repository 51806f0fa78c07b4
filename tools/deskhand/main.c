/* deskhand: the program. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "base/fault.h"
#include "base/must.h"
#include "command.h"
#include "config/config.h"

static void
say_version(void)
{
    (void)fprintf(stderr, "deskhand: version %s\n", DESKHAND_VERSION);
}

int
main(int argc, char **argv)
{
    struct app app = {0};
    must_set_hook(say_version);
    /* Only the characters' encoding: numbers and dates stay as programs read them. */
    if (!setlocale(LC_CTYPE, "")) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
    /* A closed pipe is an error of a write, not the end of the program. */
    (void)signal(SIGPIPE, SIG_IGN);
    const char *fault = config_env("DESKHAND_FAULT");
    if (fault && !fault_configure(str_c(fault))) {
        (void)fprintf(stderr,
                      "deskhand: DESKHAND_FAULT: this build has no fault hooks, or '%s' is "
                      "none: use kill:N, alloc:N or io:N\n",
                      fault);
        return EXIT_USAGE;
    }
    int status = command_main(&app, argc, argv);
    app_done(&app);
    if (fault) {
        /* For the test that counts up: below N, none was failed. */
        (void)fprintf(stderr, "passed %lu\n", fault_passed());
    }
    return status;
}
