/* keys_commands: what desk.yaml may say of one command tool, one row a setting. keys.c makes the
 * JSON Schema of the key `commands` of it, reference.c the manual's table. Not for anyone outside
 * this floor. */
#ifndef CONFIG_KEYS_COMMANDS_H
#define CONFIG_KEYS_COMMANDS_H

#include "config/keys_mcp.h"

#define COMMAND_PATHS                                                                              \
    "{\"type\":\"array\",\"maxItems\":32,\"items\":"                                               \
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}}"
#define COMMAND_YES_NO "{\"type\":\"boolean\"}"

/* X(name, schema, takes, help) */
#define COMMAND_ROWS(X)                                                                            \
    X(confirm, "{\"type\":\"string\",\"minLength\":1,\"maxLength\":300}", "a text",                \
      "What a call would do, for who has to agree to it; {NAME} stands for that argument.")        \
    X(effect, "{\"enum\":[\"read\",\"write\",\"irreversible\"]}", "read, write or irreversible",   \
      "What a call does to the world; read unless set.")                                           \
    X(enabled, COMMAND_YES_NO, "true or false", "Whether it is used; true unless set.")            \
    X(env, SETTING_ENV, "a map of texts",                                                          \
      "All of its environment, which is empty unless set; ${NAME} and file:PATH are filled in, "   \
      "for secrets.")                                                                              \
    X(memory_mb, SETTING_INT(16, 65536), "16 to 65536",                                            \
      "How much memory each of its processes has; 256 unless set.")                                \
    X(network, COMMAND_YES_NO, "true or false",                                                    \
      "Whether it may open connections; false unless set.")                                        \
    X(parallel, COMMAND_YES_NO, "true or false",                                                   \
      "Whether its calls may run side by side; false unless set.")                                 \
    X(read, COMMAND_PATHS, "a list of paths",                                                      \
      "Files and folders that it may read, relative to desk.yaml, besides its own.")               \
    X(timeout, SETTING_DURATION, "a duration",                                                     \
      "How long one call may take, at most 10m; 10s unless set.")                                  \
    X(trust, "{\"enum\":[\"trusted\",\"untrusted\"]}", "trusted or untrusted",                     \
      "Whether what it says is the shop's own word; untrusted unless set: data from outside, "     \
      "which the model is told not to obey.")                                                      \
    X(write, COMMAND_PATHS, "a list of paths", "Files and folders that it may change.")

#define COMMANDS_SCHEMA                                                                            \
    "{\"type\":\"object\",\"maxProperties\":128,"                                                  \
    "\"propertyNames\":{\"pattern\":\"^[a-zA-Z0-9_-]{1,64}$\"},"                                   \
    "\"additionalProperties\":{\"type\":\"object\",\"properties\":{" COMMAND_ROWS(                 \
        SETTING_PROPERTY) "\"command\":" SETTING_COMMAND                                           \
                          ",\"description\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":"   \
                          "4000},\"input\":{\"type\":\"object\"}},"                                \
                          "\"required\":[\"command\",\"description\",\"input\"],"                  \
                          "\"additionalProperties\":false}}"

#endif
