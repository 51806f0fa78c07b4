/* probe: a plugin with one small fault, which the build names as a macro, for `plugins check` to
 * find (test-plugins-check.sh). Without a macro it is sound. */
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins/sdk/deskhand_plugin.h"

#ifdef WRITES_DRY
#define EFFECT "write"
#else
#define EFFECT "read"
#endif
#ifdef THREAD_LEFT
#define THREADS "\"threads\":true,"
#else
#define THREADS ""
#endif
#ifdef NO_WORDS
#define DESCRIPTION "Looks."
#define TEXT_SCHEMA "{\"type\":\"string\"}"
#else
#define DESCRIPTION "Looks a text up. Use it when the customer names one. Returns {found}."
#define TEXT_SCHEMA "{\"type\":\"string\",\"description\":\"what to look for\"}"
#endif
#ifdef LOOSE
#define CLOSED ""
#else
#define CLOSED ",\"additionalProperties\":false"
#endif

static const char manifest[] =
    "{\"name\":\"probe\",\"version\":\"1\",\"description\":\"for tests\"," THREADS
    "\"requires\":[\"dh.json/1\"],"
    "\"config_schema\":{\"type\":\"object\",\"properties\":{\"file\":{\"type\":\"string\","
    "\"description\":\"what it may write\"}},\"additionalProperties\":false},"
    "\"tools\":[{\"name\":\"probe\",\"description\":\"" DESCRIPTION "\",\"effect\":\"" EFFECT "\","
    "\"timeout_ms\":2500,\"parallel\":true,\"input_schema\":{\"type\":\"object\",\"properties\":{"
    "\"text\":" TEXT_SCHEMA "},\"required\":[\"text\"]" CLOSED "}}]}";

struct probe {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    atomic_int running;
    char file[200];
};

static __attribute__((unused)) void
sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct probe *p = calloc(1, sizeof(*p));
#ifndef NO_NULL
    if (!p) {
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
#endif
    p->host = host;
    p->json = host->get_extension(host, DH_JSON_1);
    struct dh_json_doc *config = p->json->open(host, setup->config);
    struct dh_str file = p->json->text(p->json->find(p->json->root(config), "/file"));
    (void)snprintf(p->file, sizeof(p->file), "%.*s", (int)file.len, file.ptr ? file.ptr : "");
    p->json->close(config);
    return p;
}

static void
destroy(void *instance)
{
    free(instance);
}

#ifdef ANSWERS_LATE
struct handle {
    const struct dh_host *host;
    const struct dh_call *call;
};

static void *
answer_late(void *arg)
{
    struct handle *h = arg;
    sleep_ms(5);
    h->host->result(h->call, DH_STR("{\"late\":true}"));
    free(h);
    return NULL;
}

static void
start_thread(const struct probe *p, const struct dh_call *call)
{
    pthread_t thread;
    struct handle *h = malloc(sizeof(*h));
    if (h) {
        *h = (struct handle){p->host, call};
        if (pthread_create(&thread, NULL, answer_late, h) == 0) {
            (void)pthread_detach(thread);
        }
    }
}
#elif defined(THREAD_LEFT)
static void *
idle(void *arg)
{
    sleep_ms(2000);
    return arg;
}

static void
start_thread(const struct probe *p, const struct dh_call *call)
{
    pthread_t thread;
    (void)p;
    (void)call;
    if (pthread_create(&thread, NULL, idle, NULL) == 0) {
        (void)pthread_detach(thread);
    }
}
#elif defined(UNDECLARED)
static void *
idle(void *arg)
{
    return arg;
}

static void
start_thread(const struct probe *p, const struct dh_call *call)
{
    pthread_t thread;
    (void)p;
    (void)call;
    if (pthread_create(&thread, NULL, idle, NULL) == 0) {
        (void)pthread_join(thread, NULL);
    }
}
#endif

#ifdef SILENT
static int
has_memory(void)
{
    void *room = malloc(64);
    /* Or a compiler sees that nobody needs it. */
    __asm__ volatile("" : : "r"(room) : "memory");
    free(room);
    return room != NULL;
}
#endif

/* The fault, if it is one of a call. 0: it has answered, or will not. */
static int
misbehave(struct probe *p, const struct dh_call *call, struct dh_str text)
{
    (void)p;
    (void)call;
    (void)text;
#if defined(DEAF)
    sleep_ms(call->flags ? 0 : 2200);
#elif defined(LEAKS)
    char *lost = malloc(100);
    __asm__ volatile("" : : "r"(lost) : "memory");
#elif defined(SILENT)
    return has_memory();
#elif defined(OVERREAD)
    char *room = malloc(16);
    if (room) {
        volatile size_t behind = 24;
        volatile char *all = room;
        (void)all[behind];
        free(room);
    }
#elif defined(CHDIR)
    (void)!chdir("/");
#elif defined(UMASK)
    (void)umask(0);
#elif defined(SETLOCALE)
    (void)setlocale(LC_ALL, "C.UTF-8");
#elif defined(SETENV)
    (void)setenv("PROBE", "1", 1);
#elif defined(SIGNALS)
    (void)signal(SIGTERM, SIG_IGN);
#elif defined(THREAD_LEFT) || defined(UNDECLARED) || defined(ANSWERS_LATE)
    start_thread(p, call);
#elif defined(NUL)
    if (text.len && strlen(text.ptr) < text.len) {
        abort();
    }
#elif defined(LONG_TEXT)
    char *room = text.len > 5000 ? NULL : "fits";
    if (!room) {
        raise(SIGSEGV);
    }
#elif defined(RACE)
    int others = atomic_fetch_add(&p->running, 1);
    sleep_ms(30);
    atomic_fetch_sub(&p->running, 1);
    p->host->result(call, others ? DH_STR("{\"alone\":false}") : DH_STR("{\"alone\":true}"));
    return 0;
#elif defined(ERRORS)
    p->host->fail(call, DH_STR("not_found"), DH_STR("There is none. Ask for another."), 0);
    return 0;
#elif defined(WRITES_DRY)
    FILE *out = p->file[0] ? fopen(p->file, "a") : NULL;
    if (out) {
        (void)fputs("written\n", out);
        (void)fclose(out);
    }
#endif
    return 1;
}

static void
call(void *instance, const struct dh_call *call)
{
    struct probe *p = instance;
    const struct dh_json_1 *json = p->json;
    struct dh_str text = json->text(json->find(json->arguments(call), "/text"));
    if (misbehave(p, call, text)) {
        struct dh_json_out *out = json->write(call);
        json->put_object(out, dh_str_c(""));
        json->put_text(out, DH_STR("found"), text);
        json->end(out);
        p->host->result(call, json->finish(out));
    }
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = sizeof(struct dh_plugin),
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
