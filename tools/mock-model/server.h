/* server: HTTP in front of the wire formats.
 *
 * Finds the format by the path, has it read the request, lets the scenario answer and hands the
 * reply to the pacer. One server a process, one thread. */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include "base/err.h"
#include "scenario.h"
#include "stream.h"

struct event_base;
struct server;

struct server_options {
    struct scenario_options scenario;
    struct pacer_options pacer;
    const char *tls_certificate; /* PEM files; NULL: plain */
    const char *tls_key;
    const char *aws_secret; /* NULL: signatures are not recomputed */
    unsigned retry_after;   /* seconds that 429 names; 0: none */
    int log;                /* -1: none */
};

/* Serve on LISTENER, a listening socket, *taken* on success. OPTIONS are *borrowed until
 * server_free()*. */
int server_new(struct event_base *base, int listener, const struct server_options *options,
               struct server **ret, struct err *err) WARN_UNUSED;
void server_free(struct server *s);

#endif
