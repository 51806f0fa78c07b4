/* Any bytes as path, query, header values, keys and body, one a line: signed, or refused with
 * words; and signed alike when the headers come in another order. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/must.h"
#include "model/aws_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena a = {0};
    struct str rest = {(const char *)data, size};
    struct str part[9] = {{0}};
    for (size_t i = 0; i < 8 && str_split(&rest, '\n', &part[i]); i++) {
    }
    part[8] = rest;
    struct aws_credentials keys = {part[0], part[1], part[2]};
    struct http_header headers[] = {
        {STR("Host"), part[5]}, {part[6], part[7]}, {STR("a"), part[7]}};
    struct http_header turned[] = {headers[1], headers[2], headers[0]};
    struct aws_sign_request r = {.method = STR("POST"),
                                 .path = part[3],
                                 .query = part[4],
                                 .headers = headers,
                                 .header_count = 3,
                                 .body = part[8],
                                 .region = STR("us-east-1"),
                                 .service = STR("bedrock"),
                                 .wall_ms = 1,
                                 .credentials = &keys,
                                 .normalize_path = size % 2,
                                 .send_payload_hash = size % 3 == 0,
                                 .explain = true};
    struct aws_signature one;
    struct aws_signature two;
    struct err err = {0};
    int result = aws_sign(&r, &a, &one, &err);
    must(result == 0 || err.message[0] != '\0');
    r.headers = turned;
    must(aws_sign(&r, &a, &two, &err) == result);
    /* Two hosts are joined in their order, which was turned. */
    bool same = result == 0 && !str_eq_nocase(part[6], STR("host"));
    must(!same || str_eq(one.canonical_request, two.canonical_request));
    must(!same || str_eq(one.headers[0].value, two.headers[0].value));
    return 0;
}
