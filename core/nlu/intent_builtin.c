/* The model that comes with the program. There is none yet: one is made of a training set that is
 * shipped with it. */
#include "nlu/intent.h"

int
intent_model_builtin(struct intent_model **ret, struct err *err)
{
    (void)ret;
    return err_set(err, ERR_NOTFOUND,
                   "no model of intents is built in: train one with `deskhand intents train "
                   "FILE`, or name one with --model");
}
