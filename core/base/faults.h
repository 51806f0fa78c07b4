/* faults: how often something went wrong of late, and what follows from it: the next try is made a
 * little later each time, and after FAULTS_MAX within FAULTS_MS there is none for FAULTS_HOLD_MS:
 * it is quarantined. Times are of a clock that only goes forward. `{0}`: none yet. [any] */
#ifndef BASE_FAULTS_H
#define BASE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAULTS_MAX = 5,
    FAULTS_MS = 10 * 60 * 1000,
    FAULTS_HOLD_MS = 60 * 60 * 1000,
    FAULTS_BACKOFF_MS = 50, /* after the first; twice as long after each */
};

struct faults {
    int64_t when[FAULTS_MAX]; /* the newest at COUNT - 1, in turn */
    size_t count;             /* since the last quarantine */
    int64_t not_before_ms;    /* the next try */
    int64_t until_ms;         /* quarantined until then; 0: not */
};

/* One at NOW_MS. True: that was one too many, the quarantine begins. */
bool faults_note(struct faults *f, int64_t now_ms);
/* Quarantined at NOW_MS? What is over is forgotten. */
bool faults_hold(struct faults *f, int64_t now_ms);
/* Quarantined from NOW_MS on for FOR_MS, whatever happened here. */
void faults_quarantine(struct faults *f, int64_t now_ms, int64_t for_ms);

#endif
