#include "plugin/cage_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"

enum { SET_MODE_FILTER = 1 };

void
filter_put(struct filter *f, struct sock_filter line)
{
    must(f->count < FILTER_MAX);
    f->code[f->count++] = line;
}

void
filter_load(struct filter *f, size_t offset)
{
    filter_put(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

void
filter_verdict(struct filter *f, uint32_t verdict)
{
    filter_put(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

void
filter_unless(struct filter *f, uint16_t test, uint32_t value, uint8_t skip)
{
    filter_put(f, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), value, 0, skip));
}

uint32_t
filter_failing(int error)
{
    return SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA);
}

size_t
filter_argument(unsigned index)
{
    return offsetof(struct seccomp_data, args) + 8 * (size_t)index;
}

void
filter_allow(struct filter *f, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        filter_unless(f, BPF_JEQ, (uint32_t)calls[i], 1);
        filter_verdict(f, SECCOMP_RET_ALLOW);
    }
}

void
filter_by_argument(struct filter *f, int call, unsigned index, uint16_t test, uint32_t value,
                   uint32_t passes, uint32_t fails)
{
    filter_unless(f, BPF_JEQ, (uint32_t)call, 4);
    filter_load(f, filter_argument(index));
    filter_unless(f, test, value, 1);
    filter_verdict(f, passes);
    filter_verdict(f, fails);
}

void
filter_one_of(struct filter *f, int call, unsigned index, const uint32_t *values, uint8_t count)
{
    filter_unless(f, BPF_JEQ, (uint32_t)call, (uint8_t)(2 + 2 * count));
    filter_load(f, filter_argument(index));
    for (uint8_t i = 0; i < count; i++) {
        filter_unless(f, BPF_JEQ, values[i], 1);
        filter_verdict(f, SECCOMP_RET_ALLOW);
    }
    filter_verdict(f, filter_failing(EPERM));
}

bool
filter_hold(struct filter *f)
{
    struct sock_fprog program = {f->count, f->code};
    return syscall(SYS_seccomp, SET_MODE_FILTER, 0, &program) == 0;
}
