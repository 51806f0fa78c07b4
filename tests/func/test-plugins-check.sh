#!/bin/sh
# plugins check: sound plugins pass, and each fault is found and named.
. "$(dirname "$0")/lib.sh"
: "${DESKHAND_TEST_PLUGINS:?}" "${DESKHAND_SHIPPED_PLUGINS:?}" "${RETAIL_IMPORT:?}"
cd "$scratch" || exit 99
chmod 755 "$scratch"
# Built with sanitizers there are no limits, no filter, and no valgrind.
sanitized=no
if [ "${DESKHAND_SANITIZED:-none}" != none ]; then
    sanitized=yes
    # A crash is to look like one.
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_abort=0:symbolize=0"
fi

# finds NAME PART FILE OPTIONS...: check fails, and PART is in what it prints.
finds()
{
    name=$1 part=$2
    shift 2
    exits "$name" 1 "$DESKHAND" plugins check "$@"
    has "$name: is named" "$part" "$out"
}
# passes NAME FILE OPTIONS...
passes()
{
    name=$1
    shift
    exits "$name" 0 "$DESKHAND" plugins check "$@"
    case $out in
    *"failed "*) not_ok "$name: nothing failed" "$out" ;;
    *) ok "$name: nothing failed" ;;
    esac
}
probe=$DESKHAND_TEST_PLUGINS/probe
bad=$DESKHAND_TEST_PLUGINS/bad

# ---- Sound ones
passes 'the template' "$DESKHAND_SHIPPED_PLUGINS/template.so"
has 'is told about' 'tool say_hello (read, at most 1000 ms): Makes a greeting for a person.' "$out"
for group in loading words arguments calls cancel parallel memory rounds; do
    has "$group" "ok       $group" "$out"
done
if [ $sanitized = no ]; then
    has manners 'ok       manners' "$out"
else
    has 'a cage that is not whole is told' 'its cage was not whole (limits)' "$out"
fi
has 'what breaks the schema is counted' 'that break them were refused before any call' "$out"
has 'how to go on' 'desk.yaml' "$out"
# Older ones cannot read what clang notes for debuggers, and say so at once.
watches=no
case $sanitized$out in
no*'ok       valgrind'*) watches=yes ;;
no*'valgrind   it cannot run this build'*) : ;;
no*) ! command -v valgrind >/dev/null || watches=yes ;;
esac
if [ $watches = yes ]; then
    has 'valgrind' 'ok       valgrind' "$out"
else
    skip valgrind 'not here, or not for this build'
fi
exits 'without valgrind' 0 env PATH=/nowhere "$DESKHAND" plugins check "$probe.so"
if [ $sanitized = no ]; then
    has 'it is said' 'it is not installed: leaks were not looked for' "$out"
else
    has 'it is said' 'a build with sanitizers does not run under it' "$out"
fi
passes 'a sound probe' "$probe.so"
passes 'a hand-over' "$DESKHAND_SHIPPED_PLUGINS/escalate.so"
has 'is a dry run' 'what writes was asked for a dry run' "$out"
passes 'real calls' "$DESKHAND_SHIPPED_PLUGINS/escalate.so" --write
exits 'a desk' 0 "$DESKHAND" init shop --sample
chmod -R a+rX shop
catalog="{\"catalog\":\"$scratch/shop/catalog.db\"}"
for name in catalog_search troubleshooting; do
    passes "$name" "$DESKHAND_SHIPPED_PLUGINS/$name.so" --config "$catalog" --read shop
    has "$name: answers" 'answered, the slowest' "$out"
done
mkdir retail && "$RETAIL_IMPORT" "$DESKHAND_SOURCE/tests/func/retail/shop.json" retail/shop.db \
    >/dev/null
chmod 777 retail && chmod 666 retail/shop.db
retail="{\"database\":\"$scratch/retail/shop.db\"}"
passes 'a shop with sixteen tools' "$DESKHAND_SHIPPED_PLUGINS/retail.so" --config "$retail" \
    --write-to retail
has 'in full' '16 tools' "$out"
passes 'quick' "$probe.so" --quick
has 'is what it is' 'skipped  memory     --quick' "$out"
exits 'as JSON' 0 "$DESKHAND" plugins check "$probe.so" --json
check 'one value' sh -c 'printf %s "$1" | python3 -c "
import json, sys
seen = json.load(sys.stdin)
assert seen[\"ok\"] and seen[\"name\"] == \"probe\"
assert [c[\"check\"] for c in seen[\"checks\"]][:3] == [\"loading\", \"words\", \"arguments\"]
assert all(c[\"state\"] != \"failed\" for c in seen[\"checks\"])
"' - "$out"
exits 'failures as JSON' 1 "$DESKHAND" plugins check "$bad-twice.so" --json --quick
check 'with a way to mend them' sh -c 'printf %s "$1" | python3 -c "
import json, sys
seen = json.load(sys.stdin)
calls = next(c for c in seen[\"checks\"] if c[\"check\"] == \"calls\")
assert not seen[\"ok\"] and calls[\"state\"] == \"failed\"
assert \"two answers\" in calls[\"findings\"][0][\"what\"]
assert \"exactly once\" in calls[\"findings\"][0][\"mend\"]
"' - "$out"
exits 'a grant that is not there' 3 "$DESKHAND" plugins check "$probe.so" --read nowhere
has 'is told' '--read nowhere' "$err"

# ---- The twenty that do one bad thing each
while read -r name part; do
    finds "bad: $name" "$part" "$bad-$name.so" --quick
done <<'END'
segfault bad, the least: killed by signal 11
abort it ended the process: abort() in a call of bad
exit it ended the process: exit() in a call of bad
loop it never asks canceled()
stubborn it changes what signals do: signal() in a call of bad
fork-bomb it starts a process: fork() in a call of bad
output it writes to stdout or stderr: write() in a call of bad
flood it never asks canceled()
forged it writes to descriptors that it did not open: send() in a call of bad
lines it floods the log: more than 100 lines in a call of bad
twice The tool gave two answers
late no answer within 1500 ms
wrong-json something that is not JSON
lying-size struct_size is 65536, and the entry has
stdout it writes to stdout or stderr
close it closes descriptors that it did not open
leak it leaves descriptors open
create-crash create: it ended the process: abort() in create
escape it sends signals: kill() in a call of bad
END
if [ $sanitized = no ]; then
    finds 'bad: memory' 'it ran out of memory: 16777216 bytes' "$bad-memory.so" --quick
else
    skip 'bad: memory' 'a build with sanitizers has no limit'
fi

# ---- One small fault each
while read -r name part; do
    finds "probe: $name" "$part" "$probe-$name.so"
done <<'END'
deaf a second after nobody waited for it any more; it never asks canceled()
no-null out of memory at the 1st allocation (calloc in create): killed by signal 11
silent probe, the least: no proper answer after an allocation had failed
chdir it changes the working folder: chdir() in a call of probe
umask it changes the umask
setlocale it changes the locale
setenv it changes the environment
signals it changes what signals do
thread-left it leaves threads behind
undeclared its manifest does not say so: pthread_create()
answers-late it answers calls that have returned
nul probe, a NUL in each text: it ended the process: abort()
long-text probe, the longest texts: killed by signal 11
END
if [ $sanitized = no ]; then
    finds 'probe: leaks' 'of create, calls and destroy leaves' "$probe-leaks.so"
else
    skip 'probe: leaks' 'not seen in a build with sanitizers'
fi
if [ $watches = yes ]; then
    finds 'probe: overread' 'Invalid read of size 1, in misbehave (probe.c:' "$probe-overread.so"
else
    skip 'probe: overread' 'not here, or not for this build'
fi
while read -r name part; do
    passes "probe: $name" "$probe-$name.so" --quick
    has "probe: $name: is noted" "$part" "$out"
done <<'END'
race another answer beside others than alone
no-words probe.text has no description
loose probe takes members that its schema does not know
errors probe answered each call with an error: not_found: There is none.
END
has 'what to do about it' 'examples' "$out"

# ---- Files
mkdir data && : >data/out && chmod 777 data && chmod 666 data/out
finds 'a dry run that writes' 'although nothing but dry runs was asked' \
    "$probe-writes-dry.so" --config "{\"file\":\"$scratch/data/out\"}" --write-to data --quick
check 'it had written' grep -q written data/out
passes 'a real one' "$probe-writes-dry.so" --config "{\"file\":\"$scratch/data/out\"}" \
    --write-to data --quick --write
finish
