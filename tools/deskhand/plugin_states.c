#include "plugin_states.h"

#include "store/store.h"

int
plugin_states_read(struct store_tx *tx, void *arg, struct err *err)
{
    struct plugin_states *s = arg;
    arena_clear(&s->arena);
    return store_plugin_state_list(tx, &s->arena, &s->rows, &s->count, err);
}

int
plugin_states_get(struct store_tx *tx, struct str name, struct arena *arena,
                  struct plugin_state_row *ret, struct err *err)
{
    *ret = (struct plugin_state_row){0};
    int result = store_plugin_state_get(tx, name, arena, ret, err);
    ret->plugin = name;
    return result < 0 ? result : 0;
}
