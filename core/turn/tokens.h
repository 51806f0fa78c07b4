/* tokens: what an engine's requests are estimated at, and how far its models are from that.
 *
 * What is the same in many turns, the system prompt and the tools, is estimated once; each model's
 * correction is learned from what its answers say. One engine's, [loop]. */
#ifndef TURN_TOKENS_H
#define TURN_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "model/estimate.h"

struct message;
struct model_tool;

enum { TOKEN_MODELS = 8, TOKEN_MODEL_NAME = 64 };

struct token_book {
    char *system; /* the text that was estimated last */
    size_t system_len;
    int64_t system_tokens;
    uint64_t tools_key; /* of the list that was */
    int64_t tool_tokens;
    struct {
        char name[TOKEN_MODEL_NAME + 1];
        struct estimate_factor factor;
    } models[TOKEN_MODELS];
    size_t model_count;
};
void token_book_done(struct token_book *b);

struct token_tools {
    const struct model_tool *items;
    size_t count;
    uint64_t key; /* another for each other list, never 0 */
};
/* Of a request without messages. */
int64_t tokens_around(struct token_book *b, struct str system, const struct token_tools *tools);
int64_t tokens_of_message(const struct message *m);

/* What TOKENS of ours are to MODEL, and the other way round. */
int64_t tokens_for_model(const struct token_book *b, struct str model, int64_t tokens);
int64_t tokens_from_model(const struct token_book *b, struct str model, int64_t tokens);
/* MODEL said that a prompt of ESTIMATED tokens had ACTUAL ones. Beyond TOKEN_MODELS models nothing
 * is learned. */
void tokens_learn(struct token_book *b, struct str model, int64_t estimated, int64_t actual);

#endif
