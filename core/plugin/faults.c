#include "plugin/faults.h"

void
faults_note(struct faults *f, int64_t now_ms)
{
    size_t recent = 0;
    f->when[f->count++ % FAULTS_MAX] = now_ms;
    for (size_t i = 0; i < FAULTS_MAX && i < f->count; i++) {
        recent += now_ms - f->when[i] < FAULTS_MS;
    }
    f->quarantined = f->quarantined || recent >= FAULTS_MAX;
    f->not_before_ms = now_ms + ((int64_t)FAULTS_BACKOFF_MS << (recent - 1));
}
