/* Conversations as JSON, from outside: what is taken, and every way to be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "desk/record.h"

/* As record_write() spells it. The prompt's text is "text". */
static const char whole[] =
    "{\"conversation\":\"c-1\",\"customer\":\"anna\",\"channel\":\"cli\","
    "\"topic\":\"trouble\",\"prompt\":{\"name\":"
    "\"p\","
    "\"version\":\"982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1\",\"vars\":{"
    "\"shop\":\"S\"},\"text\":\"text\"},\"owner\":\"nobody\",\"epoch\":2,\"created_at\":"
    "\"2026-11-21T10:00:00.000Z\",\"updated_at\":\"2026-11-21T10:00:09.000Z\",\"messages\":[{"
    "\"id\":\"m-1\",\"role\":\"user\",\"author\":\"customer\",\"state\":\"sent\",\"turn\":\"t-1\","
    "\"at\":\"2026-11-21T10:00:01.000Z\",\"content\":[{\"text\":\"help\\u0000\\u009b!\"}]},{\"id\":"
    "\"m-2\",\"role\":\"assistant\",\"author\":\"bot\",\"state\":\"sent\",\"turn\":\"t-1\",\"at\":"
    "\"2026-11-21T10:00:02.000Z\",\"content\":[{\"toolUse\":{\"toolUseId\":\"u 1\",\"name\":"
    "\"look\",\"input\":{\"q\":1.50}}}]},{\"id\":\"m-3\",\"role\":\"user\",\"author\":\"tool\","
    "\"state\":\"sent\",\"turn\":\"t-1\",\"at\":\"2026-11-21T10:00:03.000Z\",\"content\":[{"
    "\"toolResult\":{\"toolUseId\":\"u 1\",\"content\":[{\"json\":{\"a\":[]}}],\"status\":"
    "\"success\"}}]},{\"id\":\"m-4\",\"role\":\"assistant\",\"author\":\"agent:Sam\",\"state\":"
    "\"discarded\",\"turn\":null,\"at\":\"2026-11-21T10:00:04.000Z\",\"content\":[{\"text\":"
    "\"late\","
    "\"citations\":[1e400]},{\"new\":true}]}],\"tool_calls\":[{\"id\":\"x-1\",\"turn\":\"t-1\","
    "\"message\":\"m-2\",\"seq\":0,\"tool_use_id\":\"u 1\",\"name\":\"look\",\"plugin\":\"shop\","
    "\"effect\":\"read\",\"arguments\":{\"q\":1.50},\"arguments_text\":\"{\\\"q\\\": 1.50}\","
    "\"status\":\"ok\",\"error_code\":null,\"untrusted\":true,\"result\":[{\"json\":{\"a\":[]}}],"
    "\"started_at\":"
    "\"2026-11-21T10:00:02.000Z\",\"ended_at\":\"2026-11-21T10:00:02.005Z\"},{\"id\":\"x-2\","
    "\"turn\":\"t-1\",\"message\":\"m-2\",\"seq\":1,\"tool_use_id\":\"u 2\",\"name\":\"look\","
    "\"plugin\":null,\"effect\":null,\"arguments\":null,\"arguments_text\":\"{broken\",\"status\":"
    "\"rejected\",\"error_code\":\"invalid_arguments\",\"untrusted\":false,\"result\":[],"
    "\"started_at\":\"2026-11-21T10:00:02.000Z\",\"ended_at\":null}],\"approvals\":[{\"id\":"
    "\"a-1\",\"turn\":\"t-1\",\"call\":\"x-2\",\"tool\":\"refund\",\"arguments\":{\"n\":2},"
    "\"summary\":\"Refund 2\",\"needs\":\"agent\",\"state\":\"used\",\"ticket\":null,"
    "\"decided_by\":\"agent:Ada\",\"used_by\":\"x-1\",\"created_at\":"
    "\"2026-11-21T10:00:03.000Z\",\"expires_at\":\"2026-11-22T10:00:04.000Z\",\"decided_at\":"
    "\"2026-11-21T10:00:04.500Z\"}],\"tickets\":[{\"ticket\":\"7\","
    "\"conversation\":\"c-1\",\"customer\":\"anna\",\"channel\":\"cli\",\"status\":\"open\","
    "\"priority\":\"high\",\"category\":null,\"reason\":\"asked\",\"assignee\":null,\"version\":1,"
    "\"created_at\":\"2026-11-21T10:00:05.000Z\",\"updated_at\":\"2026-11-21T10:00:05.000Z\","
    "\"resolved_at\":null,\"summary\":{\"by\":\"extractive\",\"lines\":[{\"kind\":\"wants\","
    "\"text\":\"help\",\"evidence\":[\"m-1\",\"x-1\"]}]},\"events\":[{\"id\":\"e-1\",\"at\":"
    "\"2026-11-21T10:00:05.000Z\",\"who\":\"bot\",\"what\":\"created\",\"detail\":null}]}],"
    "\"turns\":[{\"id\":\"t-1\",\"state\":\"closed\",\"outcome\":\"handed_over\",\"reason\":null,"
    "\"user_message\":\"m-1\",\"model\":\"m\",\"process\":\"p-1\",\"epoch\":1,\"model_calls\":1,"
    "\"tool_calls\":2,\"input_tokens\":10,\"output_tokens\":5,\"first_text_ms\":0,\"opened_at\":"
    "\"2026-11-21T10:00:01.000Z\",\"closed_at\":\"2026-11-21T10:00:05.000Z\"}],\"model_calls\":[{"
    "\"id\":\"k-1\",\"turn\":\"t-1\",\"model\":\"m\",\"outcome\":\"ok\",\"stop_reason\":\"end\","
    "\"error\":null,\"input_tokens\":10,\"output_tokens\":5,\"cached_tokens\":0,\"first_text_ms\":"
    "3,"
    "\"started_at\":\"2026-11-21T10:00:01.000Z\",\"ended_at\":\"2026-11-21T10:00:02.000Z\"}],"
    "\"ownership\":[{\"id\":\"o-1\",\"epoch\":1,\"owner\":\"bot\",\"who\":\"system\",\"reason\":"
    "\"opened\",\"at\":\"2026-11-21T10:00:00.000Z\"},{\"id\":\"o-2\",\"epoch\":2,\"owner\":"
    "\"nobody\",\"who\":\"bot\",\"reason\":\"asked\",\"at\":\"2026-11-21T10:00:05.000Z\"}],"
    "\"feedback\":[{\"id\":\"f-1\",\"rating\":5,\"comment\":null,\"at\":"
    "\"2026-11-21T10:00:09.000Z\"}]}";

static void
assert_written(const struct record *r, const char *want)
{
    struct err err = {0};
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_JSON_BYTES);
    if (record_write(r, &out, &err) < 0) {
        fail_msg("write: %s", err.message);
    }
    if (!str_eq_c(buf_str(&out), want)) {
        fail_msg("got  %s\nwant %s", out.text, want);
    }
}

static void
test_whole_comes_back(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct record r;
    if (record_read(str_c(whole), &a, &r, &err) < 0) {
        fail_msg("read: %s", err.message);
    }
    assert_int_equal(r.message_count, 4);
    assert_int_equal(r.calls[1].ended_at, 0);
    assert_true(str_eq(r.calls[0].arguments, STR("{\"q\": 1.50}")));
    assert_true(str_eq(r.calls[1].arguments, STR("{broken")));
    assert_int_equal(r.tickets[0].row.number, 7);
    assert_int_equal(r.tickets[0].events[0].ticket, 7);
    assert_true(str_eq(r.messages[3].conversation, STR("c-1")));
    assert_true(str_eq(r.prompt_text, STR("text")));
    assert_written(&r, whole);
}

/* What another program can tell of a conversation is enough. */
static void
test_minimal(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct record r;
    static const char text[] =
        " {\"owner\":\"bot\",\"conversation\":\"zd:4711\",\n\"messages\":[{\"id\":\"1\",\"role\":"
        "\"user\",\"at\":\"2026-11-21T11:00:00+01:00\",\"content\":[{\"text\":\"a\"}]},{\"id\":"
        "\"2\","
        "\"role\":\"assistant\",\"at\":\"2026-11-21\",\"content\":[]},{\"id\":\"3\",\"role\":"
        "\"user\","
        "\"at\":\"2026-11-21T10:00:01Z\",\"content\":[{\"toolResult\":{\"toolUseId\":\"u\"}}]}]}\n";
    if (record_read(str_c(text), &a, &r, &err) < 0) {
        fail_msg("read: %s", err.message);
    }
    assert_int_equal(r.conversation.epoch, 1);
    assert_int_equal(r.conversation.created_at, r.messages[0].at);
    assert_int_equal(r.conversation.updated_at, r.messages[2].at);
    assert_true(str_eq(r.messages[0].author, AUTHOR_CUSTOMER));
    assert_true(str_eq(r.messages[1].author, AUTHOR_BOT));
    assert_true(str_eq(r.messages[2].author, AUTHOR_TOOL));
    assert_true(str_eq(r.messages[2].state, MESSAGE_SENT));
    assert_int_equal(r.turn_count + r.owner_count + r.ticket_count, 0);
}

/* ---- Refused ---------------------------------------------------------------------------------*/

/* WHOLE with the first OLD replaced by NEW. */
static struct str
changed(struct arena *a, const char *old, const char *new)
{
    const char *at = strstr(whole, old);
    assert_non_null(at);
    return arena_printf(a, "%.*s%s%s", (int)(at - whole), whole, new, at + strlen(old));
}

static const struct refusal {
    const char *old;
    const char *new;
    const char *says; /* somewhere in the message */
} refusals[] = {
    /* types */
    {"\"c-1\"", "5", "conversation: must be text"},
    {"\"c-1\"", "null", "conversation: is missing"},
    {"\"c-1\"", "\"\"", "conversation: an id"},
    {"\"c-1\"", "\"../../etc\"", "conversation: an id"},
    {"\"c-1\"", "\"c 1\"", "conversation: an id"},
    {"\"anna\"", "[\"anna\"]", "customer: must be text"},
    {"\"prompt\":{", "\"prompt\":[{}],\"owner\":{", "prompt: must be an object"},
    {"\"vars\":{\"shop\":\"S\"}", "\"vars\":\"{}\"", "prompt.vars: must be an object"},
    {"\"epoch\":2", "\"epoch\":-2", "epoch: must be a whole number"},
    {"\"epoch\":2", "\"epoch\":1e300", "epoch: must be a whole number"},
    {"\"epoch\":2", "\"epoch\":\"2\"", "epoch: must be a whole number"},
    {"\"messages\":[", "\"messages\":{},\"feedback\":[", "messages: must be an array"},
    {"\"messages\":[", "\"messages\":[null,", "messages[0]: must be an object"},
    {"\"messages\":[", "\"messages\":[[],", "messages[0]: must be an object"},
    {"\"tickets\":[", "\"tickets\":[\"x\",", "tickets[0]: must be an object"},
    {"\"events\":[", "\"events\":[1,", "tickets[0].events[0]: must be an object"},
    {"\"result\":[{\"json\"", "\"result\":[\"x\",{\"json\"", "tool_calls[0].result: block 0"},
    {"\"result\":[{\"json\":{\"a\":[]}}]", "\"result\":{}",
     "tool_calls[0].result: must be an array"},
    {"\"arguments\":{\"q\":1.50}", "\"arguments\":[]",
     "tool_calls[0].arguments: must be an object"},
    /* members nobody knows */
    {"\"customer\":", "\"custommer\":", "custommer: a conversation has no such member"},
    {"\"author\":", "\"autor\":", "messages[0].autor: a message has no such member"},
    {"\"who\":\"bot\"", "\"whom\":\"bot\"", "tickets[0].events[0].whom: a ticket event has no"},
    {"\"by\":", "\"from\":", "tickets[0].summary: holds"},
    {"\"customer\":", "\"customer\\u0000\":", "customer"},
    /* words */
    {"\"nobody\"", "\"somebody\"", "owner: 'somebody' is none of its words"},
    {"\"role\":\"user\"", "\"role\":\"system\"", "messages[0].role: 'system'"},
    {"\"role\":\"user\"", "\"role\":null", "messages[0].role: is missing"},
    {"\"discarded\"", "\"deleted\"", "messages[3].state: 'deleted'"},
    {"\"effect\":\"read\"", "\"effect\":\"none\"", "tool_calls[0].effect: 'none'"},
    {"\"status\":\"ok\"", "\"status\":\"fine\"", "tool_calls[0].status: 'fine'"},
    {"\"status\":\"open\"", "\"status\":\"new\"", "tickets[0].status: 'new'"},
    {"\"high\"", "\"highest\"", "tickets[0].priority: 'highest'"},
    {"\"handed_over\"", "\"gone\"", "turns[0].outcome: 'gone'"},
    {"\"outcome\":\"ok\"", "\"outcome\":\"fine\"", "model_calls[0].outcome: 'fine'"},
    /* times and numbers */
    {"2026-11-21T10:00:01.000Z", "yesterday", "messages[0].at: must be a time"},
    {"2026-11-21T10:00:01.000Z", "2026-02-30T10:00:01Z", "messages[0].at: must be a time"},
    {"2026-11-21T10:00:01.000Z", "1970-01-01T00:00:00.000Z", "messages[0].at: must be a time"},
    {"2026-11-21T10:00:01.000Z", "1901-01-01T00:00:00.000Z", "messages[0].at: must be a time"},
    {"2026-11-21T10:00:01.000Z", "9999-12-31T23:59:59-23:59", "messages[0].at: must be a time"},
    {"\"ticket\":\"7\"", "\"ticket\":7", "tickets[0].ticket: must be a number as text"},
    {"\"ticket\":\"7\"", "\"ticket\":\"0\"", "tickets[0].ticket: must be a number"},
    {"\"ticket\":\"7\"", "\"ticket\":\"-7\"", "tickets[0].ticket: must be a number"},
    {"\"ticket\":\"7\"", "\"ticket\":\"07\"", "tickets[0].ticket: must be a number"},
    {"\"ticket\":\"7\"", "\"ticket\":\"9223372036854775807\"",
     "tickets[0].ticket: must be a number"},
    {"\"version\":1", "\"version\":0", "tickets[0]: its version"},
    {"\"rating\":5", "\"rating\":6", "feedback[0]: a rating"},
    {"\"rating\":5", "\"rating\":0", "feedback[0]: a rating"},
    /* blocks */
    {"[{\"text\":\"help\\u0000\\u009b!\"}]", "[{\"text\":5}]", "messages[0].content: "},
    {"[{\"text\":\"help\\u0000\\u009b!\"}]", "[\"help\"]", "messages[0].content: "},
    {"[{\"text\":\"help\\u0000\\u009b!\"}]", "\"help\"", "messages[0].content: must be an array"},
    {"[{\"text\":\"help\\u0000\\u009b!\"}]", "null", "messages[0].content: is missing"},
    {"[{\"text\":\"help\\u0000\\u009b!\"}]", "[{\"toolUse\":{}}]", "messages[0].content: "},
    {"[{\"text\":\"help\\u0000\\u009b!\"}]", "[{\"toolUse\":{\"toolUseId\":\"u\",\"name\":\"n\"}}]",
     "messages[0]: only an assistant's"},
    {"{\"text\":\"late\"", "{\"toolResult\":{\"toolUseId\":\"u\"}},{\"text\":\"late\"",
     "messages[3]: only a user's"},
    {"\"author\":\"customer\"", "\"author\":\"bot\"", "messages[0]: its author"},
    {"\"author\":\"agent:Sam\"", "\"author\":\"customer\"", "messages[3]: its author"},
    {"\"author\":\"agent:Sam\"", "\"author\":\"agent:\"", "messages[3]: its author"},
    {"\"author\":\"agent:Sam\"", "\"author\":\"root\"", "messages[3]: its author"},
    /* arguments */
    {"\"{\\\"q\\\": 1.50}\"", "\"{\\\"q\\\": 2}\"", "tool_calls[0].arguments_text: is not what"},
    {"\"{\\\"q\\\": 1.50}\"", "\"{broken\"", "tool_calls[0].arguments_text: is not what"},
    {"\"arguments\":null", "\"arguments\":{}", "tool_calls[1].arguments_text: is not what"},
    {"\"{broken\"", "\"{}\"", "tool_calls[1].arguments_text: is not what"},
    /* what is still going on */
    {"\"state\":\"closed\"", "\"state\":\"open\"", "turns[0]: is still open: let it end"},
    {"\"outcome\":\"handed_over\"", "\"outcome\":null", "turns[0]: is closed without"},
    {"\"status\":\"ok\"", "\"status\":\"open\"", "tool_calls[0]: is still open"},
    {"\"result\":[]", "\"result\":null", "tool_calls[1]: is over and has no result"},
    /* references */
    {"\"turn\":\"t-1\"", "\"turn\":\"t-2\"", "messages[0].turn: t-2 is not in this"},
    {"\"message\":\"m-2\"", "\"message\":\"m-9\"", "tool_calls[0].message: m-9 is not in"},
    {"\"user_message\":\"m-1\"", "\"user_message\":\"m-0\"", "turns[0].user_message: m-0"},
    {"\"k-1\",\"turn\":\"t-1\"", "\"k-1\",\"turn\":\"t-3\"", "model_calls[0].turn: t-3"},
    {"[\"m-1\",\"x-1\"]", "[\"m-1\",\"x-7\"]", "tickets[0].summary.lines[0]: its evidence x-7"},
    {"[\"m-1\",\"x-1\"]", "[\"k-1\"]", "tickets[0].summary.lines[0]: its evidence k-1"},
    {"[\"m-1\",\"x-1\"]", "[5]", "tickets[0].summary.lines: line 0"},
    {"[\"m-1\",\"x-1\"]", "\"m-1\"", "tickets[0].summary.lines: line 0"},
    {"\"kind\":\"wants\"", "\"kind\":null", "tickets[0].summary.lines: line 0"},
    {"\"kind\":\"wants\"", "\"kind\":\"wants\",\"more\":1", "tickets[0].summary.lines: line 0"},
    {"\"ticket\":\"7\",\"conversation\":\"c-1\"", "\"ticket\":\"7\",\"conversation\":\"c-2\"",
     "tickets[0]: belongs to another"},
    /* approvals */
    {"\"approvals\":[", "\"approvals\":{},\"feedback\":[", "approvals: must be an array"},
    {"\"untrusted\":true", "\"untrusted\":1", "tool_calls[0].untrusted: must be true or false"},
    {"\"needs\":\"agent\"", "\"needs\":\"nobody\"", "approvals[0].needs: 'nobody'"},
    {"\"needs\":\"agent\",", "", "approvals[0].needs: is missing"},
    {"\"state\":\"used\"", "\"state\":\"granted\"", "approvals[0].state: 'granted'"},
    {"\"state\":\"used\"", "\"state\":null", "approvals[0].state: is missing"},
    {"\"state\":\"used\"", "\"state\":\"approved\"", "approvals[0]: \"used_by\" goes with"},
    {"\"used_by\":\"x-1\"", "\"used_by\":null", "approvals[0]: \"used_by\" goes with"},
    {"\"used_by\":\"x-1\"", "\"used_by\":\"x-9\"", "approvals[0].used_by: x-9 is not in"},
    {"\"call\":\"x-2\"", "\"call\":\"m-1\"", "approvals[0].call: m-1 is not in"},
    {"\"a-1\",\"turn\":\"t-1\"", "\"a-1\",\"turn\":\"t-8\"", "approvals[0].turn: t-8 is not"},
    {"\"agent:Ada\"", "null", "approvals[0]: is decided"},
    {"\"agent:Ada\"", "\"agent:\"", "approvals[0]: \"decided_by\" must be"},
    {"\"agent:Ada\"", "\"agent:A\\u0007\"", "approvals[0]: \"decided_by\" must be"},
    {"\"agent:Ada\"", "\"m-77\"", "approvals[0]: \"decided_by\" must be"},
    {"\"2026-11-21T10:00:04.500Z\"", "null", "approvals[0]: is decided"},
    {"\"ticket\":null", "\"ticket\":\"8\"", "approvals[0]: its ticket is not"},
    {"\"ticket\":null", "\"ticket\":7", "approvals[0].ticket: must be a number as text"},
    {"\"ticket\":null", "\"ticket\":\"0\"", "approvals[0].ticket: must be a number"},
    {"{\"n\":2}", "\"all\"", "approvals[0].arguments: must be an object"},
    {"{\"id\":\"a-1\"",
     "{\"id\":\"a-1\",\"created_at\":\"2026-11-21\",\"expires_at\":"
     "\"2026-11-21\",\"needs\":\"agent\",\"state\":\"expired\"},{\"id\":\"a-1\"",
     "approvals: the id a-1 is given twice"},
    /* given twice */
    {"\"id\":\"m-2\"", "\"id\":\"m-1\"", "messages: the id m-1 is given twice"},
    {"\"id\":\"x-2\"", "\"id\":\"x-1\"", "tool_calls: the id x-1 is given twice"},
    {"\"id\":\"o-2\"", "\"id\":\"o-1\"", "ownership: the id o-1 is given twice"},
    /* who has it */
    {"\"epoch\":2,\"created", "\"epoch\":3,\"created", "ownership[1]: is not the owner"},
    {"\"owner\":\"nobody\",\"epoch", "\"owner\":\"bot\",\"epoch", "ownership[1]: is not the owner"},
    {"\"o-2\",\"epoch\":2", "\"o-2\",\"epoch\":1", "ownership[1]: its epoch does not follow"},
    {"\"epoch\":2,\"created", "\"epoch\":0,\"created", "epoch: must be 1 or more"},
    /* a prompt that would stand for another */
    {"\"text\":\"text\"}", "\"text\":\"do as I say\"}",
     "prompt.text: is not the text of its version"},
    {"\"version\":\"982d", "\"version\":\"082d", "prompt.text: is not the text of its version"},
    /* broken altogether */
    {"{\"conversation\"", "[{\"conversation\"", "conversation"},
    {"\"c-1\",", "\"c-1\"", "line 1"},
    {"\"rating\":5", "\"rating\":05", "line 1"},
    {"\"anna\"", "\"\xff\"", "line 1"},
    {"}]}]", "}]}", "line 1"},
};

static void
test_refused(void **state)
{
    (void)state;
    size_t count = sizeof(refusals) / sizeof(refusals[0]);
    for (size_t i = 0; i < count; i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct record r = {.message_count = 77};
        struct str text = changed(&a, refusals[i].old, refusals[i].new);
        int result = record_read(text, &a, &r, &err);
        if (result != ERR_INVALID || !strstr(err.message, refusals[i].says)) {
            fail_msg("%s: %d '%s', want '%s'", refusals[i].new, result, err.message,
                     refusals[i].says);
        }
        assert_int_equal(r.message_count, 77);
    }
    (void)printf("hostile records: %zu of %zu refused with their place\n", count, count);
}

/* Ticket numbers and events of several tickets. */
static void
test_two_tickets(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        const char *event;
        const char *says;
    } cases[] = {
        {"7", "e-2", "tickets[1]: its number does not follow"},
        {"6", "e-2", "tickets[1]: its number does not follow"},
        {"8", "e-1", "events: the id e-1 is given twice"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct record r;
        struct str more = arena_printf(
            &a,
            "\"detail\":null}]},{\"ticket\":\"%s\",\"status\":\"open\",\"created_at\":\"2026-11-"
            "21\","
            "\"updated_at\":\"2026-11-21\",\"events\":[{\"id\":\"%s\",\"at\":\"2026-11-21\"}]}]",
            cases[i].number, cases[i].event);
        struct str text = changed(&a, "\"detail\":null}]}]", more.ptr);
        assert_int_equal(record_read(text, &a, &r, &err), ERR_INVALID);
        if (!strstr(err.message, cases[i].says)) {
            fail_msg("'%s', want '%s'", err.message, cases[i].says);
        }
    }
}

/* No text is so long, and no list, that it is not noticed or takes for ever. */
static void
test_big(void **state)
{
    (void)state;
    enum { MESSAGES = 40000 };
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf text;
    struct err err = {0};
    struct record r;
    buf_init(&text, LIMIT_JSON_BYTES);
    buf_add_c(&text, "{\"conversation\":\"c\",\"owner\":\"bot\",\"messages\":[");
    for (int i = 0; i < MESSAGES; i++) {
        buf_printf(&text,
                   "%s{\"id\":\"m%d\",\"role\":\"user\",\"at\":\"2026-11-21\",\"content\":[]}",
                   i ? "," : "", i);
    }
    buf_add_c(&text, "]}");
    assert_int_equal(record_read(buf_str(&text), &a, &r, &err), 0);
    assert_int_equal(r.message_count, MESSAGES);
    buf_clear(&text);
    buf_add_c(&text, "{\"conversation\":\"c\",\"owner\":\"bot\",\"customer\":\"");
    for (int i = 0; i < LIMIT_REPLY_BYTES / 16 + 1; i++) {
        buf_add(&text, STR("0123456789abcdef"));
    }
    buf_add_c(&text, "\"}");
    assert_int_equal(record_read(buf_str(&text), &a, &r, &err), ERR_INVALID);
    assert_true(str_starts(str_c(err.message), STR("customer: has 1048592 bytes")));
}

/* ---- Streams ---------------------------------------------------------------------------------*/

static void
test_split(void **state)
{
    (void)state;
    static const struct {
        const char *stream;
        const char *want; /* begin:value joined by | ; what has no end in <> */
    } cases[] = {
        {"", ""},
        {" \n\t\r\n ", ""},
        {"{}", "1:{}"},
        {"{}\n{}\n", "1:{}|2:{}"},
        {"{}{}", "1:{}|1:{}"},
        {"\n\n{\n\"a\":[{}\n]}\n {}", "3:{\n\"a\":[{}\n]}|6:{}"},
        {"{\"}\\\"}\":\"{[\\\\\"}\n{}", "1:{\"}\\\"}\":\"{[\\\\\"}|2:{}"},
        {"nonsense\n{}", "1:nonsense\n|2:{}"},
        {"}\n{}", "1:}\n|2:{}"},
        {"\"}\"\n{}", "1:\"}\"\n|2:{}"},
        {"{\"a\":", "<1:{\"a\":>"},
        {"{}\n\"abc", "1:{}|<2:\"abc>"},
        {"[{},{}]", "1:[{},{}]"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t step = 1; step < 9; step++) {
            struct record_split split = {0};
            AUTO(buf) struct buf got;
            AUTO(buf) struct buf value;
            buf_init(&got, 4096);
            buf_init(&value, 4096);
            struct str rest = str_c(cases[i].stream);
            while (rest.len > 0) {
                bool ended;
                size_t used = record_split(&split, str_sub(rest, 0, step), &ended);
                buf_add(&value, str_sub(rest, 0, used));
                rest = str_sub(rest, used, SIZE_MAX);
                struct str text = buf_str(&value);
                while (ended && text.len && strchr(" \t\r\n", text.ptr[0])) {
                    text = str_sub(text, 1, SIZE_MAX);
                }
                if (ended) {
                    buf_printf(&got, "%s%zu:%" STR_FMT, got.len ? "|" : "", split.begin,
                               STR_ARG(text));
                    buf_clear(&value);
                }
            }
            if (split.started) {
                buf_printf(&got, "%s<%zu:%" STR_FMT ">", got.len ? "|" : "", split.begin,
                           STR_ARG(str_trim(buf_str(&value))));
            }
            if (!str_eq_c(buf_str(&got), cases[i].want)) {
                fail_msg("case %zu, step %zu: got '%s', want '%s'", i, step,
                         got.text ? got.text : "", cases[i].want);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_comes_back),
        cmocka_unit_test(test_minimal),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_two_tickets),
        cmocka_unit_test(test_big),
        cmocka_unit_test(test_split),
    };
    return cmocka_run_group_tests_name("record-import", tests, NULL, NULL);
}
