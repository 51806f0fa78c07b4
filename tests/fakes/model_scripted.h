/* model_scripted: a model that says what a script tells it to, for tests and benchmarks.
 *
 * SCRIPT is a JSON array of turns of speech; which one is said follows from the request alone: as
 * many as there are answered tool uses since the customer's last words. (So one script serves any
 * number of conversations side by side.) Past its end the last one is repeated. An entry:
 *   {"text":"...", "chunks":3,          streamed in so many pieces, default 1
 *    "calls":[{"name":"...","input":{...}} | {"name":"...","raw":"{broken"}],
 *    "stop":"end"|"max_tokens"|"filtered", "in":10, "out":5,   usage
 *    "note":"why it came late",
 *    "error":"words"|"retryable words", "delay_ms":20, "hang":true, "retract":true}
 * "hang" streams the text and never ends. "retract" streams, withdraws, streams again. */
#ifndef FAKES_MODEL_SCRIPTED_H
#define FAKES_MODEL_SCRIPTED_H

#include "model/model.h"

int model_scripted_new(struct loop *l, struct str script, struct model **ret, struct err *err);
/* The same under another NAME than "scripted", which lives as long as the model. */
int model_scripted_named(struct loop *l, struct str script, struct str name, struct model **ret,
                         struct err *err);
/* Calls begun so far. */
size_t model_scripted_calls(const struct model *m);
/* The messages of the last request as JSON: [{"role","content"}], for tests to look at. */
struct str model_scripted_last_request(const struct model *m);
/* Its system prompt; and its parameters, as "max_tokens=0 temperature=0.5 stop=X tool_choice=". */
struct str model_scripted_last_system(const struct model *m);
struct str model_scripted_last_params(const struct model *m);
/* The names of the tools it offered, joined by spaces. */
struct str model_scripted_last_tools(const struct model *m);

#endif
