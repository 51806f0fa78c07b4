/* wire_openai_answer: one answer in chat completions put together from its JSON objects, chunks of
 * a stream or a whole one: the inside of the decoder, which deals with framing alone.
 *
 * Not for anyone but the decoder. Functions that return int return 0, or what went wrong: <0 and
 * FAILURE is filled. */
#ifndef MODEL_WIRE_OPENAI_ANSWER_H
#define MODEL_WIRE_OPENAI_ANSWER_H

#include "model/wire_openai.h"

struct openai_answer {
    const struct openai_model *model;
    struct assembly *out;
    struct failure *failure;
    struct arena arena; /* one chunk's tree: cleared by whoever parses the next */
    int finish;         /* why it ended, as far as that was said */
    bool refused;       /* the model said so in `refusal` */
    int64_t next_key;   /* for the next call without an index */
    int64_t last_call;  /* the key of the newest call */
};

void openai_answer_init(struct openai_answer *a, const struct openai_model *m, struct assembly *out,
                        struct failure *failure);
void openai_answer_done(struct openai_answer *a);

/* A chunk or a whole answer, or an error in place of one. */
int openai_answer_take(struct openai_answer *a, const struct js *chunk);
/* A piece of text. */
int openai_answer_text(struct openai_answer *a, struct str text);
/* Did the assembly hold all of it? */
int openai_answer_check(struct openai_answer *a);
/* It is whole as it stands. */
void openai_answer_settle(struct openai_answer *a);
/* Nothing came yet that would make an answer. */
bool openai_answer_empty(const struct openai_answer *a);

#endif
