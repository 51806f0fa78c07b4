#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/limits.h"
#include "plugin/child_wire.h"

enum {
    HIGH_FD = 200,
    PIECE = 16 * 1024,
};

void
link_break(void)
{
    _exit(WIRE_EXIT_BROKEN);
}

void
link_init(struct link *l, int fd)
{
    *l = (struct link){.fd = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD)};
    if (l->fd < 0 || pthread_mutex_init(&l->sending, NULL) != 0) {
        _exit(WIRE_EXIT_NO_DESK);
    }
    (void)close(fd);
    /* The longest that a desk sends: a configuration is shorter. */
    frames_init(&l->in, LIMIT_ASK_ANSWER_BYTES);
}

/* The first DONE bytes of PARTS are out. */
static void
skip(struct iovec *parts, size_t count, size_t done)
{
    for (size_t i = 0; i < count; i++) {
        size_t here = done < parts[i].iov_len ? done : parts[i].iov_len;
        parts[i].iov_base = here ? (char *)parts[i].iov_base + here : parts[i].iov_base;
        parts[i].iov_len -= here;
        done -= here;
    }
}

void
link_send(struct link *l, struct str head, struct str body)
{
    unsigned char lengths[FRAME_LENGTHS];
    frame_lengths(head, body, lengths);
    struct iovec parts[] = {
        {lengths, sizeof(lengths)}, {(void *)head.ptr, head.len}, {(void *)body.ptr, body.len}};
    size_t left = sizeof(lengths) + head.len + body.len;
    (void)pthread_mutex_lock(&l->sending);
    while (left > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
        ssize_t put = sendmsg(l->fd, &message, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
            _exit(WIRE_EXIT_NO_DESK);
        }
        if (put > 0) {
            skip(parts, 3, (size_t)put);
            left -= (size_t)put;
        }
    }
    (void)pthread_mutex_unlock(&l->sending);
}

bool
link_next(struct link *l, struct frame *ret)
{
    struct err err;
    int result = frames_next(&l->in, ret, &err);
    if (result < 0) {
        link_break();
    }
    return result == FRAME_READY;
}

void
link_fill(struct link *l)
{
    char piece[PIECE];
    struct err err;
    ssize_t got;
    do {
        got = recv(l->fd, piece, sizeof(piece), 0);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        _exit(WIRE_EXIT_NO_DESK);
    }
    if (frames_feed(&l->in, (struct str){piece, (size_t)got}, &err) < 0) {
        link_break();
    }
}

struct frame
link_wait(struct link *l)
{
    struct frame frame;
    while (!link_next(l, &frame)) {
        link_fill(l);
    }
    return frame;
}

void
link_open(struct saying *s, const char *message)
{
    buf_init(&s->text, LIMIT_FRAME_HEAD_BYTES);
    js_out_init(&s->out, &s->text);
    js_begin_object(&s->out);
    js_put_str(&s->out, "t", str_c(message));
}

void
link_say(struct link *l, struct saying *s, struct str body)
{
    js_end_object(&s->out);
    if (s->text.failed) {
        link_break();
    }
    link_send(l, buf_str(&s->text), body);
    buf_done(&s->text);
}
