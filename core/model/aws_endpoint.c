#include "model/aws_endpoint.h"

#include "base/arena.h"

enum { REGION_MAX = 63 };

int
aws_region_check(struct str region, const char *from, struct err *err)
{
    bool fits = region.len > 0 && region.len <= REGION_MAX && region.ptr[0] != '-' &&
                region.ptr[region.len - 1] != '-';
    for (size_t i = 0; fits && i < region.len; i++) {
        char c = region.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    if (fits) {
        return 0;
    }
    return err_set(err, ERR_INVALID, "%s: '%" STR_FMT "' is not an AWS region; one is us-east-1",
                   from, STR_ARG(str_sub(region, 0, REGION_MAX)));
}

/* AWS's partitions by the beginning of their regions' names; the first that fits. */
static struct str
find_suffix(struct str region)
{
    static const struct {
        struct str prefix;
        struct str suffix;
    } partitions[] = {
        {STR_INIT("cn-"), STR_INIT("amazonaws.com.cn")},
        {STR_INIT("us-iso-"), STR_INIT("c2s.ic.gov")},
        {STR_INIT("us-isob-"), STR_INIT("sc2s.sgov.gov")},
        {STR_INIT("us-isof-"), STR_INIT("csp.hci.ic.gov")},
        {STR_INIT("eu-isoe-"), STR_INIT("cloud.adc-e.uk")},
        {STR_INIT("eusc-"), STR_INIT("amazonaws.eu")},
    };
    for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
        if (str_starts(region, partitions[i].prefix)) {
            return partitions[i].suffix;
        }
    }
    return STR("amazonaws.com");
}

struct str
aws_endpoint_of(struct str region, struct arena *arena)
{
    struct str suffix = find_suffix(region);
    return arena_printf(arena, "https://bedrock-runtime.%" STR_FMT ".%" STR_FMT, STR_ARG(region),
                        STR_ARG(suffix));
}

int
aws_endpoint_check(struct str url, const char *from, struct str *ret, struct err *err)
{
    size_t scheme = str_starts(url, STR("https://"))  ? sizeof("https://") - 1
                    : str_starts(url, STR("http://")) ? sizeof("http://") - 1
                                                      : 0;
    bool fits = scheme > 0 && url.len > scheme && url.ptr[scheme] != '/';
    for (size_t i = 0; fits && i < url.len; i++) {
        unsigned char c = (unsigned char)url.ptr[i];
        fits = c > ' ' && c < 0x7f && c != '@' && c != '?' && c != '#';
    }
    if (!fits) {
        return err_set(err, ERR_INVALID,
                       "%s: expected https:// or http:// and a host, without user name or query",
                       from);
    }
    while (url.ptr[url.len - 1] == '/') {
        url.len--;
    }
    *ret = url;
    return 0;
}
