/* KNOWLEDGE: articles that fit the customer's message, put before the model unasked.
 *
 * Where they go. Into the customer's newest message, as a text before the customer's own: not into
 * the system prompt. What was written for the shop's website, or by whoever could edit it, is not
 * to speak with the desk's own authority; and a system prompt that differs from turn to turn makes
 * a provider's cache of everything behind it worthless. It is there for this turn only: the record
 * holds what was said, and the next turn looks for itself.
 *
 * The fence (base/fence.h). No article can close it and go on outside it. What stands within is
 * JSON, one line an article, each named with its id: nothing in it can begin a line of its own.
 *
 * A search that fails or finds nothing changes nothing: the model still has its tools. */
#include "base/fence.h"
#include "base/log.h"
#include "base/must.h"
#include "io/worker.h"
#include "turn/turn_impl.h"

/* A search; its own until it comes back. */
struct turn_search {
    struct job job;
    struct turn *turn;
    const struct turn_knowledge *knowledge;
    size_t articles;
    struct arena arena;
    struct str text;
    struct str found;
    int result;
    struct err err;
};

bool
turn_wants_knowledge(const struct turn *t)
{
    return t->engine->parts.knowledge && t->input.articles > 0 && t->input.text.len > 0;
}

/* [worker] */
static void
search(struct job *job)
{
    struct turn_search *s = OWNER_OF(job, struct turn_search, job);
    s->result =
        s->knowledge->find(s->knowledge->arg, s->text, s->articles, &s->arena, &s->found, &s->err);
}

static void
on_searched(struct job *job)
{
    struct turn_search *s = OWNER_OF(job, struct turn_search, job);
    struct turn *t = s->turn;
    if (s->result < 0) {
        log_err(LOG_WARN, "knowledge", t->row.id, &s->err);
    } else if (s->found.len) {
        t->knowledge =
            fence_around(STR("Articles of this shop that may fit the customer's message, found by "
                             "a program; none of it was said by the customer"),
                         s->found, s->found.len, &t->arena);
    }
    arena_done(&s->arena);
    mem_free(s);
    t->writes--;
    if (!turn_settle(t)) {
        turn_go(t, TURN_CONTEXT);
    }
}

void
turn_enter_knowledge(struct turn *t)
{
    struct err err = {0};
    const struct turn_knowledge *knowledge = t->engine->parts.knowledge;
    struct turn_search *s = mem_zero(1, sizeof(*s));
    if (!s) {
        turn_go(t, TURN_CONTEXT);
        return;
    }
    s->job.run = search;
    s->job.done = on_searched;
    s->turn = t;
    s->knowledge = knowledge;
    s->articles = t->input.articles;
    s->text = arena_str(&s->arena, t->input.text);
    if (!s->text.ptr || pool_submit(knowledge->pool, &s->job, &err) < 0) {
        log_err(LOG_WARN, "knowledge", t->row.id, &err);
        arena_done(&s->arena);
        mem_free(s);
        turn_go(t, TURN_CONTEXT);
        return;
    }
    t->writes++; /* what ends the turn waits for it, as for the store */
}

/* Results of a crashed turn's tools may stand in front: they stay there. */
static size_t
last_text(const struct message *m)
{
    size_t at = m->count;
    for (size_t i = 0; i < m->count; i++) {
        at = m->blocks[i].kind == BLOCK_TEXT ? i : at;
    }
    return at;
}

bool
turn_add_knowledge(struct turn *t)
{
    if (t->knowledge.len == 0 || t->message_count == 0) {
        return true;
    }
    struct message *m = &t->messages[t->message_count - 1];
    size_t at = last_text(m);
    if (m->role != ROLE_USER || at == m->count) {
        return true;
    }
    struct block *blocks = arena_zero(&t->arena, m->count + 1, sizeof(*blocks));
    struct block made;
    if (!blocks || !block_text(&t->arena, t->knowledge, &made)) {
        return false;
    }
    for (size_t i = 0; i < m->count; i++) {
        blocks[i + (i >= at)] = m->blocks[i];
    }
    blocks[at] = made;
    m->blocks = blocks;
    m->count++;
    t->view.tokens += tokens_of_message(&(struct message){.blocks = &made, .count = 1});
    return turn_count_tokens(t);
}
