/* keys_mcp: what desk.yaml may say of one MCP server, one row a setting. keys.c makes the JSON
 * Schema of the key `mcp` of it, reference.c the manual's table. Not for anyone outside this floor.
 */
#ifndef CONFIG_KEYS_MCP_H
#define CONFIG_KEYS_MCP_H

#include "config/keys_models.h"

/* A program and its arguments, and its environment. */
#define SETTING_COMMAND                                                                            \
    "{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,"                                          \
    "\"items\":{\"type\":\"string\",\"maxLength\":4000}}"
#define SETTING_ENV                                                                                \
    "{\"type\":\"object\",\"maxProperties\":64,"                                                   \
    "\"propertyNames\":{\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]{0,99}$\"},"                           \
    "\"additionalProperties\":{\"type\":\"string\",\"maxLength\":4000}}"

/* X(name, schema, takes, help) */
#define MCP_ROWS(X)                                                                                \
    X(enabled, "{\"type\":\"boolean\"}", "true or false", "Whether it is used; true unless set.")  \
    X(env, SETTING_ENV, "a map of texts",                                                          \
      "All of its environment; ${NAME} and file:PATH are filled in, for secrets. `env` and "       \
      "launchers like npx want a PATH here.")                                                      \
    X(timeout, SETTING_DURATION, "a duration",                                                     \
      "How long one call may take, at most 10m; 30s unless set.")                                  \
    X(tools, SETTING_TEXTS(128), "a list of names",                                                \
      "Which of its tools are offered to the model, by the server's names; all unless set.")

#define MCP_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"maxProperties\":32,"                                                   \
    "\"propertyNames\":{\"pattern\":\"^[A-Za-z][A-Za-z0-9_-]{0,31}$\"},"                           \
    "\"additionalProperties\":{\"type\":\"object\",\"properties\":{" MCP_ROWS(                     \
        SETTING_PROPERTY) "\"command\":" SETTING_COMMAND "},\"required\":[\"command\"],"           \
                          "\"additionalProperties\":false}}"

#endif
