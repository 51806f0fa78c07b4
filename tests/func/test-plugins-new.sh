#!/bin/sh
# deskhand plugins new and call: a plugin from nothing, built in both ways, and single calls in
# either cage.
. "$(dirname "$0")/lib.sh"
chmod 755 "$scratch" # a child of root's is somebody else
cd "$scratch" || exit 99
json_one() { printf '%s' "$1" | python3 -m json.tool >/dev/null; }

# ---- new
exits 'new' 0 "$DESKHAND" plugins new order_status
has 'says where the code is' 'order_status/order_status.c' "$out"
same 'its files' \
    'Makefile README.md deskhand_plugin.h meson.build order_status.c plugin.map test.sh ' \
    "$(cd order_status && LC_ALL=C ls | tr '\n' ' ')"
check 'the header is the real one' \
    cmp order_status/deskhand_plugin.h "$DESKHAND_SOURCE/plugins/sdk/deskhand_plugin.h"
check 'the map is the real one' cmp order_status/plugin.map "$DESKHAND_SOURCE/plugins/plugin.map"
check 'the code is the template, but for its names' sh -c '
    sed -n "/^#include/,\$p" "$1" | sed -e "s/say_hello/order_status/; s|sdk/||" \
        -e "s/\"template/\"order_status/; s/An example to copy: greets/Greets/" >want
    sed -n "/^#include/,\$p" order_status/order_status.c | diff want -
    ' - "$DESKHAND_SOURCE/plugins/template.c"
check 'no placeholder is left' sh -c '
    ! grep -rn --exclude=deskhand_plugin.h "@[A-Z]*@\|say_hello\|template" order_status'
check 'it builds without a word' sh -c \
    'cd order_status && make CFLAGS="-O2 -Werror" >out 2>&1 && [ "$(wc -l <out)" -eq 1 ] && rm out'
exits 'its test' 0 make -C order_status test DESKHAND="$DESKHAND"
same 'has five cases' 5 "$(printf '%s\n' "$out" | grep -c '^ok ')"
same 'one symbol is exported' deskhand_plugin \
    "$(nm -D --defined-only order_status/order_status.so | cut -d' ' -f3)"
sed -i 's/Hello/Hullo/' order_status/order_status.c
exits 'a change that breaks it' 2 make -C order_status test DESKHAND="$DESKHAND"
has 'is seen' 'not ok greets' "$out"
exits 'no program' 2 make -C order_status test DESKHAND=/nowhere/deskhand
has 'is told' 'set DESKHAND to the program' "$err"
check 'make clean' sh -c 'make -s -C order_status clean && [ ! -e order_status/order_status.so ]'

exits 'elsewhere' 0 "$DESKHAND" plugins new my-2nd_tool --dir elsewhere --json
check 'one JSON value' json_one "$out"
has 'names the files' '"elsewhere/my-2nd_tool.c"' "$out"
if command -v meson >/dev/null && command -v ninja >/dev/null; then
    check 'it builds with Meson' sh -c \
        'meson setup --werror elsewhere/build elsewhere && ninja -C elsewhere/build'
    check 'and is tested with it' env DESKHAND="$DESKHAND" meson test -C elsewhere/build
    same 'the same one symbol' deskhand_plugin \
        "$(nm -D --defined-only elsewhere/build/my-2nd_tool.so | cut -d' ' -f3)"
else
    skip 'it builds with Meson' 'no meson or no ninja here'
fi

echo mine >order_status/order_status.c
exits 'the same again' 4 "$DESKHAND" plugins new order_status
has 'is refused' 'is there already' "$err"
same 'and nothing is written over' mine "$(cat order_status/order_status.c)"
mkdir kept && echo mine >kept/README.md
exits 'one file that is there' 4 "$DESKHAND" plugins new kept
same 'is enough' 'README.md' "$(ls kept)"
ln -s nowhere kept/hanging && mkdir linked && ln -s ../made linked/Makefile
exits 'a link that leads nowhere' 4 "$DESKHAND" plugins new linked
check 'is not followed' [ ! -e made ]
mkdir empty
exits 'a folder with other things' 0 "$DESKHAND" plugins new empty
exits 'a file for a folder' 4 "$DESKHAND" plugins new x --dir kept/README.md
exits 'a folder in none' 3 "$DESKHAND" plugins new x --dir no/where
has 'is told' 'make that first' "$err"
for name in Big 1st -x a/b ../a '' 'a b' "$(printf 'x%.0s' $(seq 41))" é a.b; do
    exits "no name: '$name'" 1 "$DESKHAND" plugins new --dir never -- "$name"
    has 'says what one is' "a plugin's name" "$err"
done
for name in test all meson-x; do
    exits "a reserved name: $name" 1 "$DESKHAND" plugins new "$name"
    has 'says why' 'build tools' "$err"
done
check 'nothing was made for them' [ ! -e never ]
exits 'the longest name' 0 "$DESKHAND" plugins new "$(printf 'x%.0s' $(seq 40))"
exits 'a file that cannot be finished' 1 \
    sh -c 'trap "" XFSZ; ulimit -f 16; exec "$0" plugins new half' "$DESKHAND"
has 'is named' 'half/deskhand_plugin.h' "$err"
check 'and nothing is left of it' [ ! -e half ]

# ---- call: a plugin that shows what it is told, and misbehaves on demand
"$DESKHAND" plugins new probe >/dev/null
cat >probe/probe.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "deskhand_plugin.h"

static const struct dh_host *the_host; /* one instance is all there is here */

static const char manifest[] =
    "{\"name\":\"probe\",\"version\":\"1\",\"description\":\"d\","
    "\"requires\":[\"dh.json/1\",\"dh.desk/1\"],"
    "\"tools\":[{\"name\":\"probe\",\"effect\":\"write\",\"timeout_ms\":700,\"hands_over\":true,"
    "\"description\":\"d\",\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"do\":{\"type\":\"string\"}}}}]}";

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    (void)setup;
    the_host = host;
    return &the_host;
}

static void
tell(const struct dh_call *call)
{
    const struct dh_json_1 *json = the_host->get_extension(the_host, DH_JSON_1);
    struct dh_json_out *out = json->write(call);
    json->put_object(out, (struct dh_str){0});
    json->put_text(out, DH_STR("customer"), call->customer_id);
    json->put_boolean(out, DH_STR("dry_run"), call->flags & DH_CALL_DRY_RUN);
    json->put_text(out, DH_STR("within"), dh_str_c(program_invocation_short_name));
    json->end(out);
    the_host->result(call, json->finish(out));
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct dh_json_1 *json = the_host->get_extension(the_host, DH_JSON_1);
    const struct dh_desk_1 *desk = the_host->get_extension(the_host, DH_DESK_1);
    struct dh_str what = json->text(json->find(json->arguments(call), "/do"));
    (void)instance;
    if (dh_str_is(what, "crash")) {
        abort();
    } else if (dh_str_is(what, "hang")) {
        for (;;) {
            pause();
        }
    } else if (dh_str_is(what, "nonsense")) {
        the_host->result(call, DH_STR("{nonsense"));
    } else if (dh_str_is(what, "nothing")) {
        return;
    } else if (dh_str_is(what, "terminal")) {
        the_host->fail(call, DH_STR("odd"), DH_STR("red \033[31m text"), 1);
    } else if (dh_str_is(what, "human")) {
        desk->escalate(call, DH_STR("a fire \033[31m"), DH_STR("urgent"), DH_STR(""));
        the_host->result(call, DH_STR(" { \"done\" : 1.50 } "));
    } else {
        tell(call);
    }
}

static void
destroy(void *instance)
{
    (void)instance;
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = sizeof(struct dh_plugin),
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
END
check 'the probe builds' make -s -C probe
caged() { "$DESKHAND" plugins call probe "$@" --file probe/probe.so; }
exits 'call' 0 caged
same 'for nobody' '{"customer":"","dry_run":false,"within":"plugin-host"}' "$out"
same 'says nothing else' '' "$err"
exits 'for a customer' 0 caged '{}' --as anna
has 'who is known' '"customer":"anna"' "$out"
exits 'for nobody real' 1 caged '{}' --as 'anna smith'
has 'is told' '--as' "$err"
exits 'dry' 0 caged --dry-run
has 'is seen' '"dry_run":true' "$out"
exits 'arguments that do not fit' 1 caged '{"doo":1}'
has 'are explained' 'did you mean "do"' "$err"
same 'on stderr alone' '' "$out"
exits 'arguments that are none' 1 caged '{"do":'
has 'are explained' 'line 1' "$err"
exits 'a call that wants a human' 0 caged '{"do":"human"}'
same 'has its result' '{"done":1.50}' "$out"
has 'and says that none was called' 'here nobody was called' "$err"
has 'nor anything without its reason' 'priority urgent: a fire' "$err"
check 'made safe to show' sh -c '! printf %s "$1" | grep -q "$(printf "\033")"' - "$err"
exits 'a failure' 1 caged '{"do":"terminal"}'
has 'is made safe to show' 'text (odd, may be tried again)' "$err"
check 'too' sh -c '! printf %s "$1" | grep -q "$(printf "\033")"' - "$err"
exits 'a crash' 1 caged '{"do":"crash"}'
check 'is told' [ -n "$err" ]
exits 'a deadline' 1 caged '{"do":"hang"}'
has 'holds' 'within 700 ms' "$err"
exits 'a result that is none' 1 caged '{"do":"nonsense"}'
check 'is told' [ -n "$err" ]
exits 'no result' 1 caged '{"do":"nothing"}'
check 'is told' [ -n "$err" ]
# An argument that names the customer, as the engine has it.
exits 'another plugin' 0 "$DESKHAND" plugins new whose
sed -i 's/\\"name\\":{\\"type\\":\\"string\\",/&\\"scope\\":\\"customer\\",/' whose/whose.c
check 'builds' make -s -C whose
whose() { "$DESKHAND" plugins call whose '{"name":"anna"}' --file whose/whose.so "$@"; }
exits 'for nobody known' 1 whose
has 'is not called' '(no_customer)' "$err"
has 'and how it would be' '--as CUSTOMER' "$err"
exits 'for somebody else' 1 whose --as bob
has 'is not called' '(wrong_customer)' "$err"
exits 'for the customer' 0 whose --as anna
has 'is called' '"name":"anna"' "$out"

sed -i 's/\\"effect\\":\\"read\\"/\\"effect\\":\\"irreversible\\"/' whose/whose.c
check 'builds' make -s -C whose
exits 'what cannot be undone' 4 whose --as anna
has 'says what it would do' 'It would: whose: name: anna' "$err"
has 'and how it would be done' 'Add --yes' "$err"
exits 'may be asked about' 0 whose --as anna --dry-run
exits 'and done' 0 whose --as anna --yes
sed -i 's/\\"effect\\":/\\"confirm\\":\\"Greet {nmae}\\",&/' whose/whose.c
check 'builds' make -s -C whose
exits 'a question that names no argument' 1 "$DESKHAND" plugins check whose/whose.so --quick
has 'is found' 'the confirm of whose has {nmae}: the tool has no such argument' "$out"

exits 'another tool' 3 "$DESKHAND" plugins call prob --file probe/probe.so
has 'is recognised' 'Did you mean "probe"' "$err"
exits 'no such file' 3 "$DESKHAND" plugins call probe --file nowhere.so
exits 'a configuration without a file' 1 "$DESKHAND" plugins call probe --config '{}'
exits 'no desk' 3 "$DESKHAND" plugins call probe

exits 'a desk' 0 "$DESKHAND" init shop --sample
DESKHAND_DESK=$scratch/shop
export DESKHAND_DESK
exits 'a tool that is shipped' 0 "$DESKHAND" plugins call search_product_catalog '{"query":"lamp"}'
check 'one JSON value' json_one "$out"
has 'finds products' '"products":[{' "$out"
exits 'a hand-over' 0 "$DESKHAND" plugins call escalate_to_human \
    '{"reason":"wants a person","priority":"high"}'
has 'is not made' 'here nobody was called' "$err"
exits 'tickets' 0 "$DESKHAND" tickets list --json
same 'there are none' '' "$out"
exits 'conversations' 0 "$DESKHAND" conversations list --json
same 'nor a conversation' '' "$out"
printf 'plugins:\n  - path: ../probe/probe.so\n' >shop/desk.yaml
exits 'one of the desk' 0 "$DESKHAND" plugins call probe
has 'is called in its cage' '"within":"plugin-host"' "$out"
printf 'plugins:\n  - path: ../probe/probe.so\n    isolation: worker\n' >shop/desk.yaml
exits 'and among the workers' 0 "$DESKHAND" plugins call probe '{}' --as ben
same 'where its entry says so' '{"customer":"ben","dry_run":false,"within":"deskhand"}' "$out"
exits 'there, too' 1 "$DESKHAND" plugins call probe '{"do":"nothing"}'
check 'faults are told' [ -n "$err" ]
printf 'plugins:\n  - path: ../probe/probe.so\n    enabled: false\n' >shop/desk.yaml
exits 'one that is off' 3 "$DESKHAND" plugins call probe
finish
