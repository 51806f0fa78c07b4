/* keys_models: what desk.yaml may say of one model, one row a setting. keys.c makes the JSON Schema
 * of the key `models` of it, reference.c the manual's table. Which provider understands which is
 * said by the provider (core/model/provider.h). Not for anyone outside this floor. */
#ifndef CONFIG_KEYS_MODELS_H
#define CONFIG_KEYS_MODELS_H

#define SETTING_TEXT(max) "{\"type\":\"string\",\"minLength\":1,\"maxLength\":" #max "}"
#define SETTING_INT(min, max) "{\"type\":\"integer\",\"minimum\":" #min ",\"maximum\":" #max "}"
#define SETTING_NUMBER(min, max) "{\"type\":\"number\",\"minimum\":" #min ",\"maximum\":" #max "}"
#define SETTING_SECRET                                                                             \
    "{\"type\":\"string\",\"pattern\":\"^(\\\\$\\\\{[A-Za-z_][A-Za-z0-9_]*\\\\}|file:.+)$\"}"
#define SETTING_DURATION "{\"type\":\"string\",\"pattern\":\"^[0-9]{1,9}(ms|s|m|h)$\"}"
#define SETTING_TEXTS(max)                                                                         \
    "{\"type\":\"array\",\"maxItems\":" #max                                                       \
    ",\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}"
#define SETTING_MAP                                                                                \
    "{\"type\":\"object\",\"maxProperties\":16,\"propertyNames\":{\"minLength\":1,"                \
    "\"maxLength\":256},\"additionalProperties\":{\"type\":\"string\",\"maxLength\":256}}"
#define SETTING_GUARDRAIL                                                                          \
    "{\"type\":\"object\",\"properties\":{\"identifier\":" SETTING_TEXT(                           \
        2048) ",\"version\":{\"type\":\"string\",\"pattern\":\"^([1-9][0-9]{0,7}|DRAFT)$\"},"      \
              "\"trace\":{\"enum\":[\"enabled\",\"disabled\",\"enabled_full\"]},"                  \
              "\"stream_mode\":{\"enum\":[\"sync\",\"async\"]}},"                                  \
              "\"required\":[\"identifier\",\"version\"],\"additionalProperties\":false}"

/* What a prompt, too, may set. X(name, schema, takes, help) */
#define PARAMETER_ROWS(X)                                                                          \
    X(max_tokens, SETTING_INT(1, 1000000), "1 to 1000000", "The longest reply, in tokens.")        \
    X(stop, SETTING_TEXTS(16), "a list of texts", "Texts at which the model stops.")               \
    X(temperature, SETTING_NUMBER(0, 2), "0 to 2", "How freely the model chooses its words.")      \
    X(tool_choice, SETTING_TEXT(64), "auto, any, none or a tool",                                  \
      "Whether the model may, must or must not use a tool, or which one it must use.")             \
    X(top_p, SETTING_NUMBER(0, 1), "0 to 1", "From how many of the likeliest words it chooses.")

#define SETTING_ROWS(X)                                                                            \
    X(access_key, SETTING_SECRET, "${NAME} or file:PATH", "An AWS access key; with secret_key.")   \
    X(attempts, SETTING_INT(1, 20), "1 to 20",                                                     \
      "How often a call is tried before the next of `model.fallback` is asked; 4 unless set.")     \
    X(auth, "{\"enum\":[\"x-api-key\",\"bearer\"]}", "x-api-key or bearer",                        \
      "How the key is sent to an Anthropic server; x-api-key unless set.")                         \
    X(base_url, "{\"type\":\"string\",\"pattern\":\"^https?://[^\\\\s]+$\",\"maxLength\":1000}",   \
      "a URL", "The server; empty: the provider's own.")                                           \
    X(betas, SETTING_TEXTS(32), "a list of names", "Anthropic's beta features to switch on.")      \
    X(ca_file, SETTING_TEXT(1000), "a file",                                                       \
      "Certificates to trust instead of the system's, for a server of your own.")                  \
    X(cache,                                                                                       \
      "{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"enum\":[\"system\",\"tools\","        \
      "\"messages\"]}}",                                                                           \
      "of system, tools, messages", "Behind which parts of the prompt a cache point is set.")      \
    X(cache_ttl, "{\"enum\":[\"5m\",\"1h\"]}", "5m or 1h", "How long the cache keeps them.")       \
    X(connect_timeout, SETTING_DURATION, "a duration",                                             \
      "How long connecting may take; 10s unless set.")                                             \
    X(context_tokens, SETTING_INT(1000, 100000000), "1000 to 100000000",                           \
      "How many tokens the model can read and write in one call.")                                 \
    X(extra, "{\"type\":\"object\",\"maxProperties\":64}", "a map",                                \
      "Sent as it stands: Converse's additionalModelRequestFields, or further members of the "     \
      "body for the other protocols.")                                                             \
    X(first_byte_timeout, SETTING_DURATION, "a duration",                                          \
      "How long the server may take to begin its answer; 60s unless set.")                         \
    X(guardrail, SETTING_GUARDRAIL, "identifier, version, trace, stream_mode",                     \
      "The Bedrock guardrail to apply.")                                                           \
    X(id, SETTING_TEXT(2048), "a text", "What the server calls the model: an id, or an ARN.")      \
    X(key, SETTING_SECRET, "${NAME} or file:PATH", "The key, from the environment or a file.")     \
    X(max_tokens_field, "{\"enum\":[\"max_tokens\",\"max_completion_tokens\"]}",                   \
      "max_tokens or max_completion_tokens",                                                       \
      "What an OpenAI-compatible server calls the longest reply.")                                 \
    X(metadata, SETTING_MAP, "a map of texts", "Sent along for the provider's own logs.")          \
    X(performance, "{\"enum\":[\"standard\",\"optimized\"]}", "standard or optimized",             \
      "Bedrock's latency setting.")                                                                \
    X(prefill, "{\"type\":\"boolean\"}", "true or false",                                          \
      "Whether the model goes on behind a half answer when a stream broke; newer models refuse.")  \
    X(profile, SETTING_TEXT(200), "a name",                                                        \
      "The profile of AWS's files to take credentials from.")                                      \
    X(region, "{\"type\":\"string\",\"pattern\":\"^[a-z0-9-]{1,63}$\"}", "a region",               \
      "The AWS region.")                                                                           \
    X(requests_per_minute, SETTING_INT(1, 1000000), "1 to 1000000",                                \
      "How many calls are made a minute at most; further ones wait.")                              \
    X(retry_time, SETTING_DURATION, "a duration",                                                  \
      "How long a call is tried again altogether; 30s unless set.")                                \
    X(secret_key, SETTING_SECRET, "${NAME} or file:PATH", "The AWS secret of access_key.")         \
    X(service_tier, SETTING_TEXT(40), "a text", "The provider's service tier.")                    \
    X(session_token, SETTING_SECRET, "${NAME} or file:PATH", "The session token of both.")         \
    X(stall_timeout, SETTING_DURATION, "a duration",                                               \
      "How long a begun answer may be silent; 60s unless set.")                                    \
    X(stream, "{\"type\":\"boolean\"}", "true or false",                                           \
      "Whether answers come word by word; true unless set.")                                       \
    X(tokens_per_minute, SETTING_INT(1, 1000000000), "1 to 1000000000",                            \
      "How many tokens are sent and received a minute at most.")                                   \
    X(version, "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9.-]{1,60}$\"}", "a version",         \
      "The version of Anthropic's protocol; 2023-06-01 unless set (on Bedrock "                    \
      "bedrock-2023-05-31).")                                                                      \
    X(waiting, SETTING_INT(0, 100000), "0 to 100000",                                              \
      "How many calls may wait for the two limits above; 100 unless set.")

#define SETTING_PROPERTY(name_, schema_, takes_, help_) "\"" #name_ "\":" schema_ ","

#define PARAMETERS_SCHEMA                                                                          \
    "{\"type\":\"object\",\"maxProperties\":200,\"additionalProperties\":{\"type\":\"object\","    \
    "\"properties\":{" PARAMETER_ROWS(SETTING_PROPERTY) "\"\":false},"                             \
                                                        "\"additionalProperties\":false}}"

#define MODELS_SCHEMA                                                                              \
    "{\"type\":\"object\",\"maxProperties\":64,"                                                   \
    "\"propertyNames\":{\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$\","                        \
    "\"not\":{\"const\":\"embedded\"}},"                                                           \
    "\"additionalProperties\":{\"type\":\"object\","                                               \
    "\"properties\":{" PARAMETER_ROWS(SETTING_PROPERTY) SETTING_ROWS(                              \
        SETTING_PROPERTY) "\"provider\":{\"enum\":[\"bedrock\",\"bedrock-invoke\",\"anthropic\","  \
                          "\"openai\"]}},"                                                         \
                          "\"required\":[\"provider\",\"id\"],\"additionalProperties\":false}}"

#endif
