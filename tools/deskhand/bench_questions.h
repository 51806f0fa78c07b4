/* bench_questions: what customers of a shop for smart homes write. */
#ifndef DESKHAND_BENCH_QUESTIONS_H
#define DESKHAND_BENCH_QUESTIONS_H

#include <stddef.h>

/* Every INDEX has one; they come round again. Static. */
const char *bench_question(size_t index);

#endif
