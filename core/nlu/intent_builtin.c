/* The model that comes with the program. */
#include "nlu/intent_builtin.h"

#include "nlu/intent.h"
#include "nlu/intent_file.h"

static struct str
bytes(void)
{
    return (struct str){(const char *)intent_builtin, intent_builtin_size};
}

int
intent_model_builtin(struct intent_model **ret, struct err *err)
{
    return intent_model_borrow(bytes(), STR("the built-in model of intents"), ret, err);
}

int
intent_predict_builtin(struct str text, size_t top, struct arena *arena, struct intent_answer *ret,
                       struct err *err)
{
    struct intent_file file;
    intent_file_trust(bytes(), &file);
    return intent_file_predict(&file, text, top, arena, ret, err);
}
