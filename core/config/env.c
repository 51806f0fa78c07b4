#include "config/config_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static const struct config_variable variables[] = {
    {"ANTHROPIC_API_KEY", "The key of Anthropic's models whose `key` is not set."},
    {"AWS_ACCESS_KEY_ID", "For Bedrock: the access key; goes with AWS_SECRET_ACCESS_KEY."},
    {"AWS_BEARER_TOKEN_BEDROCK", "A Bedrock API key, used instead of all other credentials."},
    {"AWS_CONFIG_FILE", "AWS's file of profiles; ~/.aws/config unless set."},
    {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "What a container shows for its credentials."},
    {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "The file it stands in; read each time."},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "Where a container's credentials are (set by EKS)."},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "The same on http://169.254.170.2 (set by ECS)."},
    {"AWS_DEFAULT_REGION", "The region, where AWS_REGION is not set."},
    {"AWS_EC2_METADATA_DISABLED", "true: do not ask EC2's metadata service for credentials."},
    {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "Its address; http://169.254.169.254 unless set."},
    {"AWS_ENDPOINT_URL", "The address of all AWS services, for a proxy or a test."},
    {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "The address of Bedrock; beats AWS_ENDPOINT_URL."},
    {"AWS_ENDPOINT_URL_SSO", "The address of single sign-on's portal."},
    {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true: no address but desk.yaml's and AWS's own."},
    {"AWS_PROFILE", "The profile to take credentials and region from; default unless set."},
    {"AWS_REGION", "The region, where desk.yaml does not say it."},
    {"AWS_SECRET_ACCESS_KEY", "The secret that belongs to AWS_ACCESS_KEY_ID."},
    {"AWS_SESSION_TOKEN", "The session token that belongs to them, where they are temporary."},
    {"AWS_SHARED_CREDENTIALS_FILE", "AWS's file of keys; ~/.aws/credentials unless set."},
    {"AWS_WEB_IDENTITY_TOKEN_FILE", "A web identity: not supported, and said so."},
    {"DESKHAND_AGENT", "Your name as a human agent, where --agent is not given."},
    {"DESKHAND_DESK", "The desk's directory, where --desk is not given."},
    {"DESKHAND_FAULT", "Failures on purpose, in a build with fault hooks: kill:N, alloc:N, io:N."},
    {"EDITOR", "The editor for longer texts."},
    {"HOME", "The user's directory, where .aws is."},
    {"NO_COLOR", "Set to anything: no colours."},
    {"OPENAI_API_KEY", "The key of OpenAI's models whose `key` is not set."},
    {"TERM", "The terminal's kind; dumb: no colours, no movement."},
};

const struct config_variable *
config_variables(size_t *ret_count)
{
    *ret_count = sizeof(variables) / sizeof(variables[0]);
    return variables;
}

const char *
env_get(const char *name)
{
    return getenv(name);
}

const char *
config_env(const char *name)
{
    bool known = false;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        known = known || strcmp(variables[i].name, name) == 0;
    }
    must(known);
    return env_get(name);
}
