/* serve: a plugin's calls, on the threads of its child.
 *
 * A few threads share one connection. Whoever has nothing else to do reads it, one at a time, and
 * runs the call that it finds there itself, so that a lone call changes threads nowhere; before it
 * begins it wakes another one to listen for cancels and answers. A call that asks the desk waits,
 * and reads meanwhile when nobody else does. */
#ifndef PLUGIN_HOST_SERVE_H
#define PLUGIN_HOST_SERVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "link.h"
#include "plugin/ask.h"
#include "plugin/call.h"
#include "plugin/grants.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"
#include "tool/tool.h"

struct serve;

/* One call, from its message until its answer is on the way. */
struct served {
    struct plugin_call call;
    struct serve *serve;
    struct served *next;  /* in the queue */
    struct served *later; /* among all */
    int64_t id;
    bool answered; /* what it asked */
    struct ask_answer answer;
};

struct serve {
    struct link *link;
    struct plugin_code code;  /* its manifest is the one below */
    struct manifest manifest; /* name and granted ids: what extensions look at */
    struct grants grants;     /* the secrets */
    struct plugin_instance *instance;
    pthread_mutex_t lock; /* of everything below, and of receiving */
    pthread_cond_t news;
    struct served *first;
    struct served *last;
    struct served *all;
    unsigned at_once;
    unsigned running;
    unsigned idle;
    bool reading;
    bool ending;
};

/* Serve until the desk says "end" or is gone: the process ends in here. */
void serve_run(struct serve *s) __attribute__((noreturn));

/* struct plugin_code's TELL, for the CODE of a struct serve. */
void serve_tell(const struct plugin_code *code, const struct ask_text *text);

/* The tables that need the desk and those that do not. */
const struct plugin_extension *serve_extensions(size_t *ret_count);

#endif
