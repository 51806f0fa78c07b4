#include "model/tools_memo.h"

#include "base/json.h"
#include "model/model.h"

static void
forget(struct tools_memo *m)
{
    arena_clear(&m->arena);
    *m = (struct tools_memo){.arena = m->arena};
}

void
tools_memo_done(struct tools_memo *m)
{
    arena_done(&m->arena);
    *m = (struct tools_memo){0};
}

static bool
is_same(const struct model_tool *a, const struct model_tool *b)
{
    return str_eq(a->name, b->name) && str_eq(a->description, b->description) &&
           str_eq(a->schema, b->schema);
}

const struct model_tool *
tools_memo_find(const struct tools_memo *m, const struct model_tool *tools, size_t count)
{
    if (!m || m->count == 0 || m->count != count) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_same(&m->given[i], &tools[i])) {
            return NULL;
        }
    }
    return m->mended;
}

bool
tools_memo_holds(const struct tools_memo *m, const struct model_request *r)
{
    return m && m->count > 0 && r->tools == m->mended;
}

/* FROM in the memo's memory, or TWIN, which is there already, where it is the same text. */
static struct str
keep(struct tools_memo *m, struct str from, struct str twin)
{
    return twin.ptr && str_eq(from, twin) ? twin : arena_str(&m->arena, from);
}

static const struct model_tool *
copy_tools(struct tools_memo *m, const struct model_tool *from, const struct model_tool *twins,
           size_t count)
{
    struct model_tool *copies = arena_zero(&m->arena, count, sizeof(*copies));
    for (size_t i = 0; copies && i < count; i++) {
        struct model_tool twin = twins ? twins[i] : (struct model_tool){0};
        copies[i].name = keep(m, from[i].name, twin.name);
        copies[i].description = keep(m, from[i].description, twin.description);
        copies[i].schema = keep(m, from[i].schema, twin.schema);
    }
    return m->arena.starved ? NULL : copies;
}

const struct model_tool *
tools_memo_learn(struct tools_memo *m, const struct model_tool *given,
                 const struct model_tool *mended, size_t count)
{
    forget(m);
    const struct model_tool *first = copy_tools(m, given, NULL, count);
    const struct model_tool *second = first ? copy_tools(m, mended, first, count) : NULL;
    if (!second) {
        forget(m);
        return mended;
    }
    m->given = first;
    m->mended = second;
    m->count = count;
    return second;
}

void
tools_memo_write(struct tools_memo *m, const struct model_request *r, struct js_out *out,
                 void (*write)(void *arg), void *arg)
{
    bool known = tools_memo_holds(m, r);
    if (known && m->json.len > 0) {
        js_add_raw(out, m->json);
        return;
    }
    size_t start = out->buf->len;
    write(arg);
    if (known && !out->buf->failed) {
        /* As a key's value: there is no comma before it. */
        struct str json = arena_str(&m->arena, str_sub(buf_str(out->buf), start, SIZE_MAX));
        m->json = json.ptr ? json : (struct str){0};
    }
}
