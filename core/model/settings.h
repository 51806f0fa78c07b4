/* settings: what desk.yaml may say of a model, one table.
 *
 * A model is a map of settings under `models`. Which there are, their types and bounds is in the
 * JSON Schema of that key (core/config/keys_models.c); a provider names those it understands, and a
 * setting it does not is refused with its name: no option does nothing.
 *
 *   provider id base_url key auth region profile version betas ca_file stream
 *   max_tokens temperature top_p stop tool_choice max_tokens_field prefill
 *   guardrail extra performance service_tier metadata cache
 *   connect_timeout first_byte_timeout stall_timeout
 *   attempts retry_time requests_per_minute tokens_per_minute waiting context_tokens
 *
 * The getters read one model's map (checked against the schema before). [any] */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/model.h"

struct config;
struct js;
struct provider_ops;
struct secret;

/* "10s", "500ms", "2m" in milliseconds; FALLBACK where KEY is absent. */
int64_t setting_ms(const struct js *settings, const char *key, int64_t fallback);
/* Is WORD one of the texts in the list KEY? */
bool setting_has(const struct js *settings, const char *key, const char *word);
/* max_tokens, temperature, top_p, stop, tool_choice; views in ARENA. */
int setting_params(const struct js *settings, struct arena *arena, struct model_params *ret,
                   struct err *err) WARN_UNUSED;
/* What is set in OVER replaces what is in BASE. */
struct model_params params_over(const struct model_params *base, const struct model_params *over);
/* The secret KEY refers to ("${NAME}" or "file:PATH"). 0, CONFIG_UNSET where the map has none, <0.
 * NAME is the model's, for the message. */
int setting_secret(const struct config *c, struct str name, const struct js *settings,
                   const char *key, struct secret **ret, struct err *err) WARN_UNUSED;
/* Is every member of SETTINGS one OPS understands, or one of those all models have? ERR_INVALID
 * names the first that is not. */
int settings_check(struct str name, const struct js *settings, const struct provider_ops *ops,
                   struct err *err) WARN_UNUSED;

#endif
