#include "io/child_output.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

enum { FIRST_OUTPUT = 1024, PASS_MAX = 64 * 1024 };

static void
wipe(char *text, size_t size)
{
    if (text) {
        explicit_bzero(text, size);
        mem_free(text);
    }
}

static int
make_room(struct child_output *o)
{
    if (o->len < o->capacity || o->capacity == o->max) {
        return 0;
    }
    size_t capacity = o->capacity ? o->capacity * 2 : FIRST_OUTPUT;
    capacity = capacity > o->max ? o->max : capacity;
    char *grown = mem_alloc(capacity);
    if (!grown) {
        return ERR_NOMEM;
    }
    if (o->len) {
        memcpy(grown, o->text, o->len);
    }
    wipe(o->text, o->capacity);
    o->text = grown;
    o->capacity = capacity;
    return 0;
}

void
child_output_close(struct child_output *o)
{
    loop_watch_done(&o->watch);
    if (o->fd >= 0) {
        (void)close(o->fd);
    }
    o->fd = -1;
}

/* One read, past the storage where that is full and the rest is not wanted. As read(2). */
static ssize_t
read_output(struct child_output *o)
{
    char dropped[4096];
    if (o->cut && o->len == o->max) {
        return read(o->fd, dropped, sizeof(dropped));
    }
    size_t room = (o->capacity < o->max ? o->capacity : o->max) - o->len;
    /* At the maximum one byte more tells whether there is more. */
    ssize_t got = room ? read(o->fd, o->text + o->len, room) : read(o->fd, dropped, 1);
    if (got > 0) {
        o->len += (size_t)got;
    }
    return got;
}

int
child_output_take(struct child_output *o)
{
    size_t taken = 0;
    while (o->fd >= 0 && taken < PASS_MAX) {
        if (make_room(o) < 0) {
            return ERR_NOMEM;
        }
        ssize_t got = read_output(o);
        if (o->len > o->max) {
            return ERR_LIMIT;
        }
        if (got > 0) {
            taken += (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            child_output_close(o);
        } else if (errno == EAGAIN) {
            break;
        }
    }
    return 0;
}

void
child_output_done(struct child_output *o)
{
    child_output_close(o);
    wipe(o->text, o->capacity);
    o->text = NULL;
}
