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

/* A server elsewhere: https, or http where it stays on this machine or a private network. No names
 * and passwords in it, for they would be shown. */
#define SETTING_MCP_URL                                                                            \
    "{\"type\":\"string\",\"maxLength\":2000,\"pattern\":\""                                       \
    "^(https://[^/?#@\\\\s]+|http://(127(\\\\.[0-9]{1,3}){3}|10(\\\\.[0-9]{1,3}){3}|"              \
    "192\\\\.168(\\\\.[0-9]{1,3}){2}|172\\\\.(1[6-9]|2[0-9]|3[01])(\\\\.[0-9]{1,3}){2}|"           \
    "\\\\[(::1|f[cd][0-9a-f]{2}:[0-9a-f:]+|fe80:[0-9a-f:]+)\\\\]|[A-Za-z0-9_-]+|"                  \
    "[A-Za-z0-9_.-]+\\\\.(local|localhost|internal|lan|home\\\\.arpa))(:[0-9]{1,5})?)"             \
    "([/?][^#\\\\s]*)?$\"}"
/* The protocol's own are not for anyone to set. */
#define SETTING_MCP_HEADERS                                                                        \
    "{\"type\":\"object\",\"maxProperties\":15,\"propertyNames\":{\"pattern\":\""                  \
    "^(?!(?i:accept|authorization|connection|content-.*|expect|host|last-event-id|mcp-.*|"         \
    "transfer-encoding)$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$\"},"                                      \
    "\"additionalProperties\":{\"type\":\"string\",\"pattern\":\"^[^\\\\r\\\\n\\\\x00]{1,4000}$"   \
    "\"}}"

/* X(name, schema, takes, help) */
#define MCP_ROWS(X)                                                                                \
    X(bearer, SETTING_SECRET, "${NAME} or file:PATH",                                              \
      "With `url`: the secret that the server wants, sent as `Authorization: Bearer`.")            \
    X(ca_file, SETTING_TEXT(1000), "a file",                                                       \
      "With `url`: certificates to trust instead of the system's.")                                \
    X(enabled, "{\"type\":\"boolean\"}", "true or false", "Whether it is used; true unless set.")  \
    X(env, SETTING_ENV, "a map of texts",                                                          \
      "With `command`: all of its environment; ${NAME} and file:PATH are filled in, for secrets. " \
      "`env` and "                                                                                 \
      "launchers like npx want a PATH here.")                                                      \
    X(headers, SETTING_MCP_HEADERS, "a map of texts",                                              \
      "With `url`: sent with every request; ${NAME} and file:PATH are filled in, for secrets.")    \
    X(timeout, SETTING_DURATION, "a duration",                                                     \
      "How long one call may take, at most 10m; 30s unless set.")                                  \
    X(tools, SETTING_TEXTS(128), "a list of names",                                                \
      "Which of its tools are offered to the model, by the server's names; all unless set.")

#define MCP_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"maxProperties\":32,"                                                   \
    "\"propertyNames\":{\"pattern\":\"^[A-Za-z][A-Za-z0-9_-]{0,31}$\"},"                           \
    "\"additionalProperties\":{\"type\":\"object\",\"properties\":{" MCP_ROWS(                     \
        SETTING_PROPERTY) "\"command\":" SETTING_COMMAND ",\"url\":" SETTING_MCP_URL "},"          \
                          "\"if\":{\"required\":[\"url\"]},"                                       \
                          "\"then\":{\"properties\":{\"command\":false,\"env\":false}},"           \
                          "\"else\":{\"required\":[\"command\"],\"properties\":{\"bearer\":false," \
                          "\"ca_file\":false,\"headers\":false}},"                                 \
                          "\"additionalProperties\":false}}"

#endif
