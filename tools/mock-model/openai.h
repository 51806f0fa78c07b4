/* openai: the two halves of chat completions (openai_check.c reads, openai.c writes). Stateless. */
#ifndef MOCK_OPENAI_H
#define MOCK_OPENAI_H

#include "asked.h"
#include "reply.h"

/* struct format's read. */
int openai_read(struct asked *a, struct refusal *refused);

#endif
