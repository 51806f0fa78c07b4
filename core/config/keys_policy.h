/* keys_policy: what desk.yaml may say of one tool, one row a setting. keys.c makes the JSON Schema
 * of the key `policy` of it, reference.c the manual's table; core/tool/policy.h says what it does.
 * Not for anyone outside this floor. */
#ifndef CONFIG_KEYS_POLICY_H
#define CONFIG_KEYS_POLICY_H

#include "config/keys_models.h"

#define POLICY_COUNT SETTING_INT(1, 1000000000)

/* X(name, schema, takes, help) */
#define POLICY_ROWS(X)                                                                             \
    X(approval, "{\"enum\":[\"none\",\"customer\",\"agent\"]}", "none, customer or agent",         \
      "Who has to agree to each call first. Unless set, the customer where the tool declares "     \
      "itself irreversible, which cannot be set to none, and nobody elsewhere. Once text from "    \
      "outside the shop is in a conversation, or where a call is too long to be shown as a "       \
      "whole, an agent stands in for the customer.")                                               \
    X(approval_time, SETTING_DURATION, "a duration",                                               \
      "How long is waited for that: 1m to 168h; 30m for a customer and 24h for an agent unless "   \
      "set. What an agent agreed to is good for 24h.")                                             \
    X(confirm, SETTING_TEXT(1000), "a text",                                                       \
      "What they are asked, with the call's arguments by name in {braces}; not for `*`.")          \
    X(dry_run, "{\"type\":\"boolean\"}", "true or false",                                          \
      "Whether the tool is told to say what it would do and do nothing; false unless set. What "   \
      "an MCP server may change is not called then: it cannot be told.")                           \
    X(enabled, "{\"type\":\"boolean\"}", "true or false",                                          \
      "Whether the model gets the tool; true unless set.")                                         \
    X(hours,                                                                                       \
      "{\"type\":[\"string\",\"array\"],\"minLength\":1,\"maxLength\":200,\"maxItems\":32,"        \
      "\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}",                        \
      "a text or a list of them",                                                                  \
      "When it may be used, by `desk.timezone`: mon-fri 09:00-18:00; always unless set.")          \
    X(per_customer_day, POLICY_COUNT, "1 to 1000000000",                                           \
      "How often a day for one customer; those not signed in count as one.")                       \
    X(per_day, POLICY_COUNT, "1 to 1000000000", "How often a day, by `desk.timezone`.")            \
    X(per_minute, POLICY_COUNT, "1 to 1000000000", "How often a minute.")                          \
    X(prompts, SETTING_TEXTS(64), "a list of names",                                               \
      "Under which prompts the model gets the tool; `*` is any, and so it is unless set.")         \
    X(trust, "{\"enum\":[\"trusted\",\"untrusted\"]}", "trusted or untrusted",                     \
      "Whether what it returns is the shop's own word; what MCP servers, commands and the web "    \
      "bring is not unless set so. trusted is not for `*`.")

#define POLICY_SCHEMA                                                                              \
    "{\"type\":\"object\",\"maxProperties\":256,"                                                  \
    "\"propertyNames\":{\"pattern\":\"^([*]|[A-Za-z0-9_-]{1,64})$\"},"                             \
    "\"additionalProperties\":{\"type\":\"object\",\"properties\":{" POLICY_ROWS(                  \
        SETTING_PROPERTY) "\"\":false},\"additionalProperties\":false}}"

#endif
