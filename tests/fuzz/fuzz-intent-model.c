/* A model's file that means harm: any bytes; and a sound one, changed in places and sealed again,
 * so that the checks behind the sum are met. What opens can be asked. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../unit/intent_fixture.h"
#include "base/must.h"
#include "nlu/intent_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGE = 8 }; /* where (4 bytes), what (4 bytes) */

static struct buf sound;

static void
make_sound(void)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    struct intent_set set;
    struct intent_report report;
    struct err err = {0};
    fixture_tsv(&text, 3);
    buf_init(&sound, INTENT_MODEL_BYTES);
    must(intent_set_read(buf_str(&text), STR("x"), &arena, &set, &err) == 0);
    must(intent_train(&set, NULL, &sound, &report, &err) == 0);
}

static void
open_and_ask(struct str bytes)
{
    static const char *const texts[] = {"where is my camera", "", "refund", "\xff quux"};
    AUTO(intent_model) struct intent_model *model = NULL;
    struct err err = {0};
    int result = intent_model_borrow(bytes, STR("model"), &model, &err);
    must(result == 0 || result == ERR_INVALID);
    for (size_t i = 0; result == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct intent_answer a;
        must(intent_predict(model, str_c(texts[i]), 3, &arena, &a, &err) == 0);
        must(a.count > 0 && a.known >= 0 && a.known <= 1);
        for (size_t k = 0; k < a.count; k++) {
            must(a.guesses[k].probability >= 0 && a.guesses[k].probability <= 1);
            must(a.guesses[k].label.len > 0 && a.guesses[k].index < intent_model_labels(model));
        }
    }
}

static void
try_raw(const uint8_t *data, size_t size)
{
    AUTO(mem) char *bytes = mem_alloc(size + 1);
    must(bytes != NULL);
    memcpy(bytes, data, size);
    open_and_ask((struct str){bytes, size});
}

static void
try_changed(const uint8_t *data, size_t size)
{
    AUTO(mem) char *bytes = mem_alloc(sound.len);
    must(bytes != NULL);
    memcpy(bytes, sound.text, sound.len);
    for (; size >= CHANGE; data += CHANGE, size -= CHANGE) {
        uint32_t at;
        memcpy(&at, data, sizeof(at));
        memcpy(bytes + at % (sound.len - 4), data + 4, 4);
    }
    struct intent_header *h = (struct intent_header *)bytes;
    h->sum = intent_file_sum((struct str){bytes, sound.len});
    open_and_ask((struct str){bytes, sound.len});
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sound.len == 0) {
        make_sound();
    }
    if (size > 0 && data[0] % 4 == 0) {
        try_raw(data, size);
    } else if (size > 0) {
        try_changed(data + 1, size - 1);
    }
    return 0;
}
