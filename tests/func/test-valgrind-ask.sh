#!/bin/sh
# One question from exec to answer under valgrind: no error, nothing lost.
. "$(dirname "$0")/lib.sh"

check 'a sample desk is made' "$DESKHAND" init "$scratch/desk" --sample
[ "$failed" -eq 0 ] || finish

# ask CASE TEXT: no finding of valgrind, whatever the answer. Plugins are never unloaded, so what
# their libraries hold at the end is still reachable and no loss.
ask()
{
    code=0
    said=$(valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --show-leak-kinds=definite --log-file="$scratch/valgrind.%p" \
        "$DESKHAND" --desk "$scratch/desk" ask "$2" 2>&1) || code=$?
    findings=$(cat "$scratch"/valgrind.*)
    if [ "$code" -eq 0 ] && [ -z "$findings" ]; then
        ok "$1"
    else
        not_ok "$1" "exit $code: $said
$findings"
    fi
    rm -f "$scratch"/valgrind.*
}

ask 'a greeting' 'hello'
ask 'a question about a product' 'do you have a smart lock under 200 dollars?'
ask 'trouble' "my hub won't pair with my phone"
ask 'a hand-over' 'I want to talk to a human'
finish
