/* store_fixture: what the store's tests share: a folder to work in, rows to start from. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"

struct scratch {
    char path[64];
};

static inline void
scratch_make(struct scratch *f)
{
    (void)snprintf(f->path, sizeof(f->path), "/tmp/test-store-XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

static inline void
scratch_remove(struct scratch *f)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->path);
    assert_int_equal(system(command), 0);
}

#define assert_str(view, literal)                                                                  \
    assert_string_equal((view).ptr ? (view).ptr : "", (literal)) /* views of arenas end in NUL */

static inline struct conversation_row
a_conversation(const char *id, int64_t at)
{
    return (struct conversation_row){
        .id = str_c(id),
        .customer = STR("ann"),
        .channel = STR("cli"),
        .prompt_name = STR("customer_service"),
        .prompt_version = STR("hash"),
        .prompt_vars = STR("{}"),
        .owner = OWNER_BOT,
        .epoch = 1,
        .created_at = at,
        .updated_at = at,
    };
}

static inline struct message_row
a_message(const char *id, const char *conversation, const char *content)
{
    return (struct message_row){
        .id = str_c(id),
        .conversation = str_c(conversation),
        .role = STR("user"),
        .author = AUTHOR_CUSTOMER,
        .state = MESSAGE_SENT,
        .content = str_c(content),
        .at = 5,
    };
}

static inline struct turn_row
a_turn(const char *id, const char *conversation, int64_t at)
{
    return (struct turn_row){
        .id = str_c(id),
        .conversation = str_c(conversation),
        .process = STR("p-1"),
        .state = TURN_OPEN,
        .user_message = STR("m-1"),
        .model = STR("embedded"),
        .epoch = 1,
        .opened_at = at,
    };
}

static inline struct tool_call_row
a_call(const char *id, const char *conversation, const char *turn, int64_t seq, int64_t at)
{
    return (struct tool_call_row){
        .id = str_c(id),
        .conversation = str_c(conversation),
        .turn = str_c(turn),
        .message = STR("m-2"),
        .seq = seq,
        .tool_use_id = STR("use"),
        .name = STR("search"),
        .plugin = STR("catalog_search"),
        .effect = STR("read"),
        .arguments = STR("{\"q\":1}"),
        .status = CALL_OPEN,
        .started_at = at,
    };
}

static inline struct ticket_row
a_ticket(const char *conversation, int64_t at)
{
    return (struct ticket_row){
        .conversation = str_c(conversation),
        .customer = STR("ann"),
        .channel = STR("cli"),
        .status = TICKET_OPEN,
        .priority = STR("high"),
        .reason = STR("angry"),
        .summary_by = STR("extractive"),
        .summary = STR("[]"),
        .version = 1,
        .created_at = at,
        .updated_at = at,
    };
}

#endif
