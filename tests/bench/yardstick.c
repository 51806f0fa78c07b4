/* yardstick: the same work without Deskhand, to measure Deskhand by.
 *
 *     yardstick --base-url URL --catalog FILE --state-dir DIR --system FILE --tools FILE
 *               [--model ID] [--ca-file FILE] [--conversations N] [--turns N] [--concurrency N]
 *               [--ramp-ms N] [--once]
 *
 * What one would write in an afternoon, and write well: a thread a conversation, blocking libcurl
 * with one handle a thread (its connection is kept), the history as a json-c array that is sent
 * with each call, chat completions read from their stream, one search of the catalogue's FTS5
 * index a turn, and every message in SQLite with synchronous=NORMAL, one connection behind a
 * mutex. Nothing is recovered, checked, cancelled or retried. Options, course and the line printed
 * last are those of `deskhand bench turns`. With --once it answers one question and says so. */
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/deskhand/bench_histogram.h"
#include "tools/deskhand/bench_questions.h"

enum {
    WARM_UP = 8,
    SAMPLE_MS = 50,
    STAMP_BYTES = 12,
    HISTORY = 40, /* messages sent at most, as Deskhand's memory.messages */
    HITS = 5,
    ROUNDS = 8,
    STACK = 256 * 1024,
};
#define STAMP_MODULUS 100000000000

struct options {
    const char *base_url;
    const char *catalog;
    const char *state_dir;
    const char *system;
    const char *tools;
    const char *model;
    const char *ca_file;
    long conversations;
    long turns;
    long concurrency;
    long ramp_ms;
    bool once;
};

/* Shared by all threads; the histograms and counters under `count`. */
struct program {
    struct options o;
    char url[1024];
    char *system;
    struct json_object *tools; /* copied by each thread */
    pthread_mutex_t store_lock;
    sqlite3 *store;
    sqlite3_stmt *insert;
    pthread_mutex_t catalog_lock;
    sqlite3 *catalog;
    sqlite3_stmt *search;
    sem_t slots;
    pthread_mutex_t count;
    unsigned long errors;
    char first_error[256];
    unsigned long turns;
    unsigned long tokens;
    struct bench_histogram turn_us;
    struct bench_histogram token_us;
    long rss_before_kb;
    long rss_peak_kb;
    bool over; /* the sampler may go */
};

static void
die(const char *what, const char *why)
{
    (void)fprintf(stderr, "yardstick: %s: %s\n", what, why);
    exit(1);
}

static int64_t
now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
cpu_us(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

static void
sleep_us(int64_t us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    while (us > 0 && nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}

static long
rss_kb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1) {
        die("/proc/self/statm", "cannot be read");
    }
    (void)fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- Text that grows -------------------------------------------------------------------------*/

struct text {
    char *at;
    size_t len;
    size_t room;
};

static void
text_add(struct text *t, const char *bytes, size_t len)
{
    if (t->len + len + 1 > t->room) {
        t->room = (t->len + len + 1) * 2;
        t->at = realloc(t->at, t->room);
        if (!t->at) {
            die("text", "out of memory");
        }
    }
    memcpy(t->at + t->len, bytes, len);
    t->len += len;
    t->at[t->len] = '\0';
}

static const char *
text_c(const struct text *t)
{
    return t->len ? t->at : "";
}

/* ---- The record ------------------------------------------------------------------------------*/

static void
open_store(struct program *p)
{
    char path[4200];
    (void)mkdir(p->o.state_dir, 0700);
    (void)snprintf(path, sizeof(path), "%s/yardstick.db", p->o.state_dir);
    if (sqlite3_open(path, &p->store) != SQLITE_OK ||
        sqlite3_exec(p->store,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                     "CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, conversation TEXT,"
                     " role TEXT, content TEXT, created INTEGER);"
                     "CREATE INDEX IF NOT EXISTS of ON message(conversation)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(p->store, "INSERT INTO message VALUES(NULL, ?, ?, ?, ?)", -1,
                           SQLITE_PREPARE_PERSISTENT, &p->insert, NULL) != SQLITE_OK) {
        die(path, sqlite3_errmsg(p->store));
    }
}

/* The messages from the INDEX-th on, in one transaction. */
static void
keep(struct program *p, const char *conversation, struct json_object *messages, size_t index)
{
    (void)pthread_mutex_lock(&p->store_lock);
    (void)sqlite3_exec(p->store, "BEGIN", NULL, NULL, NULL);
    for (; index < json_object_array_length(messages); index++) {
        struct json_object *m = json_object_array_get_idx(messages, index);
        const char *role = json_object_get_string(json_object_object_get(m, "role"));
        (void)sqlite3_bind_text(p->insert, 1, conversation, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(p->insert, 2, role, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(p->insert, 3,
                                json_object_to_json_string_ext(m, JSON_C_TO_STRING_PLAIN), -1,
                                SQLITE_STATIC);
        (void)sqlite3_bind_int64(p->insert, 4, time(NULL));
        if (sqlite3_step(p->insert) != SQLITE_DONE) {
            die("insert", sqlite3_errmsg(p->store));
        }
        (void)sqlite3_reset(p->insert);
    }
    (void)sqlite3_exec(p->store, "COMMIT", NULL, NULL, NULL);
    (void)pthread_mutex_unlock(&p->store_lock);
}

/* ---- The search ------------------------------------------------------------------------------*/

static void
open_catalog(struct program *p)
{
    if (sqlite3_open_v2(p->o.catalog, &p->catalog, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(p->catalog,
                           "SELECT p.record FROM product_fts AS f JOIN product AS p"
                           " ON p.doc = f.rowid WHERE product_fts MATCH ?"
                           " ORDER BY bm25(product_fts) LIMIT ?",
                           -1, SQLITE_PREPARE_PERSISTENT, &p->search, NULL) != SQLITE_OK) {
        die(p->o.catalog, sqlite3_errmsg(p->catalog));
    }
}

/* "word" OR "word" ..., of letters and digits. */
static void
write_match(const char *query, struct text *out)
{
    size_t i = 0;
    while (query[i]) {
        size_t len = 0;
        while ((query[i + len] | 32) >= 'a' && (query[i + len] | 32) <= 'z') {
            len++;
        }
        if (len > 0) {
            text_add(out, out->len ? " OR \"" : "\"", out->len ? 5 : 1);
            text_add(out, query + i, len);
            text_add(out, "\"", 1);
        }
        i += len ? len : 1;
    }
}

/* What a model is shown of RECORD. */
static struct json_object *
brief(const char *record)
{
    static const char *const members[] = {"id",       "name",          "brand",    "category",
                                          "price",    "currency",      "in_stock", "description",
                                          "features", "specifications"};
    struct json_object *from = json_tokener_parse(record);
    struct json_object *to = json_object_new_object();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value;
        if (json_object_object_get_ex(from, members[i], &value)) {
            json_object_object_add(to, members[i], json_object_get(value));
        }
    }
    json_object_put(from);
    return to;
}

/* The result's text, owned by *RET. */
static const char *
search(struct program *p, const char *query, struct json_object **ret)
{
    struct text match = {0};
    struct json_object *products = json_object_new_array();
    *ret = json_object_new_object();
    json_object_object_add(*ret, "products", products);
    write_match(query, &match);
    if (match.len > 0) {
        (void)pthread_mutex_lock(&p->catalog_lock);
        (void)sqlite3_bind_text(p->search, 1, match.at, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int(p->search, 2, HITS);
        while (sqlite3_step(p->search) == SQLITE_ROW) {
            json_object_array_add(products, brief((const char *)sqlite3_column_text(p->search, 0)));
        }
        (void)sqlite3_reset(p->search);
        (void)pthread_mutex_unlock(&p->catalog_lock);
    }
    json_object_object_add(*ret, "found",
                           json_object_new_boolean(json_object_array_length(products) > 0));
    free(match.at);
    return json_object_to_json_string_ext(*ret, JSON_C_TO_STRING_PLAIN);
}

/* ---- A conversation --------------------------------------------------------------------------*/

struct talk {
    struct program *p;
    char id[32];
    CURL *curl;
    struct curl_slist *headers;
    struct json_tokener *tokener;
    struct json_object *messages;
    struct json_object *tools;
    size_t kept; /* messages in the record */
    size_t question;
    /* The answer that is coming. */
    struct text line;
    struct text reply;
    struct text call_id;
    struct text call_name;
    struct text call_arguments;
    bool done;
    unsigned long tokens;
    char failure[256];
};

static void __attribute__((format(printf, 2, 3))) fail(struct talk *t, const char *format, ...)
{
    va_list args;
    if (!t->failure[0]) {
        va_start(args, format);
        (void)vsnprintf(t->failure, sizeof(t->failure), format, args);
        va_end(args);
    }
}

static struct json_object *
message(const char *role, const char *content)
{
    struct json_object *m = json_object_new_object();
    json_object_object_add(m, "role", json_object_new_string(role));
    json_object_object_add(m, "content", json_object_new_string(content));
    return m;
}

static void
note_token(struct talk *t, const char *delta)
{
    int64_t sent = 0;
    t->tokens++;
    if (delta[0] != 'w' || strlen(delta) != STAMP_BYTES) {
        return;
    }
    for (int i = 1; i < STAMP_BYTES; i++) {
        sent = sent * 10 + (delta[i] - '0');
    }
    int64_t lag = (now_us() % STAMP_MODULUS - sent + STAMP_MODULUS) % STAMP_MODULUS;
    (void)pthread_mutex_lock(&t->p->count);
    bench_histogram_add(&t->p->token_us, lag);
    (void)pthread_mutex_unlock(&t->p->count);
}

static void
add_string(struct text *to, struct json_object *object, const char *member)
{
    struct json_object *value;
    if (json_object_object_get_ex(object, member, &value) && value) {
        text_add(to, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    }
}

static void
take_call(struct talk *t, struct json_object *calls)
{
    struct json_object *function;
    struct json_object *call = json_object_array_get_idx(calls, 0);
    add_string(&t->call_id, call, "id");
    if (json_object_object_get_ex(call, "function", &function)) {
        add_string(&t->call_name, function, "name");
        add_string(&t->call_arguments, function, "arguments");
    }
}

static void
take_chunk(struct talk *t, const char *json, size_t len)
{
    struct json_object *choices;
    struct json_object *delta;
    struct json_object *value;
    json_tokener_reset(t->tokener);
    struct json_object *chunk = json_tokener_parse_ex(t->tokener, json, (int)len);
    if (chunk && json_object_object_get_ex(chunk, "choices", &choices) &&
        json_object_array_length(choices) > 0 &&
        json_object_object_get_ex(json_object_array_get_idx(choices, 0), "delta", &delta)) {
        if (json_object_object_get_ex(delta, "content", &value) &&
            json_object_get_string_len(value) > 0) {
            note_token(t, json_object_get_string(value));
            add_string(&t->reply, delta, "content");
        }
        if (json_object_object_get_ex(delta, "tool_calls", &value)) {
            take_call(t, value);
        }
    }
    json_object_put(chunk);
}

static void
take_line(struct talk *t, const char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }
    if (len < 6 || memcmp(line, "data: ", 6) != 0) {
        return;
    }
    if (len == 12 && memcmp(line + 6, "[DONE]", 6) == 0) {
        t->done = true;
    } else {
        take_chunk(t, line + 6, len - 6);
    }
}

static size_t
on_data(char *bytes, size_t size, size_t count, void *arg)
{
    struct talk *t = arg;
    size_t left = size * count;
    char *end;
    while ((end = memchr(bytes, '\n', left)) != NULL) {
        size_t len = (size_t)(end - bytes);
        if (t->line.len == 0) {
            take_line(t, bytes, len);
        } else {
            text_add(&t->line, bytes, len);
            take_line(t, t->line.at, t->line.len);
            t->line.len = 0;
        }
        bytes += len + 1;
        left -= len + 1;
    }
    if (left > 0) {
        text_add(&t->line, bytes, left);
    }
    return size * count;
}

static bool
ask(struct talk *t)
{
    long status = 0;
    struct json_object *body = json_object_new_object();
    struct json_object *options = json_object_new_object();
    json_object_object_add(body, "model", json_object_new_string(t->p->o.model));
    json_object_object_add(body, "messages", json_object_get(t->messages));
    json_object_object_add(body, "tools", json_object_get(t->tools));
    json_object_object_add(body, "stream", json_object_new_boolean(1));
    json_object_object_add(options, "include_usage", json_object_new_boolean(1));
    json_object_object_add(body, "stream_options", options);
    (void)curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS,
                           json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
    t->line.len = t->reply.len = t->call_id.len = t->call_name.len = t->call_arguments.len = 0;
    t->done = false;
    CURLcode code = curl_easy_perform(t->curl);
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        fail(t, "%s", curl_easy_strerror(code));
    } else if (status != 200 || !t->done) {
        fail(t, "HTTP status %ld, %s", status, t->done ? "whole" : "cut");
    }
    json_object_put(body);
    return !t->failure[0];
}

/* The assistant's message with its call, and the call's result. */
static void
run_call(struct talk *t)
{
    struct json_object *function = json_object_new_object();
    struct json_object *call = json_object_new_object();
    struct json_object *calls = json_object_new_array();
    struct json_object *result;
    struct json_object *arguments = json_tokener_parse(text_c(&t->call_arguments));
    const char *query = json_object_get_string(json_object_object_get(arguments, "query"));
    json_object_object_add(function, "name", json_object_new_string(text_c(&t->call_name)));
    json_object_object_add(function, "arguments",
                           json_object_new_string(text_c(&t->call_arguments)));
    json_object_object_add(call, "id", json_object_new_string(text_c(&t->call_id)));
    json_object_object_add(call, "type", json_object_new_string("function"));
    json_object_object_add(call, "function", function);
    json_object_array_add(calls, call);
    struct json_object *asked = message("assistant", text_c(&t->reply));
    json_object_object_add(asked, "tool_calls", calls);
    json_object_array_add(t->messages, asked);
    struct json_object *answered = message("tool", search(t->p, query ? query : "", &result));
    json_object_object_add(answered, "tool_call_id", json_object_new_string(text_c(&t->call_id)));
    json_object_array_add(t->messages, answered);
    json_object_put(result);
    json_object_put(arguments);
}

/* What is kept and not yet in the record goes there. */
static void
keep_all(struct talk *t)
{
    keep(t->p, t->id, t->messages, t->kept);
    t->kept = json_object_array_length(t->messages);
}

/* The oldest turn goes when the history is too long; the system's message stays. */
static void
shorten(struct talk *t)
{
    while (json_object_array_length(t->messages) > HISTORY) {
        size_t end = 2;
        while (end < json_object_array_length(t->messages) &&
               strcmp(json_object_get_string(json_object_object_get(
                          json_object_array_get_idx(t->messages, end), "role")),
                      "user") != 0) {
            end++;
        }
        (void)json_object_array_del_idx(t->messages, 1, end - 1);
        t->kept -= end - 1;
    }
}

static bool
turn(struct talk *t)
{
    json_object_array_add(t->messages, message("user", bench_question(t->question++)));
    keep_all(t);
    shorten(t);
    for (int round = 0; round < ROUNDS; round++) {
        if (!ask(t)) {
            return false;
        }
        if (t->call_name.len == 0) {
            json_object_array_add(t->messages, message("assistant", text_c(&t->reply)));
            keep_all(t);
            return true;
        }
        run_call(t);
    }
    fail(t, "no end of calls");
    return false;
}

static void
talk_open(struct talk *t)
{
    t->curl = curl_easy_init();
    t->tokener = json_tokener_new();
    t->messages = json_object_new_array();
    json_object_array_add(t->messages, message("system", t->p->system));
    t->kept = 1;
    json_object_deep_copy(t->p->tools, &t->tools, NULL);
    t->headers = curl_slist_append(NULL, "Content-Type: application/json");
    t->headers = curl_slist_append(t->headers, "Authorization: Bearer no-real-key");
    t->headers = curl_slist_append(t->headers, "Expect:");
    (void)curl_easy_setopt(t->curl, CURLOPT_URL, t->p->url);
    (void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
    (void)curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_data);
    (void)curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
    if (t->p->o.ca_file) {
        (void)curl_easy_setopt(t->curl, CURLOPT_CAINFO, t->p->o.ca_file);
    }
}

static void
talk_close(struct talk *t)
{
    struct text *texts[] = {&t->line, &t->reply, &t->call_id, &t->call_name, &t->call_arguments};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        free(texts[i]->at);
    }
    curl_easy_cleanup(t->curl);
    curl_slist_free_all(t->headers);
    json_tokener_free(t->tokener);
    json_object_put(t->messages);
    json_object_put(t->tools);
    free(t);
}

static void *
run_talk(void *arg)
{
    struct talk *t = arg;
    struct program *p = t->p;
    talk_open(t);
    for (long i = 0; i < p->o.turns && !t->failure[0]; i++) {
        int64_t begun = now_us();
        bool good = turn(t);
        (void)pthread_mutex_lock(&p->count);
        p->turns += good;
        p->tokens += t->tokens;
        if (good) {
            bench_histogram_add(&p->turn_us, now_us() - begun);
        } else if (p->errors++ == 0) {
            memcpy(p->first_error, t->failure, sizeof(p->first_error));
        }
        (void)pthread_mutex_unlock(&p->count);
        t->tokens = 0;
    }
    talk_close(t);
    (void)sem_post(&p->slots);
    return NULL;
}

/* ---- The whole -------------------------------------------------------------------------------*/

/* CONVERSATIONS, at most CONCURRENCY at once; returns when all are over. */
static void
run_all(struct program *p, long conversations)
{
    pthread_attr_t attributes;
    int64_t begun = now_us();
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK);
    for (long i = 0; i < conversations; i++) {
        pthread_t thread;
        struct talk *t = calloc(1, sizeof(*t));
        while (sem_wait(&p->slots) != 0) {
        }
        sleep_us(begun + p->o.ramp_ms * 1000 * i / p->o.concurrency - now_us());
        if (!t) {
            die("conversation", "out of memory");
        }
        t->p = p;
        t->question = (size_t)i;
        (void)snprintf(t->id, sizeof(t->id), "c-%d-%ld", (int)getpid(), i);
        if (pthread_create(&thread, &attributes, run_talk, t) != 0) {
            die("thread", "cannot be started");
        }
    }
    for (long i = 0; i < p->o.concurrency; i++) {
        while (sem_wait(&p->slots) != 0) {
        }
    }
    for (long i = 0; i < p->o.concurrency; i++) {
        (void)sem_post(&p->slots);
    }
    (void)pthread_attr_destroy(&attributes);
}

static void *
run_sampler(void *arg)
{
    struct program *p = arg;
    bool over = false;
    while (!over) {
        long kb = rss_kb();
        (void)pthread_mutex_lock(&p->count);
        p->rss_peak_kb = kb > p->rss_peak_kb ? kb : p->rss_peak_kb;
        over = p->over;
        (void)pthread_mutex_unlock(&p->count);
        sleep_us(SAMPLE_MS * 1000);
    }
    return NULL;
}

static void
print_line(const struct program *p, int64_t cpu, int64_t wall)
{
    const struct bench_histogram *token = &p->token_us;
    double tokens = p->tokens ? (double)p->tokens : 1;
    double turns = p->turns ? (double)p->turns : 1;
    long open = p->o.concurrency < p->o.conversations ? p->o.concurrency : p->o.conversations;
    struct json_object *error = json_object_new_string(p->first_error);
    (void)printf("{\"errors\":%lu,\"first_error\":%s,\"turn_ms_p50\":%.3f,\"turn_ms_p99\":%.3f,"
                 "\"token_ms_p50\":%.3f,\"token_ms_p99\":%.3f,\"token_ms_max\":%.3f,",
                 p->errors, p->errors ? json_object_to_json_string(error) : "null",
                 (double)bench_histogram_at(&p->turn_us, 50) / 1000,
                 (double)bench_histogram_at(&p->turn_us, 99) / 1000,
                 (double)bench_histogram_at(token, 50) / 1000,
                 (double)bench_histogram_at(token, 99) / 1000, (double)token->greatest / 1000);
    (void)printf("\"cpu_ms_per_turn\":%.3f,\"cpu_us_per_token\":%.3f,\"peak_rss_kb\":%ld,"
                 "\"rss_kb_per_conversation\":%.3f,\"turns\":%lu,\"tokens\":%lu,"
                 "\"wall_ms\":%.3f,\"cpu_ms\":%.3f}\n",
                 (double)cpu / 1000 / turns, (double)cpu / tokens, p->rss_peak_kb,
                 (double)(p->rss_peak_kb - p->rss_before_kb) / (double)open, p->turns, p->tokens,
                 (double)wall / 1000, (double)cpu / 1000);
    json_object_put(error);
}

static void
measure(struct program *p)
{
    pthread_t sampler;
    long turns = p->o.turns;
    long ramp_ms = p->o.ramp_ms;
    p->o.turns = 1;
    p->o.ramp_ms = 0;
    run_all(p, p->o.concurrency < WARM_UP ? p->o.concurrency : WARM_UP);
    p->o.turns = turns;
    p->o.ramp_ms = ramp_ms;
    p->turns = p->tokens = p->errors = 0;
    memset(&p->turn_us, 0, sizeof(p->turn_us));
    memset(&p->token_us, 0, sizeof(p->token_us));
    p->rss_before_kb = p->rss_peak_kb = rss_kb();
    int64_t cpu = cpu_us();
    int64_t begun = now_us();
    if (pthread_create(&sampler, NULL, run_sampler, p) != 0) {
        die("thread", "cannot be started");
    }
    run_all(p, p->o.conversations);
    int64_t wall = now_us() - begun;
    cpu = cpu_us() - cpu;
    (void)pthread_mutex_lock(&p->count);
    p->over = true;
    (void)pthread_mutex_unlock(&p->count);
    (void)pthread_join(sampler, NULL);
    print_line(p, cpu, wall);
}

static void
answer_once(struct program *p)
{
    p->o.turns = 1;
    run_all(p, 1);
    (void)printf("%s\n", p->errors ? p->first_error : "answered");
}

static char *
read_file(const char *path)
{
    char piece[4096];
    size_t got;
    struct text t = {0};
    FILE *f = fopen(path, "re");
    if (!f) {
        die(path, strerror(errno));
    }
    while ((got = fread(piece, 1, sizeof(piece), f)) > 0) {
        text_add(&t, piece, got);
    }
    (void)fclose(f);
    text_add(&t, "", 0);
    return t.at;
}

static void
read_options(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        {"base-url", 1, NULL, 0},     {"catalog", 1, NULL, 1},        {"state-dir", 1, NULL, 2},
        {"system", 1, NULL, 3},       {"tools", 1, NULL, 4},          {"model", 1, NULL, 5},
        {"ca-file", 1, NULL, 6},      {"conversations", 1, NULL, 10}, {"turns", 1, NULL, 11},
        {"concurrency", 1, NULL, 12}, {"ramp-ms", 1, NULL, 13},       {"once", 0, NULL, 9},
        {NULL, 0, NULL, 0},
    };
    *o = (struct options){.model = "mock.tool", .conversations = 64, .turns = 10};
    const char **texts[] = {&o->base_url, &o->catalog, &o->state_dir, &o->system,
                            &o->tools,    &o->model,   &o->ca_file};
    long *numbers[] = {&o->conversations, &o->turns, &o->concurrency, &o->ramp_ms};
    int which;
    while ((which = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (which == '?') {
            exit(2);
        }
        if (which == 9) {
            o->once = true;
        } else if (which < 9) {
            *texts[which] = optarg;
        } else {
            *numbers[which - 10] = strtol(optarg, NULL, 10);
        }
    }
    o->concurrency = o->concurrency > 0 ? o->concurrency : o->conversations;
    if (!o->base_url || !o->catalog || !o->state_dir || !o->system || !o->tools ||
        o->conversations < 1 || o->turns < 1) {
        (void)fprintf(stderr, "yardstick: an option is missing: see its source's first lines\n");
        exit(2);
    }
}

int
main(int argc, char **argv)
{
    struct rlimit limit;
    struct program *p = calloc(1, sizeof(*p));
    if (!p) {
        die("start", "out of memory");
    }
    read_options(argc, argv, &p->o);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)snprintf(p->url, sizeof(p->url), "%s/chat/completions", p->o.base_url);
    p->system = read_file(p->o.system);
    p->tools = json_object_from_file(p->o.tools);
    (void)pthread_mutex_init(&p->store_lock, NULL);
    (void)pthread_mutex_init(&p->catalog_lock, NULL);
    (void)pthread_mutex_init(&p->count, NULL);
    (void)sem_init(&p->slots, 0, (unsigned)p->o.concurrency);
    open_store(p);
    open_catalog(p);
    if (p->o.once) {
        answer_once(p);
    } else {
        measure(p);
    }
    (void)sqlite3_finalize(p->insert);
    (void)sqlite3_finalize(p->search);
    (void)sqlite3_close(p->store);
    (void)sqlite3_close(p->catalog);
    json_object_put(p->tools);
    free(p->system);
    int status = p->errors ? 1 : 0;
    free(p);
    return status;
}
