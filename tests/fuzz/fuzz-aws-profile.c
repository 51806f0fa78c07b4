/* Any bytes as AWS's two files: refused with file and line, or entries that lie inside them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "model/aws_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(const struct aws_profiles *p, enum aws_file file, struct str part)
{
    uintptr_t start = (uintptr_t)p->text[file];
    uintptr_t at = (uintptr_t)part.ptr;
    bool own = part.len == 0 || str_eq_c(part, "default");
    must(own || (at >= start && at + part.len <= start + p->text_len[file]));
}

static void
check_entry(const struct aws_profiles *p, const struct aws_entry *e)
{
    must(e->section <= AWS_OTHER_SECTION);
    check_inside(p, e->file, e->name);
    check_inside(p, e->file, e->key);
    check_inside(p, e->file, e->sub);
    check_inside(p, e->file, e->value);
    must(aws_profiles_has(p, e->section, e->name));
    if (e->key.len > 0 && !memchr(e->key.ptr, 0, e->key.len)) {
        char *key = mem_str(e->key);
        struct str found =
            key ? aws_profiles_get_from(p, e->file, e->section, e->name, key) : STR("");
        must(found.ptr || e->sub.len > 0);
        mem_free(key);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(aws_profiles) struct aws_profiles p = {0};
    struct str text = {(const char *)data, size};
    for (int file = 0; file < AWS_FILE_COUNT; file++) {
        struct err err = {0};
        if (aws_profiles_add(&p, (enum aws_file)file, STR("config"), text, &err) < 0) {
            must(str_starts(str_c(err.message), STR("config:")));
            must(utf8_valid(str_c(err.message)));
        }
    }
    for (size_t i = 0; i < p.count && i < 64; i++) {
        check_entry(&p, &p.entries[i]);
    }
    return 0;
}
