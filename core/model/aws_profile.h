/* aws_profile: what stands in AWS's files ~/.aws/credentials and ~/.aws/config, and nothing else:
 * no file is opened and no environment is read here.
 *
 * The format is the one the AWS command line reads, in which no two of its readers agree; where
 * they differ:
 *   - a line whose first visible character is # or ; is a comment, and so is the rest of a line
 *     behind a blank and # or ;
 *   - [profile NAME] in config, [NAME] in credentials; [default] in both, but [profile default] in
 *     config puts its [default] out of force. Names may be quoted: [profile "my shop"]
 *   - sections of one name are one section; of keys that stand twice, the last counts. Keys are
 *     compared without case
 *   - a line indented deeper than the key above it belongs to that key: a sub-key where the key has
 *     no value of its own, else more of its value
 *   - a key's value is taken as it stands, quotes included
 * A key in credentials beats the same key in config, but an access key, its secret and its token
 * are taken from one file.
 *
 * Everything is [any], one user at a time. What is returned is borrowed until aws_profiles_done(),
 * which wipes it. Messages name the file and line and never a value. */
#ifndef MODEL_AWS_PROFILE_H
#define MODEL_AWS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

enum aws_file { AWS_FILE_CREDENTIALS, AWS_FILE_CONFIG, AWS_FILE_COUNT };
enum aws_section { AWS_PROFILE, AWS_SSO_SESSION, AWS_SERVICES, AWS_OTHER_SECTION };

struct aws_entry {
    enum aws_file file;
    enum aws_section section;
    struct str name;  /* of the section; empty in AWS_OTHER_SECTION */
    struct str key;   /* empty: the section's head */
    struct str sub;   /* the sub-key; empty: none */
    struct str value; /* trimmed; a value of several lines holds them as they stand */
};

/* `{0}` is a valid empty one. */
struct aws_profiles {
    char *text[AWS_FILE_COUNT];
    size_t text_len[AWS_FILE_COUNT];
    struct aws_entry *entries;
    size_t count;
    size_t capacity;
};

/* Read TEXT, the whole of FILE, which PATH names in messages; each file at most once. ERR_INVALID
 * (a line that is none of the above), ERR_LIMIT above LIMIT_AWS_FILE_BYTES, ERR_NOMEM; P then holds
 * nothing of this file. */
int aws_profiles_add(struct aws_profiles *p, enum aws_file file, struct str path, struct str text,
                     struct err *err) WARN_UNUSED;
void aws_profiles_done(struct aws_profiles *p);
AUTO_DEFINE_VALUE(aws_profiles, struct aws_profiles, aws_profiles_done)

/* Is there a section of that kind and name? */
bool aws_profiles_has(const struct aws_profiles *p, enum aws_section section, struct str name);
/* The value of KEY there, credentials before config; ptr NULL when neither has it. */
struct str aws_profiles_get(const struct aws_profiles *p, enum aws_section section,
                            struct str name, const char *key);
/* The same from one file. */
struct str aws_profiles_get_from(const struct aws_profiles *p, enum aws_file file,
                                 enum aws_section section, struct str name, const char *key);
/* The value of a sub-key: KEY "bedrock_runtime", SUB "endpoint_url" in a [services NAME]. */
struct str aws_profiles_get_sub(const struct aws_profiles *p, enum aws_section section,
                                struct str name, const char *key, const char *sub);

#endif
