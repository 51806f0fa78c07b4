/* mcp-drive COMMAND... or mcp-drive URL [NAME VALUE]...: an MCP server's tools by hand, for
 * test-mcp-servers.sh and test-mcp-http.sh; NAME and VALUE are headers.
 *
 * Each line of stdin is one order; each is answered with lines on stdout that begin with a word:
 *   tools                 tool NAME, one a line, then count N
 *   call TOOL ARGUMENTS   ok JSON, error CODE MESSAGE or timeout, on one line
 *   late MS TOOL ARGS     the same, given up after MS: then canceled
 *   wait MS               waited
 * At the end: trouble TEXT when there is any. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/http_client.h"
#include "io/loop.h"
#include "mcp/mcp_client.h"
#include "tool/tool.h"

enum { LINE_MAX_BYTES = 8192, CALL_MS = 10000, LEAVE_MS = 500 };

struct drive {
    struct loop *loop;
    struct tool_registry *tools;
    struct mcp_client *client;
    struct http_client *http;
    struct http_header headers[MCP_HEADERS_MAX];
    struct arena arena;
    bool done;
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static void
step(struct drive *d)
{
    struct err err = {0};
    if (loop_step(d->loop, 20, &err) < 0) {
        (void)fprintf(stderr, "mcp-drive: %s\n", err.message);
        exit(2);
    }
}

static void
on_done(void *arg, const struct tool_result *result)
{
    struct drive *d = arg;
    d->done = true;
    if (result->status == TOOL_OK) {
        (void)printf("ok %" STR_FMT "\n", STR_ARG(result->json));
        return;
    }
    (void)printf("%s %" STR_FMT " ", result->status == TOOL_TIMEOUT ? "timeout" : "error",
                 STR_ARG(result->error_code));
    for (size_t i = 0; i < result->message.len; i++) {
        (void)putchar(result->message.ptr[i] == '\n' ? ' ' : result->message.ptr[i]);
    }
    (void)putchar('\n');
}

static void
call(struct drive *d, struct str rest, int64_t give_up_ms)
{
    struct err err = {0};
    struct str name;
    struct tool_call *under_way;
    const struct tool_scope scope = {STR("x-1"), STR("c-1"), STR(""), STR("t-1"), false};
    int64_t until = now_ms() + give_up_ms;
    (void)str_split(&rest, ' ', &name);
    d->done = false;
    if (tool_call_start(d->tools, name, rest, &scope, &d->arena, on_done, d, &under_way, &err) <
        0) {
        (void)fprintf(stderr, "mcp-drive: %s\n", err.message);
        exit(2);
    }
    while (!d->done && now_ms() < until) {
        step(d);
    }
    if (!d->done) {
        tool_call_cancel(under_way);
        (void)printf("canceled\n");
    }
}

static void
wait_ms(struct drive *d, int64_t ms)
{
    int64_t until = now_ms() + ms;
    while (now_ms() < until) {
        step(d);
    }
}

static void
obey(struct drive *d, struct str line)
{
    struct str order;
    struct str word = {0};
    int64_t ms = 0;
    (void)str_split(&line, ' ', &order);
    if (str_eq_c(order, "tools")) {
        for (size_t i = 0; i < tool_count(d->tools); i++) {
            (void)printf("tool %" STR_FMT "\n", STR_ARG(tool_at(d->tools, i)->name));
        }
        (void)printf("count %zu\n", tool_count(d->tools));
    } else if (str_eq_c(order, "call")) {
        call(d, line, 2 * CALL_MS);
    } else if (str_eq_c(order, "late")) {
        (void)str_split(&line, ' ', &word);
        call(d, line, str_to_i64(word, &ms) ? ms : 0);
    } else if (str_eq_c(order, "wait")) {
        wait_ms(d, str_to_i64(line, &ms) ? ms : 0);
        (void)printf("waited\n");
    } else {
        (void)fprintf(stderr, "mcp-drive: no such order: %" STR_FMT "\n", STR_ARG(order));
        exit(2);
    }
    (void)fflush(stdout);
}

static int
open_http(void *arg, struct http_client **ret, struct err *err)
{
    struct drive *d = arg;
    int result = http_client_new(d->loop, &(struct http_client_options){0}, &d->http, err);
    if (result == 0) {
        *ret = d->http;
    }
    return result;
}

static struct mcp_settings
read_arguments(struct drive *d, int argc, char **argv)
{
    static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    struct mcp_settings settings = {.name = STR("it"), .timeout_ms = CALL_MS};
    if (!str_starts(str_c(argv[1]), STR("http"))) {
        settings.argv = (const char *const *)argv + 1;
        settings.env = env;
        return settings;
    }
    settings.place = (struct mcp_place){
        .url = str_c(argv[1]), .headers = d->headers, .client = open_http, .arg = d};
    for (int i = 2; i + 1 < argc && settings.place.header_count < MCP_HEADERS_MAX; i += 2) {
        d->headers[settings.place.header_count++] =
            (struct http_header){str_c(argv[i]), str_c(argv[i + 1])};
    }
    return settings;
}

static void
leave(struct drive *d)
{
    int64_t until = now_ms() + LEAVE_MS;
    mcp_client_hang_up(d->client);
    while (!mcp_client_has_left(d->client) && now_ms() < until) {
        step(d);
    }
}

int
main(int argc, char **argv)
{
    struct drive d = {0};
    struct err err = {0};
    char line[LINE_MAX_BYTES];
    struct mcp_settings settings = {0};
    if (argc > 1) {
        settings = read_arguments(&d, argc, argv);
    }
    if (argc < 2 || loop_new(&d.loop, &err) < 0 || tool_registry_new(d.loop, &d.tools, &err) < 0 ||
        mcp_client_new(d.loop, &settings, d.tools, &d.client, &err) < 0) {
        (void)fprintf(stderr, "usage: mcp-drive COMMAND... (%s)\n", err.message);
        return 2;
    }
    while (!mcp_client_settled(d.client)) {
        step(&d);
    }
    struct str version = mcp_client_version(d.client);
    struct str title = mcp_client_title(d.client);
    (void)printf("speaks %" STR_FMT " %" STR_FMT "\n", STR_ARG(version), STR_ARG(title));
    while (fgets(line, sizeof(line), stdin)) {
        obey(&d, str_trim(str_c(line)));
    }
    struct str trouble = mcp_client_trouble(d.client);
    if (trouble.len) {
        (void)printf("trouble %" STR_FMT "\n", STR_ARG(trouble));
    }
    leave(&d);
    tool_registry_free(d.tools);
    mcp_client_free(d.client);
    http_client_free(d.http);
    loop_free(d.loop);
    arena_done(&d.arena);
    return 0;
}
