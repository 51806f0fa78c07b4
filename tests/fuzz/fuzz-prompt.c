/* Any bytes as a recorded prompt: refused in words, or a prompt whose text makes it again and which
 * is filled, or not, without harm. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/must.h"
#include "base/utf8.h"
#include "prompt/prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the header calls itself, so that the shipped prompts are seeds. */
static struct str
own_name(struct str text)
{
    size_t start = str_find(text, STR("{{! "), 0);
    struct str name = start == SIZE_MAX ? (struct str){0} : str_sub(text, start + 4, SIZE_MAX);
    name = str_sub(name, 0, str_find_char(name, ':', 0));
    return prompt_name_valid(name) ? name : STR("p");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(prompt) struct prompt *p = NULL;
    AUTO(prompt) struct prompt *again = NULL;
    struct str text = {(const char *)data, size};
    struct str name = own_name(text);
    struct err err = {0};
    if (prompt_parse(name, text, &p, &err) < 0) {
        must(err.message[0] != '\0' && utf8_valid(str_c(err.message)));
        return 0;
    }
    must(str_eq(p->text, text) && strlen(p->hash) == 64);
    must(prompt_parse(name, p->text, &again, &err) == 0 && strcmp(p->hash, again->hash) == 0);
    struct str out = {0};
    int rc = prompt_render_with(p, STR("{\"shop_name\":\"S\",\"a\":[1,{\"b\":2}]}"), STR("ticket"),
                                STR("7"), &arena, &out, &err);
    must(rc == 0 || err.message[0] != '\0');
    return 0;
}
