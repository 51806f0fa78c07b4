#include "io/address.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { V4_LEN = 4, V6_LEN = 16 };

struct range4 {
    uint8_t start[V4_LEN];
    unsigned bits;
};

struct range6 {
    uint8_t start[V6_LEN];
    unsigned bits;
};

/* From IANA's registries of special-purpose addresses, and one cloud's own. */
static const struct range4 special4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{168, 63, 129, 16}, 32}, /* Azure, within each machine of its own */
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

static const struct range6 special6[] = {
    {{0x20, 0x01}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x3f, 0xff}, 20},
};

static const struct range6 global6 = {{0x20}, 3};

/* Where in an IPv6 address its IPv4 one stands. ISATAP's is below, for it has no prefix. */
static const struct {
    struct range6 range;
    unsigned at;
} carriers[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96}, 12},
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},
    {{{0x20, 0x02}, 16}, 2},
};

static bool
within(const uint8_t *bytes, const uint8_t *start, unsigned bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;
    return memcmp(bytes, start, whole) == 0 &&
           (rest == 0 || (bytes[whole] ^ start[whole]) >> (8 - rest) == 0);
}

static bool
is_public4(const uint8_t *bytes)
{
    for (size_t i = 0; i < sizeof(special4) / sizeof(special4[0]); i++) {
        if (within(bytes, special4[i].start, special4[i].bits)) {
            return false;
        }
    }
    return true;
}

/* ISATAP: an interface's number is 0000:5efe or 0200:5efe and an IPv4 address. */
static bool
is_isatap(const uint8_t *bytes)
{
    return (bytes[8] == 0x00 || bytes[8] == 0x02) && bytes[9] == 0x00 && bytes[10] == 0x5e &&
           bytes[11] == 0xfe;
}

static bool
is_public6(const uint8_t *bytes)
{
    for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
        if (within(bytes, carriers[i].range.start, carriers[i].range.bits)) {
            return is_public4(bytes + carriers[i].at);
        }
    }
    for (size_t i = 0; i < sizeof(special6) / sizeof(special6[0]); i++) {
        if (within(bytes, special6[i].start, special6[i].bits)) {
            return false;
        }
    }
    return within(bytes, global6.start, global6.bits) &&
           (!is_isatap(bytes) || is_public4(bytes + V6_LEN - V4_LEN));
}

bool
address_is_public(const uint8_t *bytes, size_t len)
{
    return len == V4_LEN ? is_public4(bytes) : len == V6_LEN && is_public6(bytes);
}

/* Copied, for a struct sockaddr may be aligned for less than what it is. */
bool
address_sockaddr_is_public(const struct sockaddr *address, size_t len)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    if (len >= sizeof(in4) && address->sa_family == AF_INET) {
        memcpy(&in4, address, sizeof(in4));
        return address_is_public((const uint8_t *)&in4.sin_addr, V4_LEN);
    }
    if (len >= sizeof(in6) && address->sa_family == AF_INET6) {
        memcpy(&in6, address, sizeof(in6));
        return address_is_public((const uint8_t *)&in6.sin6_addr, V6_LEN);
    }
    return false;
}
