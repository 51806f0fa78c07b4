#include "base/id.h"

#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/must.h"

enum { ID_MAX = 64 };

void
id_gen_init(struct id_gen *g)
{
    g->state = 0;
}

void
id_gen_init_seeded(struct id_gen *g, uint64_t seed)
{
    must(seed != 0);
    g->state = seed;
}

static uint64_t
next_bits(struct id_gen *g)
{
    uint64_t bits = 0;
    if (g->state == 0) {
        /* Under 256 bytes it neither fails nor returns short once the kernel is seeded. */
        must(getrandom(&bits, sizeof(bits), 0) == (ssize_t)sizeof(bits));
        return bits;
    }
    /* splitmix64 */
    g->state += 0x9e3779b97f4a7c15U;
    bits = g->state;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31);
}

/* Seconds since 2020, which fill six digits until 2054; then they begin again, and ids are merely
 * less well sorted. */
static uint64_t
time_bits(const struct id_gen *g)
{
    enum { YEAR_2020 = 1577836800 };
    return g->state ? 0 : (uint64_t)(clock_wall_ms(clock_real()) / 1000 - YEAR_2020);
}

void
id_make(struct id_gen *g, char kind, char out[ID_TEXT])
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    enum { TIME_DIGITS = 6, FIRST = 2 };
    uint64_t when = time_bits(g);
    uint64_t bits = next_bits(g);
    out[0] = kind;
    out[1] = '-';
    for (size_t i = 0; i < TIME_DIGITS; i++) {
        out[FIRST + TIME_DIGITS - 1 - i] = digits[when & 31];
        when >>= 5;
    }
    for (size_t i = FIRST + TIME_DIGITS; i < ID_TEXT - 1; i++) {
        out[i] = digits[bits & 31];
        bits >>= 5;
    }
    out[ID_TEXT - 1] = '\0';
}

struct str
id_to_arena(struct id_gen *g, char kind, struct arena *arena)
{
    char text[ID_TEXT];
    id_make(g, kind, text);
    return arena_str(arena, (struct str){text, ID_TEXT - 1});
}

bool
id_plausible(struct str s)
{
    if (s.len == 0 || s.len > ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' || c == '-';
        if (!letter && !other) {
            return false;
        }
    }
    return true;
}
