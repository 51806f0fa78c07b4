/* Which addresses are public: by a table, and random ones against ranges written as numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/address.h"

static const struct {
    const char *text;
    bool is_public;
} cases[] = {
    /* IPv4: the edges of each range. */
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"1.1.1.1", true},
    {"8.8.8.8", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.0.0", false},
    {"169.254.169.254", false},
    {"169.254.255.255", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"168.63.129.15", true},
    {"168.63.129.16", false},
    {"168.63.129.17", true},
    {"191.255.255.255", true},
    {"192.0.0.0", false},
    {"192.0.0.255", false},
    {"192.0.1.0", true},
    {"192.0.2.1", false},
    {"192.0.3.0", true},
    {"192.88.98.255", true},
    {"192.88.99.1", false},
    {"192.88.100.0", true},
    {"192.167.255.255", true},
    {"192.168.0.0", false},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.99.255", true},
    {"198.51.100.7", false},
    {"198.51.101.0", true},
    {"203.0.112.255", true},
    {"203.0.113.7", false},
    {"203.0.114.0", true},
    {"223.255.255.255", true},
    {"224.0.0.1", false},
    {"239.255.255.255", false},
    {"240.0.0.0", false},
    {"255.255.255.255", false},
    /* IPv6 by itself. */
    {"::", false},
    {"::1", false},
    {"::2", false},
    {"100::1", false},
    {"1fff:ffff::1", false},
    {"2000::1", true},
    {"2001:4860:4860::8888", true},
    {"2606:4700:4700::1111", true},
    {"2a00:1450:4001:81b::200e", true},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false}, /* Teredo */
    {"2001:2::1", false},
    {"2001:20::1", false},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"2001:db7:ffff::1", true},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"3ffe:ffff::1", true},
    {"3fff::1", false},
    {"3fff:fff:ffff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"5f00::1", false},
    {"fc00::1", false},
    {"fd12:3456:789a::1", false},
    {"fe80::1", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
    /* IPv6 that stands for IPv4. */
    {"::ffff:8.8.8.8", true},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.1.2.3", false},
    {"::ffff:169.254.169.254", false},
    {"::ffff:0:127.0.0.1", false},
    {"::127.0.0.1", false},
    {"::8.8.8.8", false},
    {"64:ff9b::8.8.8.8", true},
    {"64:ff9b::192.168.0.1", false},
    {"64:ff9b::127.0.0.1", false},
    {"64:ff9b:1::8.8.8.8", false},
    {"64:ff9b:0:0:0:1:808:808", false},
    {"2002:808:808::1", true},
    {"2002:7f00:1::1", false},
    {"2002:c0a8:101::1", false},
    {"2002:a9fe:a9fe::", false},
    {"2606:4700::5efe:8.8.8.8", true},
    {"2606:4700::5efe:10.0.0.1", false},
    {"2606:4700::200:5efe:192.168.1.1", false},
};

static void
test_a_table_of_addresses(void **state)
{
    (void)state;
    assert_true(sizeof(cases) / sizeof(cases[0]) >= 60);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sockaddr_in in4 = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        bool is_public;
        if (inet_pton(AF_INET, cases[i].text, &in4.sin_addr) == 1) {
            is_public = address_sockaddr_is_public((const struct sockaddr *)&in4, sizeof(in4));
        } else {
            assert_int_equal(inet_pton(AF_INET6, cases[i].text, &in6.sin6_addr), 1);
            is_public = address_sockaddr_is_public((const struct sockaddr *)&in6, sizeof(in6));
        }
        if (is_public != cases[i].is_public) {
            fail_msg("%s is %s", cases[i].text, is_public ? "public" : "not public");
        }
    }
}

static void
test_what_is_no_address(void **state)
{
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/x"};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_in in4 = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET6, "2606:4700::1", &in6.sin6_addr), 1);
    assert_int_equal(inet_pton(AF_INET, "8.8.8.8", &in4.sin_addr), 1);
    assert_false(address_sockaddr_is_public((const struct sockaddr *)&un, sizeof(un)));
    assert_false(address_sockaddr_is_public((const struct sockaddr *)&in6, sizeof(in4)));
    assert_false(address_sockaddr_is_public((const struct sockaddr *)&in4, sizeof(in4) - 1));
    assert_false(address_is_public((const uint8_t *)"\x08\x08\x08\x08\x08", 5));
    assert_false(address_is_public((const uint8_t *)"", 0));
}

/* ---- The same rules as numbers ----------------------------------------------------------------*/

static bool
number_is_public(uint32_t a)
{
    static const uint32_t gaps[][2] = {
        {0x01000000, 0x09ffffff}, {0x0b000000, 0x643fffff}, {0x64800000, 0x7effffff},
        {0x80000000, 0xa83f810f}, {0xa83f8111, 0xa9fdffff}, {0xa9ff0000, 0xac0fffff},
        {0xac200000, 0xbfffffff}, {0xc0000100, 0xc00001ff}, {0xc0000300, 0xc05862ff},
        {0xc0586400, 0xc0a7ffff}, {0xc0a90000, 0xc611ffff}, {0xc6140000, 0xc63363ff},
        {0xc6336500, 0xcb0070ff}, {0xcb007200, 0xdfffffff},
    };
    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
        if (a >= gaps[i][0] && a <= gaps[i][1]) {
            return true;
        }
    }
    return false;
}

static uint64_t
number_of(const uint8_t *bytes, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

static bool
numbers_are_public(const uint8_t bytes[16])
{
    uint64_t high = number_of(bytes, 8);
    uint64_t low = number_of(bytes + 8, 8);
    uint32_t last = (uint32_t)low;
    if ((high == 0 && low >> 32 == 0xffff) || (high == 0x0064ff9b00000000 && low >> 32 == 0)) {
        return number_is_public(last);
    }
    if (high < 0x2001020000000000 && high >= 0x2001000000000000) {
        return false;
    }
    if (high >> 48 == 0x2002) {
        return number_is_public((uint32_t)(high >> 16));
    }
    if (high >> 32 == 0x20010db8 || high >> 44 == 0x3fff0 || high >> 61 != 1) {
        return false;
    }
    return (low >> 32 & ~(uint64_t)0x02000000) != 0x5efe || number_is_public(last);
}

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Random bytes, over the beginning of an address that stands on an edge. */
static void
make_address(uint64_t *state, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(next_random(state) >> 24);
    }
    size_t pick = next_random(state) % (sizeof(cases) / sizeof(cases[0]));
    uint8_t edge[16];
    if (inet_pton(len == 4 ? AF_INET : AF_INET6, cases[pick].text, edge) == 1) {
        memcpy(bytes, edge, next_random(state) % (len + 1));
    }
    if (next_random(state) % 4 == 0) {
        bytes[next_random(state) % len] ^= (uint8_t)(1 << next_random(state) % 8);
    }
}

static void
test_random_addresses_against_numbers(void **state)
{
    (void)state;
    uint64_t random = 0x9e3779b97f4a7c15;
    size_t published[2] = {0};
    enum { ROUNDS = 400000 };
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t bytes[16];
        char text[INET6_ADDRSTRLEN];
        size_t len = i % 2 ? 4 : 16;
        make_address(&random, bytes, len);
        bool want =
            len == 4 ? number_is_public((uint32_t)number_of(bytes, 4)) : numbers_are_public(bytes);
        bool is_public = address_is_public(bytes, len);
        if (is_public != want) {
            (void)inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
            fail_msg("%s is %s", text, is_public ? "public" : "not public");
        }
        published[len == 16] += is_public;
    }
    /* Both answers came up often enough to say something. */
    for (size_t i = 0; i < 2; i++) {
        assert_in_range(published[i], ROUNDS / 40, ROUNDS / 2 - ROUNDS / 40);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_of_addresses),
        cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_random_addresses_against_numbers),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
