/* Any bytes as a URL and as a rule. What passes is spelt with the few letters that mean the same to
 * everybody, reads back as itself, and is allowed by the rule made of its own host and by no rule
 * for another. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "host/http_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_host(const struct http_origin *o)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len = strlen(o->host);
    must(len > 0 && o->port > 0);
    if (o->host[0] == '[') {
        must(o->numeric && strspn(o->host + 1, "0123456789abcdef:.") == len - 2);
        must(o->host[len - 1] == ']');
    } else {
        must(strspn(o->host, letters) == len && len <= HTTP_HOST_MAX);
        must(o->host[len - 1] != '.' && !strstr(o->host, ".."));
    }
}

static void
check_rules(const struct http_origin *o)
{
    struct err err = {0};
    char text[HTTP_HOST_MAX + 32];
    struct http_rule rule;
    (void)snprintf(text, sizeof(text), "%s://%s:%u", o->tls ? "https" : "http", o->host, o->port);
    must(http_rule_parse(str_c(text), &rule, &err) == 0);
    must(http_rule_allows(&rule, o));
    rule.below = true;
    must(!http_rule_allows(&rule, o));
    rule.below = false;
    rule.origin.tls = !o->tls;
    must(!http_rule_allows(&rule, o));
    const char *dot = strchr(o->host, '.');
    if (dot && !o->numeric && strlen(o->host) < HTTP_HOST_MAX) {
        (void)snprintf(text, sizeof(text), "%s://*%s:%u", o->tls ? "https" : "http", dot, o->port);
        must(http_rule_parse(str_c(text), &rule, &err) == 0);
        must(http_rule_allows(&rule, o));
    }
}

static void
check_url(struct str url)
{
    struct err err = {0};
    struct http_target target;
    struct http_target again;
    AUTO(buf) struct buf out = {0};
    buf_init(&out, LIMIT_URL_BYTES * 2);
    if (http_target_parse(url, &target, &err) < 0) {
        must(err.code == ERR_INVALID && utf8_valid(str_c(err.message)));
        return;
    }
    check_host(&target.origin);
    check_rules(&target.origin);
    http_target_url(&target, &out);
    must(!out.failed && strlen(out.text) == out.len);
    if (out.len <= LIMIT_URL_BYTES) {
        must(http_target_parse(buf_str(&out), &again, &err) == 0);
        must(http_origin_eq(&target.origin, &again.origin));
        must(again.path.ptr[0] == '/' && str_ends(again.path, target.path));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct http_rule rule;
    struct str text = {(const char *)data, size};
    AUTO(buf) struct buf url = {0};
    buf_init(&url, 16384);
    check_url(text);
    buf_add_c(&url, "https://"); /* so that most of the runs get to the host */
    buf_add(&url, text);
    check_url(buf_str(&url));
    if (http_rule_parse(text, &rule, &err) == 0) {
        check_host(&rule.origin);
    }
    return 0;
}
