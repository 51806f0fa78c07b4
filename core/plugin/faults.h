/* faults: how often something went wrong of late, and what follows from it: the next try is made a
 * little later each time, and after FAULTS_MAX within FAULTS_MS there is none. [any] */
#ifndef PLUGIN_FAULTS_H
#define PLUGIN_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAULTS_MAX = 5,
    FAULTS_MS = 10 * 60 * 1000,
    FAULTS_BACKOFF_MS = 50, /* after the first; twice as long after each */
};

struct faults {
    int64_t when[FAULTS_MAX]; /* the newest at COUNT - 1, in turn */
    size_t count;             /* of all times */
    int64_t not_before_ms;    /* the next try */
    bool quarantined;         /* for good */
};

/* One at NOW_MS, of a clock that only goes forward. */
void faults_note(struct faults *f, int64_t now_ms);

#endif
