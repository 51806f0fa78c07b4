#include "io/http_client.h"

struct str
http_head_get(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (str_eq_nocase(head->headers[i].name, str_c(name))) {
            return head->headers[i].value;
        }
    }
    return (struct str){0};
}
