#include "base/faults.h"

bool
faults_note(struct faults *f, int64_t now_ms)
{
    size_t recent = 0;
    f->when[f->count++ % FAULTS_MAX] = now_ms;
    for (size_t i = 0; i < FAULTS_MAX && i < f->count; i++) {
        recent += now_ms - f->when[i] < FAULTS_MS;
    }
    f->not_before_ms = now_ms + ((int64_t)FAULTS_BACKOFF_MS << (recent - 1));
    if (recent < FAULTS_MAX || f->until_ms > 0) {
        return false;
    }
    faults_quarantine(f, now_ms, FAULTS_HOLD_MS);
    return true;
}

bool
faults_hold(struct faults *f, int64_t now_ms)
{
    if (f->until_ms > 0 && now_ms >= f->until_ms) {
        *f = (struct faults){0};
    }
    return f->until_ms > 0;
}

void
faults_quarantine(struct faults *f, int64_t now_ms, int64_t for_ms)
{
    f->until_ms = now_ms + for_ms;
}
