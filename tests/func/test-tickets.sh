#!/bin/sh
# The queue: listed, shown, exported. The desk is filled by make-desk.c.
. "$(dirname "$0")/lib.sh"

"$DESKHAND" init "$scratch/a" >/dev/null || exit 1
"$DESKHAND_MAKE_DESK" "$scratch/a" >"$scratch/ids" || exit 1
export DESKHAND_DESK="$scratch/a"
lines() { wc -l | tr -d ' '; }

# ---- list
exits 'list: exits 0' 0 "$DESKHAND" tickets list
same 'list: priority, then age' '2 1 3' "$(echo "$out" | cut -f1 | tr '\n' ' ' | sed 's/ $//')"
same 'list --json: an object a line' 3 "$("$DESKHAND" tickets list --json | lines)"
has 'list --json: the number is text' '{"ticket":"2","status":"open","priority":"urgent",' \
    "$("$DESKHAND" tickets list --json)"
same 'list --status: none is claimed' '' "$("$DESKHAND" tickets list --status claimed)"
exits 'list --status nonsense: wrong usage' 2 "$DESKHAND" tickets list --status new
has 'list --status nonsense: the words' "'new' is none of open, claimed" "$err"

# ---- show
exits 'show: exits 0' 0 "$DESKHAND" tickets show 2
has 'show: why' 'smoke comes out of it' "$out"
has 'show: the summary' 'wants        my hub is smoking, help me now please' "$out"
has 'show: what it rests on' '[m-' "$out"
has 'show: the conversation' ' - tool look {"q":"smoke"}: ok, ' "$out"
exits 'show: the number may have its mark' 0 "$DESKHAND" tickets show '#2'
exits 'show: none of that number' 3 "$DESKHAND" tickets show 99
exits 'show: no number' 2 "$DESKHAND" tickets show two

# ---- export
exits 'export: exits 0' 0 "$DESKHAND" tickets export
printed=$out
same 'export: one array' '[...]' "$(printf '%.1s...%s' "$out" "$(echo "$out" | tail -1)")"
same 'export --jsonl: a ticket a line' 3 "$("$DESKHAND" tickets export --jsonl | lines)"
same 'export --jsonl: the same tickets' "$(echo "$out" | sed '1d;$d;s/,$//')" \
    "$("$DESKHAND" tickets export --jsonl)"
same 'export: none of that kind is an empty array' '[]' \
    "$("$DESKHAND" tickets export --status resolved)"
same 'export --jsonl: none is nothing' '' "$("$DESKHAND" tickets export --status resolved --jsonl)"
same 'export --since the future' '[]' "$("$DESKHAND" tickets export --since 2999-01-01)"
exits 'export --since nonsense: wrong usage' 2 "$DESKHAND" tickets export --since soon
same 'show --json is what export prints' "$("$DESKHAND" tickets export --jsonl | sed -n 2p)" \
    "$("$DESKHAND" tickets show 2 --json)"
if command -v python3 >/dev/null; then
    check 'export: JSON, its evidence in it' python3 -c '
import json, sys
tickets = json.loads(sys.argv[1])
assert len(tickets) == 3
for t in tickets:
    ids = {m["id"] for m in t["transcript"]} | {c["id"] for c in t["tool_calls"]}
    assert t["summary"]["lines"] and t["events"] and ids
    assert all(e in ids for line in t["summary"]["lines"] for e in line["evidence"])
' "$printed"
else
    skip 'export: JSON, its evidence in it' 'no python3'
fi

# ---- -o
umask 022
exits 'export -o: exits 0' 0 "$DESKHAND" tickets export -o "$scratch/t.json"
same 'export -o: the same bytes' "$("$DESKHAND" tickets export)" "$(cat "$scratch/t.json")"
same 'export -o: its owner alone may read it' 600 "$(stat -c %a "$scratch/t.json")"
ln -s t.json "$scratch/link.json"
echo old >"$scratch/t.json"
"$DESKHAND" tickets export -o "$scratch/link.json"
check 'export -o: a link stays a link' [ -L "$scratch/link.json" ]
has 'export -o: what it leads to is new' '"ticket":"1"' "$(cat "$scratch/t.json")"
exits 'export -o: a device is written into' 0 "$DESKHAND" tickets export -o /dev/null
check 'export -o: and stays one' [ -c /dev/null ]
exits 'export -o: no such folder' 1 "$DESKHAND" tickets export -o "$scratch/none/t.json"
has 'export -o: no such folder, in words' "$scratch/none/t.json" "$err"
exits 'export -o: a folder' 1 "$DESKHAND" tickets export -o "$scratch"
same 'export -o: nothing is left behind' 't.json' \
    "$(find "$scratch" -maxdepth 1 -name '*t.json*' -printf '%f\n')"
if [ -w /dev/full ]; then
    exits 'export to a full disk' 1 "$DESKHAND" tickets export -o /dev/full
    has 'export to a full disk, in words' 'No space left' "$err"
    code=0
    "$DESKHAND" tickets export >/dev/full 2>"$scratch/stderr" || code=$?
    same 'export to a full standard output' 1 "$code"
fi
code=$( ("$DESKHAND" tickets export --jsonl; echo $? >"$scratch/code") | head -c 1 >/dev/null
    cat "$scratch/code")
same 'export to a reader that leaves is no failure' 0 "$code"

# ---- worked
"$DESKHAND" tickets claim 1 --agent Sam >/dev/null
"$DESKHAND" tickets resolve 1 "done" --agent Sam >/dev/null
same 'list: what is resolved no longer waits' '2 3' \
    "$("$DESKHAND" tickets list | cut -f1 | tr '\n' ' ' | sed 's/ $//')"
same 'list --status all: it comes last' '2 3 1' \
    "$("$DESKHAND" tickets list --status all | cut -f1 | tr '\n' ' ' | sed 's/ $//')"
has 'export --status resolved' '"status":"resolved","priority":"low"' \
    "$("$DESKHAND" tickets export --status resolved)"
finish
