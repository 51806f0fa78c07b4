#!/bin/sh
# What plugins keep on a desk: secrets, values and figures, over several runs of the program.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99
asks=$DESKHAND_TEST_PLUGINS/asks.so
unlisted=$DESKHAND_TEST_PLUGINS/asks-unlisted.so

# desk ISOLATION
desk()
{
    printf 'plugins:\n  - path: %s\n    isolation: %s\n    secrets: {token: "${ASKS_TOKEN}"}\n' \
        "$asks" "$1" >shop/desk.yaml
    printf '  - path: %s\n    isolation: %s\n    secrets: {token: "${ASKS_TOKEN}"}\n' \
        "$unlisted" "$1" >>shop/desk.yaml
}

# call TOOL ARGUMENTS WANT
call()
{
    exits "$cage: $1 $2" 0 "$DESKHAND" plugins call "$1" "$2"
    has "$cage: says so" "$3" "$out"
}

export ASKS_TOKEN=not-for-all
for cage in child worker; do
    rm -rf shop
    "$DESKHAND" init shop >/dev/null || exit 99
    export DESKHAND_DESK="$scratch/shop"
    desk "$cage"
    call kv '{"do":"add","key":"a","value":"kept"}' '"code":0'
    call kv '{"do":"add","key":"a","value":"again"}' '"code":2'
    call kv '{"do":"get","key":"a"}' '"value":"kept"'
    exits "$cage: a dry run" 0 "$DESKHAND" plugins call kv '{"do":"remove","key":"a"}' --dry-run
    has "$cage: is refused" '"code":5' "$out"
    call kv '{"do":"remove","key":"a"}' '"code":0'
    call kv '{"do":"get","key":"a"}' '"code":1'
    call secret '{"name":"token"}' '"value":"not-for-all"'
    call secret '{"name":"other"}' '"length":0'
    call unlisted_secret '{"name":"token"}' '"code":0,"value":""'
    call metric '{"name":"sent","count":3}' '"code":1'
    call metric '{"name":"sent","count":4}' '"code":1'
    call metric '{"name":"took_ms","value":30}' '"code":1'
    call metric '{"name":"took_ms","value":10}' '"code":1'

    exits "$cage: metrics" 0 "$DESKHAND" plugins metrics
    has "$cage: counted" "$(printf 'asks\tsent\t7\t-\t-\t-')" "$out"
    has "$cage: measured" "$(printf 'asks\ttook_ms\t2\t20.0\t10\t30')" "$out"
    exits "$cage: as JSON" 0 "$DESKHAND" plugins metrics asks --since 1d --json
    has "$cage: a count" '"plugin":"asks","name":"sent","kind":"count","count":7}' "$out"
    has "$cage: a value" '"kind":"value","count":2,"sum":40,"least":10,"most":30}' "$out"
    exits "$cage: of another" 0 "$DESKHAND" plugins metrics nobody
    has "$cage: has none" 'No plugin has counted anything' "$out"
    exits "$cage: later" 0 "$DESKHAND" plugins metrics --since 2999-01-01
    has "$cage: none yet" 'No plugin has counted anything since then' "$out"
    exits "$cage: no time" 1 "$DESKHAND" plugins metrics --since soon

    # A secret is found nowhere.
    check "$cage: no secret in the record" sh -c '! grep -q not-for-all shop/desk.db*'
done

unset DESKHAND_DESK
exits 'without a desk' 3 "$DESKHAND" plugins metrics
finish
