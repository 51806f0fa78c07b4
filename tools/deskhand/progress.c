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
    int64_t now = now_ms();
    *p = (struct progress){.what = what, .unit = unit, .began_ms = now, .next_ms = now + FIRST_MS};
    p->on = term_is_terminal(stderr) && kind && strcmp(kind, "dumb") != 0;
}

/* How many a second so far. */
static uint64_t
rate(const struct progress *p, uint64_t count)
{
    int64_t ms = now_ms() - p->began_ms;
    return ms > 0 ? (uint64_t)((double)count * 1000.0 / (double)ms) : 0;
}

/* "3:05 left", nothing where the first of it is too little to tell by. */
static void
show_left(const struct progress *p, double part)
{
    double seconds = (double)(now_ms() - p->began_ms) / 1000.0;
    if (part >= 0.01 && part < 1.0) {
        uint64_t left = (uint64_t)(seconds * (1.0 - part) / part + 0.5);
        (void)fprintf(stderr, ", %llu:%02llu left", (unsigned long long)(left / 60),
                      (unsigned long long)(left % 60));
    }
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
        (void)fprintf(stderr, "\r\033[K%s: %llu %s, %llu/s", p->what, (unsigned long long)count,
                      p->unit, (unsigned long long)rate(p, count));
        return;
    }
    double part = done >= total ? 1.0 : (double)done / (double)total;
    size_t full = (size_t)(part * BAR);
    memset(bar, '#', full);
    memset(bar + full, '.', BAR - full);
    bar[BAR] = '\0';
    (void)fprintf(stderr, "\r\033[K%s: %s[%s]%s %3d%%  %llu %s, %llu/s", p->what,
                  term_style(stderr, TERM_CYAN), bar, term_style(stderr, TERM_PLAIN),
                  (int)(part * 100.0), (unsigned long long)count, p->unit,
                  (unsigned long long)rate(p, count));
    show_left(p, part);
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
