#!/bin/sh
# What waits until somebody agrees: listed, shown, decided by agents. The desk is filled by
# make-desk.c and make-approvals.c.
. "$(dirname "$0")/lib.sh"

"$DESKHAND" init "$scratch/a" >/dev/null || exit 1
"$DESKHAND_MAKE_DESK" "$scratch/a" >/dev/null || exit 1
"$DESKHAND_MAKE_APPROVALS" "$scratch/a" >"$scratch/ids" || exit 1
export DESKHAND_DESK="$scratch/a" DESKHAND_AGENT=Sam
id() { sed -n "s/^$1 //p" "$scratch/ids"; }
state() {
    "$DESKHAND" tickets approvals --all --json | grep "\"approval\":\"$(id "$1")\"" |
        sed 's/.*"state":"\([a-z]*\)".*/\1/'
}

# ---- looked at
exits 'approvals: exits 0' 0 "$DESKHAND" tickets approvals
same 'approvals: what waits, oldest first' \
    "$(id two) $(id one) $(id loose) $(id customers) $(id three) " \
    "$(printf '%s\n' "$out" | cut -f1 | tr '\n' ' ')"
has 'approvals: a row' "$(id one),1,agent,pending,12m,1h,refund,Refund order A-1042" \
    "$(printf '%s' "$out" | tr '\t' ,)"
same 'approvals: nothing of a summary reaches the terminal' 0 \
    "$(printf '%s' "$out" | grep -c "$(printf '\033')")"
same 'approvals --all: all of them' 8 "$("$DESKHAND" tickets approvals --all | wc -l | tr -d ' ')"
same 'approvals --all: nobody wrote it, and it is over' expired "$(state late)"
if command -v python3 >/dev/null; then
    check 'approvals --json: an object a line' python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.argv[1].splitlines()]
assert len(rows) == 5
assert rows[1]["ticket"] == "1" and rows[1]["arguments"] == {"order": "A-1042", "amount": 24.9}
assert rows[2]["ticket"] is None and rows[2]["decided_by"] is None
' "$("$DESKHAND" tickets approvals --json)"
else
    skip 'approvals --json: an object a line' 'no python3'
fi
exits 'show: exits 0' 0 "$DESKHAND" tickets show 2
has 'show: what waits' "! waits for an agent, asked 2h ago, 20h left  $(id two)" "$out"
has 'show: what is agreed to' 'refund: Refund order A-1043, 1,249.00 EUR to the card' "$out"
has 'show: the exact arguments' '{"order":"A-1042","amount":24.9}' "$out"
has 'show: what became of others' "approved by Ada and used  $(id used)" "$out"
exits 'conversations show: exits 0' 0 "$DESKHAND" conversations show "$(id loose_in)"
has 'conversations show: what waits' "! waits for an agent, asked 5m ago, 1h left" "$out"

# ---- decided
exits 'approve: several wait: wrong usage' 2 "$DESKHAND" tickets approve 2
has 'approve: several wait, in words' 'ticket 2: 2 approvals wait here: name one with' "$err"
has 'approve: several wait: they are listed' "$(id three)  cancel_order: Cancel order A-1044" "$err"
exits 'approve: exits 0' 0 "$DESKHAND" tickets approve 1 --note 'regular customer'
has 'approve: what it is now' "approval $(id one): approved, for one call until 20" "$out"
exits 'approve: the ticket shows it' 0 "$DESKHAND" tickets show 1
has 'approve: by whom' "approved by Sam, asked 12m ago, 23h left  $(id one)" "$out"
has 'approve: its history' \
    'ticket 1 approved by agent:Sam (Refund order A-1042, 24.90 EUR: regular customer)' "$out"
has 'approve: the bot is told' 'If the customer still wants it, call refund with exactly' "$out"
exits 'approve: twice is refused' 4 "$DESKHAND" tickets approve --approval "$(id one)"
has 'approve: twice, who was first' "approval $(id one): Sam approved it at 20" "$err"
exits 'approve: nothing waits any more' 3 "$DESKHAND" tickets approve 1
exits 'approve: an id needs no ticket' 0 "$DESKHAND" tickets approve --approval "$(id loose)"
exits 'decline: what was approved is taken back' 0 \
    "$DESKHAND" tickets decline --approval "$(id loose)"
same 'decline: taken back, on record' declined "$(state loose)"
exits 'decline: by its id' 0 "$DESKHAND" tickets decline 2 --approval "$(id two)" --json
has 'decline: as JSON' '"state":"declined"' "$out"
same 'decline: on record' declined "$(state two)"
exits 'approve: the one that is left' 0 "$DESKHAND" tickets approve 2
same 'approve: the one that is left is it' approved "$(state three)"
exits 'decline: all that waits is decided: those given' 0 "$DESKHAND" tickets decline 2
same 'decline: the one that was given is it' declined "$(state three)"
exits 'decline: nothing is left but what was used' 4 "$DESKHAND" tickets decline 2
has 'decline: what was used, and when' "$(id used): Ada approved it at 20" "$err"
has 'decline: when it was used' ', and it was used at 20' "$err"

# ---- told
exits 'return: claimed first' 0 "$DESKHAND" tickets claim 2 --take
exits 'return: the ticket goes back' 0 "$DESKHAND" tickets return 2
exits 'return: the conversation' 0 "$DESKHAND" conversations show "$(id two_in)"
has 'return: the customer is told' 'They have decided against this: Cancel order A-1044.' "$out"
same 'return: not of what was decided before this hand-over' 0 \
    "$(printf '%s' "$out" | grep -c 'against this: Refund order A-3')"
"$DESKHAND" tickets claim 1 --take >/dev/null || exit 1
mkdir -p "$scratch/a/prompts"
echo '{{! decided: broken' >"$scratch/a/prompts/decided.mustache"
exits 'return: a broken template is refused' 1 "$DESKHAND" tickets return 1
has 'return: which one' 'decided.mustache' "$err"
exits 'prompts check: it is found' 1 "$DESKHAND" prompts check decided
printf '{{! decided: needs.\n    approved required what }}\n{{#approved}}{{.}}{{/approved}}\n' \
    >"$scratch/a/prompts/decided.mustache"
exits 'prompts check: neither list can be required' 1 "$DESKHAND" prompts check decided
rm "$scratch/a/prompts/decided.mustache"
exits 'return: mended, it goes back' 0 "$DESKHAND" tickets return 1
has 'return: what was agreed to' 'have agreed to this: Refund order A-1042, 24.90 EUR. Write' \
    "$("$DESKHAND" conversations show "$(id one_in)")"
exits 'approve: what has expired is refused' 4 "$DESKHAND" tickets approve --approval "$(id late)"
has 'approve: what has expired, in words' 'the bot asks again when the customer still' "$err"
exits 'approve: what is used is refused' 4 "$DESKHAND" tickets decline --approval "$(id used)"
exits 'approve: the customer decides' 4 "$DESKHAND" tickets approve --approval "$(id customers)"
has 'approve: whose it is' 'is for the customer to decide' "$err"
exits 'approve: no such approval' 3 "$DESKHAND" tickets approve --approval a-none
exits 'approve: no such ticket' 3 "$DESKHAND" tickets approve 99
exits 'approve: of another ticket' 3 "$DESKHAND" tickets approve 1 --approval "$(id customers)"
exits 'approve: which?' 2 "$DESKHAND" tickets approve
exits 'approve: no number' 2 "$DESKHAND" tickets approve two
exits 'approve: help' 0 "$DESKHAND" tickets approve --help
has 'approve: an example' 'deskhand tickets approve 3 --note' "$out"
has 'completion knows the words' ' approvals approve decline ' "$("$DESKHAND" completion bash)"
has 'doctor has nothing against it' 'record: desk.db is sound' "$("$DESKHAND" doctor 2>&1)"

# ---- on another desk
"$DESKHAND" conversations export "$(id one_in)" -o "$scratch/one.json" || exit 1
"$DESKHAND" conversations export "$(id two_in)" -o "$scratch/two.json" || exit 1
has 'export: the approval' "\"approvals\":[{\"id\":\"$(id one)\"" "$(cat "$scratch/one.json")"
"$DESKHAND" init "$scratch/b" >/dev/null || exit 1
export DESKHAND_DESK="$scratch/b"
"$DESKHAND" conversations import "$scratch/one.json" >/dev/null || exit 1
"$DESKHAND" conversations import "$scratch/two.json" >/dev/null || exit 1
same 'import: what was approved comes in expired' expired "$(state one)"
same 'import: what was declined stays so' declined "$(state two)"
same 'import: what was used stays so' used "$(state used)"
same 'import: nothing waits' '' "$("$DESKHAND" tickets approvals)"
exits 'import: nothing can be approved' 4 "$DESKHAND" tickets approve --approval "$(id one)"
has 'import: the doctor agrees' 'record: desk.db is sound' "$("$DESKHAND" doctor 2>&1)"
"$DESKHAND" conversations delete "$(id one_in)" --yes >/dev/null || exit 1
same 'delete: its approvals go, too' '' "$(state one)"
finish
