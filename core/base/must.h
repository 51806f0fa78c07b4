/* must: assertions that stay on in release builds, for programming errors only.
 *
 * Input is never asserted: whatever a customer, model, tool, file or network sends is checked and
 * answered with an error. A failed must() prints the expression, its place and whatever the panic
 * hook adds (version, turn, plugins), then aborts. [any] */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#define must(condition) \
    ((condition) ? (void)0 : must_failed(#condition, __FILE__, __LINE__))

#define unreachable() must_failed("unreachable", __FILE__, __LINE__)

/* Objects that travel as `void *` open with a magic number; MUST_MAGIC checks it on arrival. */
#define MUST_MAGIC(object, expected) must((object) != NULL && (object)->magic == (expected))

_Noreturn void must_failed(const char *condition, const char *file, int line);

/* HOOK is called once before the abort, to print what the program was doing. It must not
 * allocate. Set at start, from main only; NULL takes it away. */
void must_set_hook(void (*hook)(void));

#endif
