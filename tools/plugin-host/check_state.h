/* check_state: what a process has and a plugin must leave as it found it: descriptors, threads,
 * folder, locale, umask, environment, what signals do. Taken before the plugin's file is mapped,
 * compared after its last instance ended. Also its stdout and stderr, which lead to a pipe of ours.
 */
#ifndef PLUGIN_HOST_CHECK_STATE_H
#define PLUGIN_HOST_CHECK_STATE_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

enum { CHECK_FDS = 1024, CHECK_SIGNALS = 32, CHECK_PATH = 256 };

struct check;

struct check_state {
    DIR *tasks; /* this process's threads; NULL where that cannot be looked at */
    int task_count;
    bool open[CHECK_FDS];
    void (*signals[CHECK_SIGNALS])(int);
    char folder[CHECK_PATH];
    char locale[CHECK_PATH];
    mode_t mask;
    int sink; /* where what was printed can be read */
};

/* Lead stdin to nothing, stdout and stderr to the sink, and empty the environment. False: it cannot
 * be done. */
bool check_state_prepare(struct check_state *s);
/* How it is now. */
void check_state_take(struct check_state *s);
void check_state_done(struct check_state *s);
/* Say what C's plugin changed. */
void check_state_compare(struct check *c, const struct check_state *before);

#endif
