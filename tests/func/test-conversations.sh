#!/bin/sh
# The record: listed, shown, exported, imported, deleted. The desk is filled by make-desk.c.
. "$(dirname "$0")/lib.sh"

"$DESKHAND" init "$scratch/a" >/dev/null || exit 1
"$DESKHAND_MAKE_DESK" "$scratch/a" >"$scratch/ids" || exit 1
id_of() { sed -n "s/^$1 //p" "$scratch/ids"; }
export DESKHAND_DESK="$scratch/a"
all=$(cut -d' ' -f2 "$scratch/ids")
lines() { wc -l | tr -d ' '; }

# ---- list
exits 'list: exits 0' 0 "$DESKHAND" conversations list
same 'list: a line a conversation' 7 "$(echo "$out" | lines)"
same 'list: latest first' "$(id_of crashed)" "$(echo "$out" | head -1 | cut -f1)"
has 'list: the last words' 'The hub is **white**.' "$out"
same 'list --limit' 2 "$("$DESKHAND" conversations list --limit 2 | lines)"
same 'list --owner' 3 "$("$DESKHAND" conversations list --owner nobody --json | lines)"
same 'list --customer: nobody has that name' '' "$("$DESKHAND" conversations list --customer bob)"
same 'list --since the future' '' "$("$DESKHAND" conversations list --since 2999-01-01)"
same 'list --since an hour ago' 7 "$("$DESKHAND" conversations list --since 1h | lines)"
exits 'list --since nonsense: wrong usage' 2 "$DESKHAND" conversations list --since soon
has 'list --since nonsense: what is understood' "'soon' is no time: write 7d, 24h" "$err"
exits 'list --owner nonsense: wrong usage' 2 "$DESKHAND" conversations list --owner me
exits 'list --limit nonsense: wrong usage' 2 "$DESKHAND" conversations list --limit -1

# ---- show
exits 'show: exits 0' 0 "$DESKHAND" conversations show "$(id_of answered)"
has 'show: a tool with its outcome and time' ' - tool look {"q":"hub"}: ok, ' "$out"
has 'show: a tool that failed' 'tool fail {}: error (not_found)' "$out"
has 'show: what was said' '    The hub is **white**.' "$out"
exits 'show --metrics: exits 0' 0 "$DESKHAND" conversations show "$(id_of answered)" --metrics
has 'show --metrics: calls and their outcome' 'tool calls       ' "$out"
has 'show --metrics: no price, no cost' 'cost             - (not every model' "$out"
out=$("$DESKHAND" conversations show "$(id_of taken)" --metrics --json)
has 'show --metrics --json: a discarded reply' '"discarded":1' "$out"
has 'show --metrics --json: the rating' '"rating":4' "$out"
has 'show --metrics --json: an agent' '"agent_messages":1' "$out"
exits 'show --memory: exits 0' 0 "$DESKHAND" conversations show "$(id_of answered)" --memory
has 'show --memory: a call of a turn, from the first message on' \
    "$(printf '\tturn\tscripted\t1\t-\t')" "$out"
has 'show --memory: what would be seen now' '- result (error) there is no such order' "$out"
out=$("$DESKHAND" conversations show "$(id_of taken)" --memory --json)
has 'show --memory --json: what was counted' '"input_tokens":10,"cached_tokens":0' "$out"
has 'show --memory --json: what would be seen now' '"now":{"tokens":' "$out"
out=$("$DESKHAND" conversations show "$(id_of taken)" --memory)
has 'show --memory: an agent by name' '[Sam, a human colleague] Hello,' "$out"
same 'show --memory: nothing a terminal would obey' '' "$(printf %s "$out" | tr -d '[:print:]\n\t')"
exits 'show --memory --metrics: wrong usage' 2 "$DESKHAND" conversations show x --memory --metrics
out=$("$DESKHAND" conversations show "$(id_of taken)")
has 'show: a discarded reply is marked' 'bot (discarded: the customer never saw it)' "$out"
has 'show: a change of owner' 'owner bot -> human, by agent:Sam (looked interesting)' "$out"
has 'show: an agent by name' '  agent:Sam' "$out"
has 'show: a rating' 'rated 4 of 5 (quick "and" friendly)' "$out"
same 'show: nothing a terminal would obey' '' "$(printf %s "$out" | tr -d '[:print:]\n')"
out=$("$DESKHAND" conversations show "$(id_of crashed)")
has 'show: a crashed turn' "the bot's turn: crashed (the program ended" "$out"
has 'show: a call nobody knows the end of' 'tool refund {"order": 12}: unknown (interrupted)' "$out"
out=$("$DESKHAND" conversations show "$(id_of urgent)")
has 'show: what became of a ticket' 'ticket 2 created by bot (smoke comes out of it)' "$out"
exits 'show: none of that id' 3 "$DESKHAND" conversations show c-none
has 'show: none of that id, in words' 'conversation c-none: there is none' "$err"
same 'show --json is what export prints' \
    "$("$DESKHAND" conversations export "$(id_of urgent)")" \
    "$("$DESKHAND" conversations show --json "$(id_of urgent)")"

# ---- export, import, export
# shellcheck disable=SC2086
exits 'export: exits 0' 0 "$DESKHAND" conversations export $all -o "$scratch/all.jsonl"
same 'export -o prints nothing' '' "$out$err"
same 'export: an object a line' 7 "$(lines <"$scratch/all.jsonl")"
same 'export -o: its owner alone may read it' 600 "$(stat -c %a "$scratch/all.jsonl")"
exits 'export: none of that id' 3 "$DESKHAND" conversations export "$(id_of low)" c-none \
    -o "$scratch/none.jsonl"
check 'export: a failed one leaves no file' [ ! -e "$scratch/none.jsonl" ]
same 'export: nor half of one' '' "$(find "$scratch" -name '.none*')"
"$DESKHAND" init "$scratch/b" >/dev/null
exits 'import: exits 0' 0 "$DESKHAND" --desk "$scratch/b" conversations import "$scratch/all.jsonl"
same 'import: says what came' 'imported 7 conversations: 29 messages, 3 tickets' "$out"
# shellcheck disable=SC2086
"$DESKHAND" --desk "$scratch/b" conversations export $all >"$scratch/again.jsonl"
check 'export, import, export: the same bytes' cmp "$scratch/all.jsonl" "$scratch/again.jsonl"
same 'the tickets are the same too' "$("$DESKHAND" tickets export)" \
    "$("$DESKHAND" --desk "$scratch/b" tickets export)"
exits 'import again: refused' 1 "$DESKHAND" --desk "$scratch/b" conversations import \
    "$scratch/all.jsonl"
has 'import again: the place, and what to do' \
    "all.jsonl:1: conversation $(id_of answered) is on this desk already" "$err"

# Written over several lines, through a pipe, is the same.
"$DESKHAND" init "$scratch/c" >/dev/null
sed 's/,"messages":\[/,\n"messages":\n[/' "$scratch/all.jsonl" |
    "$DESKHAND" --desk "$scratch/c" conversations import - --json >"$scratch/out"
same 'import -: JSON over several lines, from a pipe' \
    '{"conversations":7,"messages":29,"tickets":3}' "$(cat "$scratch/out")"
# shellcheck disable=SC2086
"$DESKHAND" --desk "$scratch/c" conversations export $all >"$scratch/again.jsonl"
check 'import -: the same bytes again' cmp "$scratch/all.jsonl" "$scratch/again.jsonl"

# All of it or nothing, with the place.
"$DESKHAND" init "$scratch/d" >/dev/null
(sed 6q "$scratch/all.jsonl"; sed -n '7s/"role":"user"/"role":"root"/p' "$scratch/all.jsonl") \
    >"$scratch/bad.jsonl"
exits 'import: a mistake at the end' 1 "$DESKHAND" --desk "$scratch/d" conversations import \
    "$scratch/bad.jsonl"
has 'import: a mistake at the end, its place' "bad.jsonl:7: messages[0].role: 'root' is none" "$err"
same 'import: nothing was imported' '' "$("$DESKHAND" --desk "$scratch/d" conversations list)"
head -c 3000 "$scratch/all.jsonl" >"$scratch/cut.jsonl"
exits 'import: a file that is cut off' 1 "$DESKHAND" --desk "$scratch/d" conversations import \
    "$scratch/cut.jsonl"
: >"$scratch/empty"
exits 'import: an empty file' 1 "$DESKHAND" --desk "$scratch/d" conversations import \
    "$scratch/empty"
has 'import: an empty file, in words' 'holds no conversation' "$err"
exits 'import: no such file' 3 "$DESKHAND" --desk "$scratch/d" conversations import "$scratch/none"
exits 'import: a folder' 1 "$DESKHAND" --desk "$scratch/d" conversations import "$scratch"
has 'import: a folder, in words' 'is a folder, not a file' "$err"

# An open turn does not come alive elsewhere.
"$DESKHAND" init "$scratch/e" >/dev/null
open=$("$DESKHAND_MAKE_DESK" "$scratch/e" --open | cut -d' ' -f2)
"$DESKHAND" --desk "$scratch/e" conversations export "$open" >"$scratch/open.json"
exits 'import: an open turn is refused' 1 "$DESKHAND" --desk "$scratch/d" conversations import \
    "$scratch/open.json"
has 'import: an open turn, what to do' 'turns[1]: is still open: let it end' "$err"

# ---- delete
exits 'delete: nobody to ask' 2 "$DESKHAND" conversations delete "$(id_of urgent)"
has 'delete: nobody to ask, what to do' 'add --yes' "$err"
exits 'delete --yes: exits 0' 0 "$DESKHAND" conversations delete --yes "$(id_of urgent)"
exits 'delete: it is gone' 3 "$DESKHAND" conversations show "$(id_of urgent)"
exits 'delete: its ticket too' 3 "$DESKHAND" tickets show 2
exits 'delete: twice' 3 "$DESKHAND" conversations delete --yes "$(id_of urgent)"
# What was deleted can be taken in again.
grep "$(id_of urgent)" "$scratch/all.jsonl" >"$scratch/one.json"
exits 'delete, import: it is back' 0 "$DESKHAND" conversations import "$scratch/one.json"
exits 'delete, import: its ticket too' 0 "$DESKHAND" tickets show 2

"$DESKHAND" conversations export "$(id_of low)" >"$scratch/low.json"
sed "s/\"conversation\":\"$(id_of low)\"/\"conversation\":\"c-else\"/g" "$scratch/low.json" \
    >"$scratch/else.json"
exits 'import: a number that is taken' 1 "$DESKHAND" conversations import "$scratch/else.json"
has 'import: a number that is taken, in words' 'ticket 1 is on this desk already' "$err"
sed 's/"tickets":\[.*\],"turns"/"tickets":[],"turns"/' "$scratch/else.json" >"$scratch/rows.json"
exits 'import: a message that is there' 1 "$DESKHAND" conversations import "$scratch/rows.json"
has 'import: a message that is there, in words' 'exists already' "$err"
finish
