#include "model/crc32.h"

/* Slicing by eight: eight bytes a step through eight tables, of which table N tells what a byte
 * does to the checksum when N further bytes follow it. About five times as fast as one table.
 *
 * The checksum is linear: a byte's entry is the XOR of the entries of its bits. So each row gives
 * the entries of 1, 2, 4, ... 128, and the compiler makes the 256 of them. The first is the
 * polynomial 0xedb88320 divided out bit by bit, as in every textbook; the others follow from it. */

#define T1(v, a) (v), (v) ^ (a)
#define T2(v, a, b) T1(v, a), T1((v) ^ (b), a)
#define T3(v, a, b, c) T2(v, a, b), T2((v) ^ (c), a, b)
#define T4(v, a, b, c, d) T3(v, a, b, c), T3((v) ^ (d), a, b, c)
#define T5(v, a, b, c, d, e) T4(v, a, b, c, d), T4((v) ^ (e), a, b, c, d)
#define T6(v, a, b, c, d, e, f) T5(v, a, b, c, d, e), T5((v) ^ (f), a, b, c, d, e)
#define T7(v, a, b, c, d, e, f, g) T6(v, a, b, c, d, e, f), T6((v) ^ (g), a, b, c, d, e, f)
#define T8(v, a, b, c, d, e, f, g, h) T7(v, a, b, c, d, e, f, g), T7((v) ^ (h), a, b, c, d, e, f, g)

/* clang-format off */
static const uint32_t tables[8][256] = {
    {T8(0, 0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832,
        0x1db71064, 0x3b6e20c8, 0x76dc4190, 0xedb88320)},
    {T8(0, 0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08,
        0x4ac21251, 0x958424a2, 0xf0794f05, 0x3b83984b)},
    {T8(0, 0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8,
        0x1c26a370, 0x384d46e0, 0x709a8dc0, 0xe1351b80)},
    {T8(0, 0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef,
        0x5019579f, 0xa032af3e, 0x9b14583d, 0xed59b63b)},
    {T8(0, 0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1,
        0x60e09782, 0xc1c12f04, 0x58f35849, 0xb1e6b092)},
    {T8(0, 0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d,
        0x03d6029b, 0x07ac0536, 0x0f580a6c, 0x1eb014d8)},
    {T8(0, 0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67,
        0x67de9cce, 0xcfbd399c, 0x440b7579, 0x8816eaf2)},
    {T8(0, 0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5,
        0x7cbb312b, 0xf9766256, 0x299dc2ed, 0x533b85da)},
};
/* clang-format on */

static uint32_t
load32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t
crc32_add(uint32_t crc, struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    size_t left = bytes.len;
    crc = ~crc;
    for (; left >= 8; left -= 8, p += 8) {
        uint32_t low = crc ^ load32(p);
        uint32_t high = load32(p + 4);
        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^
              tables[4][low >> 24] ^ tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^
              tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
    }
    for (; left > 0; left--, p++) {
        crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
    }
    return ~crc;
}
