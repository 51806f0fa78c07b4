#include "base/tz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/tz_rule.h"

#define ZONES "/usr/share/zoneinfo/"

enum {
    NAME_MAX_BYTES = 100,
    FILE_MAX = 128 * 1024, /* the largest of them has some 4 KB */
    HEADER = 44,
    TYPE = 6,
    DAY_MS = 86400000,
};

struct tz {
    struct str name;
    const int64_t *changes; /* seconds since 1970 UTC, growing */
    const int32_t *offsets; /* from that change on */
    size_t count;
    int32_t before; /* the first change */
    struct tz_rule rule;
};

/* ---- Reading ---------------------------------------------------------------------------------*/

static int64_t
big_endian(const char *bytes, size_t len)
{
    uint64_t value = (unsigned char)bytes[0] & 0x80 ? ~UINT64_C(0) : 0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (unsigned char)bytes[i];
    }
    return (int64_t)value;
}

/* A header's six counts. */
struct counts {
    size_t is_ut;
    size_t is_std;
    size_t leaps;
    size_t changes;
    size_t types;
    size_t letters;
};

static bool
read_counts(struct str file, struct counts *ret)
{
    enum { FIRST = 20, COUNT = 6 };
    size_t numbers[COUNT];
    if (file.len < HEADER || !str_starts(file, STR("TZif"))) {
        return false;
    }
    for (size_t i = 0; i < COUNT; i++) {
        numbers[i] = (size_t)big_endian(file.ptr + FIRST + i * 4, 4) & 0xffffffff;
        if (numbers[i] > FILE_MAX) {
            return false;
        }
    }
    *ret = (struct counts){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
    return true;
}

/* How many bytes follow a header whose times have WIDTH. */
static size_t
block_size(const struct counts *c, size_t width)
{
    return c->changes * (width + 1) + c->types * TYPE + c->letters + c->leaps * (width + 4) +
           c->is_std + c->is_ut;
}

static bool
read_block(struct str block, const struct counts *c, struct arena *arena, struct tz *ret)
{
    int64_t *changes = arena_zero(arena, c->changes + 1, sizeof(*changes));
    int32_t *offsets = arena_zero(arena, c->changes + 1, sizeof(*offsets));
    const char *kinds = block.ptr + c->changes * 8;
    const char *types = kinds + c->changes;
    if (!changes || !offsets || c->types == 0) {
        return false;
    }
    for (size_t i = 0; i < c->changes; i++) {
        size_t kind = (unsigned char)kinds[i];
        changes[i] = big_endian(block.ptr + i * 8, 8);
        if (kind >= c->types || (i > 0 && changes[i] <= changes[i - 1])) {
            return false;
        }
        offsets[i] = (int32_t)big_endian(types + kind * TYPE, 4);
    }
    ret->changes = changes;
    ret->offsets = offsets;
    ret->count = c->changes;
    ret->before = (int32_t)big_endian(types, 4);
    return true;
}

/* A version 1 block is there for old readers and skipped; then the same with 64-bit times, then a
 * line with the rule. */
static bool
read_file(struct str file, struct arena *arena, struct tz *ret)
{
    struct counts old;
    struct counts c;
    if (!read_counts(file, &old) || file.ptr[4] < '2') {
        return false;
    }
    struct str rest = str_sub(file, HEADER + block_size(&old, 4), file.len);
    if (!read_counts(rest, &c) || rest.len < HEADER + block_size(&c, 8)) {
        return false;
    }
    struct str block = str_sub(rest, HEADER, block_size(&c, 8));
    struct str foot = str_sub(rest, HEADER + block.len, rest.len);
    size_t end = foot.len > 0 && foot.ptr[0] == '\n' ? str_find_char(foot, '\n', 1) : SIZE_MAX;
    return end != SIZE_MAX && read_block(block, &c, arena, ret) &&
           tz_rule_parse(str_sub(foot, 1, end - 1), &ret->rule);
}

int
tz_parse(struct str bytes, struct str name, struct arena *arena, const struct tz **ret,
         struct err *err)
{
    struct tz *tz = arena_zero(arena, 1, sizeof(*tz));
    if (!tz) {
        return err_nomem(err);
    }
    tz->name = arena_str(arena, name);
    if (!tz->name.ptr) {
        return err_nomem(err);
    }
    if (bytes.len && !read_file(bytes, arena, tz)) {
        return arena->starved ? err_nomem(err)
                              : err_set(err, ERR_INVALID,
                                        "time zone %" STR_FMT ": its file in " ZONES
                                        " is damaged: install the package tzdata anew",
                                        STR_ARG(name));
    }
    *ret = tz;
    return 0;
}

/* A name, and no way out of the folder. */
static bool
is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool inside = i > 0 && ((c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' ||
                                (c == '/' && name.ptr[i - 1] != '/'));
        if (!letter && !inside) {
            return false;
        }
    }
    return name.len <= NAME_MAX_BYTES;
}

static int
unknown(struct str name, struct err *err)
{
    return err_set(err, ERR_NOTFOUND,
                   "there is no time zone '%.*s' on this machine: write one as in Europe/Berlin; "
                   "the files in " ZONES " are what there is",
                   str_int_len(str_sub(name, 0, NAME_MAX_BYTES)), name.ptr ? name.ptr : "");
}

/* The file at PATH, in ARENA; errno, 0 for fine. */
static int
read_bytes(const char *path, struct arena *arena, struct str *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *bytes = arena_alloc(arena, FILE_MAX);
    size_t len = 0;
    if (fd < 0 || !bytes) {
        int seen = fd < 0 ? errno : ENOMEM;
        if (fd >= 0) {
            (void)close(fd);
        }
        return seen;
    }
    ssize_t got = 1;
    while (got > 0 && len < FILE_MAX) {
        got = read(fd, bytes + len, FILE_MAX - len);
        len += got > 0 ? (size_t)got : 0;
    }
    int seen = got < 0 ? errno : 0;
    (void)close(fd);
    *ret = (struct str){bytes, len};
    return seen;
}

int
tz_load(struct str name, struct arena *arena, const struct tz **ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct str bytes = {0};
    if (name.len == 0 || str_eq(name, STR("UTC"))) {
        return tz_parse(bytes, STR("UTC"), arena, ret, err);
    }
    if (!is_name(name)) {
        return unknown(name, err);
    }
    struct str path = arena_printf(&scratch, ZONES "%" STR_FMT, STR_ARG(name));
    if (!path.ptr) {
        return err_nomem(err);
    }
    int failed = read_bytes(path.ptr, &scratch, &bytes);
    if (failed == ENOENT || failed == ENOTDIR || failed == EISDIR) {
        return unknown(name, err);
    }
    if (failed == ENOMEM) {
        return err_nomem(err);
    }
    if (failed != 0) {
        return err_set_errno(err, failed, "time zone %" STR_FMT ": read %s", STR_ARG(name),
                             path.ptr);
    }
    if (!str_starts(bytes, STR("TZif"))) {
        return unknown(name, err); /* there are lists beside the zones */
    }
    return tz_parse(bytes, name, arena, ret, err);
}

struct str
tz_name(const struct tz *tz)
{
    return tz->name;
}

/* ---- Asking ----------------------------------------------------------------------------------*/

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int32_t
tz_offset(const struct tz *tz, int64_t wall_ms)
{
    int64_t seconds = floor_div(wall_ms, 1000);
    size_t low = 0;
    size_t high = tz->count;
    if (tz->rule.set && (tz->count == 0 || seconds >= tz->changes[tz->count - 1])) {
        return tz_rule_offset(&tz->rule, seconds);
    }
    /* The last change that is not after it. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tz->changes[middle] <= seconds) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? tz->offsets[low - 1] : tz->before;
}

void
tz_local(const struct tz *tz, int64_t wall_ms, struct tz_date *ret)
{
    int64_t local = wall_ms + (int64_t)tz_offset(tz, wall_ms) * 1000;
    int64_t days = floor_div(local, DAY_MS);
    int64_t minutes = (local - days * DAY_MS) / 60000;
    tz_date_of(days, &ret->year, &ret->month, &ret->day);
    ret->weekday = (unsigned)(((days + 4) % 7 + 7) % 7);
    ret->hour = (unsigned)(minutes / 60);
    ret->minute = (unsigned)(minutes % 60);
}

void
tz_week(const struct tz_date *date, int64_t *ret_year, unsigned *ret_week)
{
    int64_t days = tz_days_of(date->year, date->month, date->day);
    int64_t thursday = days - (date->weekday + 6) % 7 + 3;
    unsigned month;
    unsigned day;
    tz_date_of(thursday, ret_year, &month, &day);
    *ret_week = (unsigned)((thursday - tz_days_of(*ret_year, 1, 1)) / 7 + 1);
}

int64_t
tz_midnight(const struct tz *tz, int64_t year, unsigned month, unsigned day)
{
    int64_t local = tz_days_of(year, month, day) * DAY_MS;
    int64_t early = local - (int64_t)tz_offset(tz, local - DAY_MS) * 1000;
    int64_t late = local - (int64_t)tz_offset(tz, local + DAY_MS) * 1000;
    /* Of the two clocks around it, that which shows midnight then; where both do (it was put back
     * over midnight) the first; where neither does (put forward over it) the change itself. */
    int64_t first = early < late ? early : late;
    int64_t last = early < late ? late : early;
    if (first + (int64_t)tz_offset(tz, first) * 1000 == local) {
        return first;
    }
    if (last + (int64_t)tz_offset(tz, last) * 1000 == local) {
        return last;
    }
    int32_t offset = tz_offset(tz, first);
    while (last - first > 1) {
        int64_t middle = first + (last - first) / 2;
        if (tz_offset(tz, middle) == offset) {
            first = middle;
        } else {
            last = middle;
        }
    }
    return last;
}
