#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "term.h"

enum { FIRST_MS = 300, AGAIN_MS = 100, BAR = 30 };

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

void
progress_begin(struct progress *p, const char *what, const char *unit)
{
    const char *kind = config_env("TERM");
    *p = (struct progress){.what = what, .unit = unit, .next_ms = now_ms() + FIRST_MS};
    p->on = term_is_terminal(stderr) && kind && strcmp(kind, "dumb") != 0;
}

void
progress_show(struct progress *p, uint64_t count, uint64_t done, uint64_t total)
{
    char bar[BAR + 1];
    if (!p->on || now_ms() < p->next_ms) {
        return;
    }
    p->next_ms = now_ms() + AGAIN_MS;
    p->shown = true;
    if (total == 0) {
        (void)fprintf(stderr, "\r\033[K%s: %llu %s", p->what, (unsigned long long)count, p->unit);
        return;
    }
    double part = done >= total ? 1.0 : (double)done / (double)total;
    size_t full = (size_t)(part * BAR);
    memset(bar, '#', full);
    memset(bar + full, '.', BAR - full);
    bar[BAR] = '\0';
    (void)fprintf(stderr, "\r\033[K%s: %s[%s]%s %3d%%  %llu %s", p->what,
                  term_style(stderr, TERM_CYAN), bar, term_style(stderr, TERM_PLAIN),
                  (int)(part * 100.0), (unsigned long long)count, p->unit);
}

void
progress_clear(struct progress *p)
{
    if (p->shown) {
        (void)fprintf(stderr, "\r\033[K");
        (void)fflush(stderr);
        p->shown = false;
    }
}
