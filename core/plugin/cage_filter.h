/* cage_filter: a filter of system calls, written for the kernel's classic BPF, for cage_calls.c.
 *
 * The call's number is what is loaded between blocks. Each block is for one call: it ends in a
 * verdict, or falls through to the next block:
 *
 *     is it this call? no: over the block
 *     load one argument (its lower half: flags and small numbers)
 *     compare; verdict; other verdict
 *
 * A verdict is SECCOMP_RET_ALLOW or filter_failing(). Longer than FILTER_MAX is a bug. */
#ifndef PLUGIN_CAGE_FILTER_H
#define PLUGIN_CAGE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILTER_MAX = 768 };

struct filter {
    struct sock_filter code[FILTER_MAX];
    unsigned short count;
};

void filter_put(struct filter *f, struct sock_filter line);
/* The word at OFFSET of struct seccomp_data. */
void filter_load(struct filter *f, size_t offset);
/* Where argument INDEX stands there. */
size_t filter_argument(unsigned index);
void filter_verdict(struct filter *f, uint32_t verdict);
/* The call fails with this errno value. */
uint32_t filter_failing(int error);
/* Skip SKIP lines unless the loaded word passes TEST (BPF_JEQ, BPF_JSET, BPF_JGE) with VALUE. */
void filter_unless(struct filter *f, uint16_t test, uint32_t value, uint8_t skip);

void filter_allow(struct filter *f, const int *calls, size_t count);
/* CALL, decided by whether its argument INDEX passes TEST with VALUE. */
void filter_by_argument(struct filter *f, int call, unsigned index, uint16_t test, uint32_t value,
                        uint32_t passes, uint32_t fails);
/* CALL, allowed where its argument INDEX is one of VALUES. */
void filter_one_of(struct filter *f, int call, unsigned index, const uint32_t *values,
                   uint8_t count);

/* For this thread and what it starts, for good. False when the kernel does not take it. */
bool filter_hold(struct filter *f);

#endif
