/* link: the child's end of the connection to its desk.
 *
 * Sending may come from any thread; receiving is one thread's at a time. There is no life without
 * the desk: an end or an error of the connection ends the process at once, without destructors. */
#ifndef PLUGIN_HOST_LINK_H
#define PLUGIN_HOST_LINK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/json.h"
#include "plugin/frame.h"

struct link {
    int fd;
    struct frames in;
    pthread_mutex_t sending;
};

/* Take over FD, moved to where a plugin that closes what it finds is unlikely to look. */
void link_init(struct link *l, int fd);
void link_send(struct link *l, struct str head, struct str body);
/* The next message that has come already; false: there is none. */
bool link_next(struct link *l, struct frame *ret);
/* Wait for more. */
void link_fill(struct link *l);
/* The next message, waited for. */
struct frame link_wait(struct link *l);

/* Something does not add up: say nothing more. */
void link_break(void) __attribute__((noreturn));

/* A head under way: MESSAGE opens it, link_say() closes and sends it. */
struct saying {
    struct buf text;
    struct js_out out;
};
void link_open(struct saying *s, const char *message);
void link_say(struct link *l, struct saying *s, struct str body);

#endif
