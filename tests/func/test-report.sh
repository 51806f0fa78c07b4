#!/bin/sh
# deskhand report over a small desk that was talked to: its forms, what a number is made of,
# mistakes, and a desk where nothing happened.
. "$(dirname "$0")/lib.sh"

desk=$scratch/shop
"$DESKHAND" init "$desk" --sample >/dev/null 2>&1 || exit 1
in_desk() { "$DESKHAND" --desk "$desk" "$@"; }

exits 'an empty desk is reported' 0 in_desk report
has 'an empty rate has no value' ' - ' "$(printf '%s\n' "$out" | grep '^resolution  ')"
exits 'an empty desk by day' 0 in_desk report --by day
has 'nothing to split is said' 'There is nothing to report.' "$out"

in_desk ask --json "my hub won't pair with my phone" >"$scratch/one" || exit 1
in_desk ask --json 'I want to talk to a human' >"$scratch/two" || exit 1
handed=$(sed 's/.*"conversation":"\([^"]*\)".*/\1/' "$scratch/two")

exits 'a report' 0 in_desk report
has 'both were involved' '2 of 2' "$(printf '%s\n' "$out" | grep '^involvement')"
has 'one was handed over' '1 of 2' "$(printf '%s\n' "$out" | grep '^escalation')"
has 'costs need prices' 'tokens_per_conversation' "$out"
same 'no costs without prices' '' "$(printf '%s\n' "$out" | grep '^cost_per')"

exits 'by topic' 0 in_desk report involvement --by topic --format csv
has 'one was trouble' 'involvement,%,trouble,' "$out"
exits 'as JSON' 0 in_desk report escalation --json
has 'JSON has both numbers' '"value":50,"numerator":1,"denominator":2' "$out"
exits 'as CSV' 0 in_desk report escalation --format csv
same 'CSV is a heading and a line' \
    "metric,unit,group,item,value,p90,numerator,denominator
escalation,%,,,50,,1,2" "$out"
exits 'the conversations of a number' 0 in_desk report --explain escalation --format csv
has 'the one handed over is in the numerator' "numerator,$handed" "$out"
same 'two are in the denominator' 2 "$(printf '%s\n' "$out" | grep -c '^denominator,')"

exits 'the metrics are explained' 0 in_desk report metrics
has 'with a formula' 'involved conversations with at least one ticket / involved' "$out"

exits 'a misspelt metric' 2 in_desk report escaltion
has 'is suggested' 'did you mean escalation?' "$err"
exits 'an unknown split' 2 in_desk report --by moon
exits 'an unknown form' 2 in_desk report --format html5
exits 'an unusable time' 1 in_desk report --since yesterday
exits 'a period that ends before it begins' 1 in_desk report --since 2026-02-01 --until 2026-01-01
exits 'nothing before that day' 0 in_desk report involvement --until 2020-01-01
has 'a past period is empty' '0 of 0' "$out"
exits 'costs without prices' 1 in_desk report cost_per_conversation
has 'what to set is said' 'model.prices' "$err"

cat >>"$desk/desk.yaml" <<'YAML'
desk.timezone: Europe/Atlantis
model.currency: EUR
model.prices:
  embedded: {input: 1, output: 2}
YAML
exits 'an unknown time zone' 0 in_desk report cost_per_conversation
has 'it is named' "Europe/Atlantis" "$err"
has 'UTC stands in' 'time zone UTC' "$out"
has 'the currency is shown' 'EUR' "$out"
finish
