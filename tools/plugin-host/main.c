/* plugin-host: the child that a plugin runs in. A desk starts it; it is no command for people.
 *
 * It greets, goes into its cage, and only then maps the plugin's file. It links what a plugin's
 * calls need and nothing else: no network library, no database, no event loop. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "check.h"
#include "command.h"
#include "plugin/cage.h"
#include "plugin/child_wire.h"
#include "plugin/code.h"
#include "serve.h"

enum { GRANTS_MAX = 64, AT_ONCE_MAX = 64 };

/* The next message, which has to be TYPE. */
static struct frame
expect(struct link *l, const char *type, struct arena *arena, struct js **ret_head)
{
    struct err err;
    struct frame frame = link_wait(l);
    if (js_parse_object(frame.head, "message", arena, ret_head, &err) < 0 ||
        !str_eq_c(js_get_text(*ret_head, "t"), type)) {
        link_break();
    }
    return frame;
}

static void
say_refused(struct link *l, const struct err *err)
{
    struct saying refused;
    link_open(&refused, "refused");
    link_say(l, &refused, str_c(err->message));
}

static void
greet(struct link *l)
{
    AUTO(arena) struct arena arena = {0};
    struct js *head;
    struct saying hello;
    bool known = false;
    (void)expect(l, "hello", &arena, &head);
    const struct js *protocols = js_get_c(head, "protocols");
    for (size_t i = 0; i < js_count(protocols); i++) {
        known = known || js_int(js_at(protocols, i), 0) == WIRE_PROTOCOL;
    }
    /* A desk that died before it could be watched. */
    if (!known || js_get_int(head, "parent", 0) != getppid()) {
        link_break();
    }
    link_open(&hello, "hello");
    js_put_int(&hello.out, "protocol", WIRE_PROTOCOL);
    js_key(&hello.out, STR("capabilities"));
    js_begin_array(&hello.out);
    js_add_str(&hello.out, STR("cancel"));
    js_add_str(&hello.out, STR("overlap"));
    js_end_array(&hello.out);
    link_say(l, &hello, STR(""));
}

static const char *const *
texts(const struct js *array, struct arena *arena)
{
    size_t count = js_count(array);
    const char **list = arena_zero(arena, count + 1, sizeof(*list));
    if (!list || count > GRANTS_MAX) {
        link_break();
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = js_text(js_at(array, i)).ptr;
    }
    return list;
}

/* Into the cage, and the plugin's code behind it. FILE was opened outside: another user may have
 * no way to the path. */
static int
enter_and_open(const struct js *head, int file, struct dh_plugin *ret, unsigned *ret_missing,
               struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    const char *path = js_get_text(head, "path").ptr;
    const struct cage cage = {
        .read = texts(js_get_c(head, "read"), &arena),
        .write = texts(js_get_c(head, "write"), &arena),
        .folder = js_get_text(head, "folder").ptr,
        .network = js_get_bool(head, "network", false),
        .memory = js_get_int(head, "memory", 0),
        .without = (unsigned)js_get_int(head, "without", 0),
    };
    int result = plugin_code_check(path, err);
    if (result == 0) {
        result = cage_enter(&cage, ret_missing, err);
    }
    if (result < 0) {
        return result;
    }
    struct str by_number = arena_printf(&arena, "/proc/self/fd/%d", file);
    bool reached = access(path, R_OK) == 0 || !by_number.ptr;
    return plugin_code_open(reached ? path : by_number.ptr, 0, ret, err);
}

static void
load(struct serve *s)
{
    AUTO(arena) struct arena arena = {0};
    struct js *head;
    struct err err = {0};
    unsigned missing = 0;
    struct saying loaded;
    (void)expect(s->link, "load", &arena, &head);
    const char *path = js_get_text(head, "path").ptr;
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (!path || enter_and_open(head, file, &s->code.abi, &missing, &err) < 0) {
        say_refused(s->link, &err);
        _exit(0);
    }
    if (file >= 0) {
        (void)close(file);
    }
    struct str manifest = str_from_dh(s->code.abi.manifest);
    link_open(&loaded, "loaded");
    js_put_int(&loaded.out, "missing", missing);
    link_say(s->link, &loaded, str_sub(manifest, 0, LIMIT_MANIFEST_BYTES + 1));
}

/* The secrets of HEAD, into S. */
static void
take_secrets(struct serve *s, const struct js *head, struct arena *arena)
{
    const struct js *secrets = js_get_c(head, "secrets");
    struct plugin_secret *list = arena_zero(arena, js_count(secrets) + 1, sizeof(*list));
    struct plugin_grants grants = {.secrets = list};
    struct js_member member;
    struct err err;
    for (struct js_iter it = js_iter(secrets); list && js_next(&it, &member);) {
        list[grants.secret_count++] =
            (struct plugin_secret){.name = member.key, .value = js_text(member.value)};
    }
    grants_done(&s->grants);
    if (!list || grants_init(&s->grants, &grants, &err) < 0) {
        link_break();
    }
    s->code.grants = &s->grants.view;
}

/* What was granted stands where extensions look: as all that the manifest lists. ARENA holds it,
 * and CONFIG, as long as the instance lives. */
static void
prepare(struct serve *s, const struct js *head, struct str config, struct arena *arena)
{
    const struct js *granted = js_get_c(head, "granted");
    int64_t at_once = js_get_int(head, "at_once", 1);
    size_t count = js_count(granted);
    struct str *ids = arena_zero(arena, count + 1, sizeof(*ids));
    for (size_t i = 0; ids && i < count; i++) {
        ids[i] = arena_str(arena, js_text(js_at(granted, i)));
    }
    s->manifest = (struct manifest){
        .name = arena_str(arena, js_get_text(head, "name")),
        .requires = ids,
        .requires_count = count,
    };
    s->code.manifest = &s->manifest;
    s->code.extensions = serve_extensions(&s->code.extension_count);
    s->code.config = arena_str(arena, config);
    s->code.tell = serve_tell;
    take_secrets(s, head, arena);
    s->at_once = at_once < 1 ? 1 : at_once > AT_ONCE_MAX ? AT_ONCE_MAX : (unsigned)at_once;
    if (!ids || arena->starved) {
        link_break();
    }
}

/* Until it succeeds, or the desk gives up. */
static void
create(struct serve *s, struct arena *arena)
{
    struct saying created;
    while (!s->instance) {
        AUTO(arena) struct arena scratch = {0};
        struct js *head;
        struct err err = {0};
        struct frame frame = link_wait(s->link);
        if (js_parse_object(frame.head, "message", &scratch, &head, &err) < 0) {
            link_break();
        }
        if (str_eq_c(js_get_text(head, "t"), "end")) {
            _exit(0);
        }
        if (!str_eq_c(js_get_text(head, "t"), "create")) {
            link_break();
        }
        arena_clear(arena);
        prepare(s, head, frame.body, arena);
        if (plugin_instance_new(&s->code, &s->instance, &err) < 0) {
            say_refused(s->link, &err);
        }
    }
    link_open(&created, "created");
    link_say(s->link, &created, STR(""));
}

static bool
is_socket(int fd)
{
    int kind = 0;
    socklen_t size = sizeof(kind);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) == 0;
}

int
main(int argc, char **argv)
{
    struct link link;
    struct serve s = {.link = &link};
    struct arena arena = {0};
    if (argc == 2 && strcmp(argv[1], "--check") == 0) {
        return check_main();
    }
    if (argc > 3 && strcmp(argv[1], "--command") == 0) {
        command_run(argv + 2);
    }
    if (!is_socket(WIRE_FD)) {
        (void)fputs("plugin-host: deskhand starts this program for each plugin that runs in a "
                    "process of its own, and for each command; it does nothing by itself\n",
                    stderr);
        return WIRE_EXIT_NO_DESK;
    }
    link_init(&link, WIRE_FD);
    greet(&link);
    load(&s);
    create(&s, &arena);
    serve_run(&s);
}
