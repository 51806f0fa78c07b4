#include "search_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
copy_text(struct dh_str text)
{
    char *copy = malloc(text.len + 1);
    if (copy) {
        memcpy(copy, text.ptr ? text.ptr : "", text.len);
        copy[text.len] = '\0';
    }
    return copy;
}

void *
search_create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct search *s = calloc(1, sizeof(*s));
    const struct dh_json_1 *json = host->get_extension(host, DH_JSON_1);
    struct dh_json_doc *config = s ? json->open(host, setup->config) : NULL;
    if (config) {
        s->host = host;
        s->json = json;
        s->log = host->get_extension(host, DH_LOG_1);
        s->path = copy_text(json->text(json->find(json->root(config), "/catalog")));
        json->close(config);
    }
    if (!s || !s->path) {
        free(s);
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
    return s;
}

void
search_destroy(void *instance)
{
    struct search *s = instance;
    for (int i = 0; i < SEARCH_READERS; i++) {
        catalog_free(atomic_load(&s->idle[i]));
    }
    free(s->path);
    free(s);
}

struct catalog *
search_take(struct search *s, const struct dh_call *call)
{
    struct catalog *c = NULL;
    struct err err = {0};
    for (int i = 0; i < SEARCH_READERS && !c; i++) {
        c = atomic_exchange(&s->idle[i], NULL);
    }
    if (!c && catalog_open(s->path, &c, &err) < 0) {
        search_fail(s, call, &err);
        return NULL;
    }
    return c;
}

void
search_release(struct search *s, struct catalog *c)
{
    for (int i = 0; i < SEARCH_READERS; i++) {
        struct catalog *none = NULL;
        if (atomic_compare_exchange_strong(&s->idle[i], &none, c)) {
            return;
        }
    }
    catalog_free(c);
}

void
search_fail(const struct search *s, const struct dh_call *call, const struct err *err)
{
    if (err->code == ERR_CANCELED) {
        return; /* nobody waits for an answer */
    }
    s->log->write(s->host, call, DH_LOG_WARN, dh_str_c(err->message));
    s->host->fail(call, DH_STR("catalog_unavailable"),
                  DH_STR("The shop's catalogue cannot be searched just now. Do not answer from "
                         "memory: say that you cannot look it up, and offer a human."),
                  err->code == ERR_BUSY || err->retryable);
}

struct str
search_text(const struct search *s, const struct dh_call *call, const char *pointer)
{
    const struct dh_json_1 *json = s->json;
    struct dh_str text = json->text(json->find(json->arguments(call), pointer));
    return (struct str){text.ptr, (size_t)text.len};
}
