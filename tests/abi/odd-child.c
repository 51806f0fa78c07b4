/* odd-child: stands where plugin-host does, and says what no honest child would. Which thing, the
 * `memory` of its cage says: there is nothing else that a test can tell it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "odd-child.h"
#include "plugin/child_wire.h"

#define MANIFEST                                                                                   \
    "{\"name\":\"odd\",\"version\":\"1\",\"description\":\"d\",\"optional\":[\"dh.desk/"           \
    "1\",\"dh.kv/1\"],"                                                                            \
    "\"tools\":[{\"name\":\"odd\",\"description\":\"d\",\"effect\":\"write\","                     \
    "\"input_schema\":{\"type\":\"object\"}}]}"

static void
say_lengths(uint32_t head, uint32_t body)
{
    uint32_t lengths[2] = {head, body}; /* little-endian, as all machines it is built for */
    (void)send(WIRE_FD, lengths, sizeof(lengths), MSG_NOSIGNAL);
}

static void
say(const char *head, const char *body)
{
    say_lengths((uint32_t)strlen(head), (uint32_t)strlen(body));
    (void)send(WIRE_FD, head, strlen(head), MSG_NOSIGNAL);
    (void)send(WIRE_FD, body, strlen(body), MSG_NOSIGNAL);
}

static void
take(void *to, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = recv(WIRE_FD, (char *)to + got, size - got, 0);
        if (more <= 0) {
            _exit(9);
        }
        got += (size_t)more;
    }
}

/* The next message's head, NUL-terminated, in HEAD. */
static void
hear(char head[4096])
{
    static char body[2 * 1024 * 1024];
    uint32_t lengths[2];
    take(lengths, sizeof(lengths));
    if (lengths[0] >= 4096 || lengths[1] > sizeof(body)) {
        _exit(9);
    }
    take(head, lengths[0]);
    head[lengths[0]] = '\0';
    take(body, lengths[1]);
}

/* The number behind "KEY": in HEAD. */
static long
number(const char *head, const char *key)
{
    const char *at = strstr(head, key);
    return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

static void
load_oddly(long what)
{
    if (what == ODD_HELLO_AGAIN) {
        say("{\"t\":\"hello\",\"protocol\":1}", "");
    } else if (what == ODD_NO_MANIFEST) {
        say("{\"t\":\"loaded\",\"missing\":0}", "{\"name\":");
    } else if (what == ODD_EARLY) {
        say("{\"t\":\"created\"}", "");
    } else if (what == ODD_NO_JSON) {
        say("{\"t\":\"loaded\",", MANIFEST);
    } else if (what == ODD_NO_OBJECT) {
        say("[\"loaded\"]", MANIFEST);
    } else if (what == ODD_REFUSES) {
        say("{\"t\":\"refused\"}", "not \x1b[31mtoday\xff");
    } else if (what == ODD_LONG_HEAD) {
        say_lengths(1u << 30, 0);
    } else if (what == ODD_LONG_BODY) {
        say_lengths(20, 3 * 1024 * 1024);
    } else if (what == ODD_LEAVES) {
        _exit(0);
    } else {
        say("{\"t\":\"loaded\",\"missing\":0}", MANIFEST);
    }
}

static void
say_done(long id, long value)
{
    char head[100];
    char body[40];
    (void)snprintf(head, sizeof(head), "{\"t\":\"done\",\"id\":%ld,\"answers\":1}", id);
    (void)snprintf(body, sizeof(body), "{\"odd\":%ld}", value);
    say(head, body);
}

static void
ask_kv(long id, const char *question, const char *body)
{
    char head[1000];
    (void)snprintf(head, sizeof(head), "{\"t\":\"ask\",\"ext\":\"dh.kv/1\",\"id\":%ld%s}", id,
                   question);
    say(head, body);
}

static void
ask_nonsense(long which, long id)
{
    static char large[64 * 1024 + 2];
    static const char *const questions[ODD_KV_LAST - ODD_KV + 1] = {
        "",
        ",\"q\":[1,2]",
        ",\"q\":{\"do\":\"get\"}",
        ",\"q\":{\"do\":\"drop\",\"key\":\"k\"}",
        ",\"q\":{\"do\":\"get\",\"key\":\"a\\u0000b\"}",
        ",\"q\":{\"do\":\"put\",\"key\":\"k\",\"ttl\":-1}",
        ",\"q\":{\"do\":\"put\",\"key\":{\"k\":1}}",
        ",\"q\":{\"do\":\"put\",\"key\":\"k\"}",
    };
    char answer[4096];
    memset(large, 'x', sizeof(large) - 1);
    ask_kv(id, questions[which], which == ODD_KV_LAST - ODD_KV ? large : "");
    hear(answer);
    say_done(id, number(answer, "\"value\":"));
}

static void
answer_oddly(long what, long id, long secrets)
{
    char head[200];
    if (what >= ODD_KV && what <= ODD_KV_LAST) {
        ask_nonsense(what - ODD_KV, id);
        return;
    }
    if (what == ODD_SECRETS) {
        say_done(id, secrets);
        return;
    }
    if (what == ODD_ASKS_TWICE || what == ODD_ENDS_ASKING) {
        ask_kv(id, ",\"q\":{\"do\":\"get\",\"key\":\"k\"}", "");
    }
    if (what == ODD_ASKS_TWICE) {
        ask_kv(id, ",\"q\":{\"do\":\"get\",\"key\":\"k\"}", "");
    }
    const char *before = "{\"t\":\"done\",\"id\":";
    const char *after = ",\"answers\":1}";
    if (what == ODD_COUNT) {
        before = "{\"t\":\"done\",\"id\":";
        after = ",\"answers\":-1}";
    } else if (what == ODD_MANY) {
        before = "{\"t\":\"done\",\"id\":";
        after = ",\"answers\":99999999999999}";
    } else if (what == ODD_ASKS_UNLISTED) {
        before = "{\"t\":\"ask\",\"ext\":\"dh.log/1\",\"id\":";
        after = "}";
    } else if (what == ODD_ASKS_NOTHING) {
        before = "{\"t\":\"ask\",\"id\":";
        after = "}";
    } else if (what == ODD_TELLS_OF_OTHERS) {
        before = "{\"t\":\"tell\",\"ext\":\"dh.desk/1\",\"id\":1";
        after = "}";
    } else if (what == ODD_TELLS_WHAT_IS_ASKED) {
        before = "{\"t\":\"tell\",\"ext\":\"dh.kv/1\",\"id\":";
        after = "}";
    } else if (what == ODD_UNKNOWN) {
        before = "{\"t\":\"fine\",\"id\":";
        after = "}";
    } else if (what == ODD_STAGES_AND_FAILS) {
        before = "{\"t\":\"ask\",\"ext\":\"dh.desk/1\",\"id\":";
        after = ",\"q\":{\"priority\":\"high\"}}";
    }
    (void)snprintf(head, sizeof(head), "%s%ld%s", before, id, after);
    say(head, what == ODD_STAGES_AND_FAILS ? "why" : "{\"odd\":true}");
    if (what == ODD_STAGES_AND_FAILS) {
        char answer[4096];
        hear(answer);
        (void)snprintf(head, sizeof(head),
                       "{\"t\":\"done\",\"id\":%ld,\"answers\":1,\"failed\":true,\"code\":5}", id);
        say(head, "no");
    }
    if (what == ODD_TWICE) {
        say(head, "{\"odd\":2}");
    }
}

int
main(void)
{
    char head[4096];
    hear(head);
    say("{\"t\":\"hello\",\"protocol\":1,\"capabilities\":[\"cancel\"]}", "");
    hear(head);
    long what = number(head, "\"memory\":");
    long secrets = 0;
    load_oddly(what);
    for (;;) {
        hear(head);
        if (strstr(head, "\"t\":\"create\"")) {
            secrets = strstr(head, "secret") ? 1 : 0;
            say("{\"t\":\"created\"}", "");
        } else if (strstr(head, "\"t\":\"call\"")) {
            answer_oddly(what, number(head, "\"id\":"), secrets);
        } else if (strstr(head, "\"t\":\"end\"")) {
            return 0;
        }
    }
}
