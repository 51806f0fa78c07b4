#!/bin/sh
# deskhand prompts, plugins and models: what the bot is made of.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99
exits 'a desk' 0 "$DESKHAND" init shop --name 'The Lamp Shop'
DESKHAND_DESK=$scratch/shop
export DESKHAND_DESK
json_lines() { printf '%s\n' "$1" | python3 -m json.tool --json-lines >/dev/null; }
json_one() { printf '%s' "$1" | python3 -m json.tool >/dev/null; }

# ---- prompts
exits 'prompts list' 0 "$DESKHAND" prompts list
for name in apology confirm customer_service decided digest greeting handoff limit_reached \
    summary technical_expert tutor
do
    has "lists $name" "$name" "$out"
done
exits 'prompts list --json' 0 "$DESKHAND" prompts list --json
check 'a JSON value a line' json_lines "$out"
has 'shipped ones' '"name":"tutor","from":"shipped"' "$out"
exits 'prompts show' 0 "$DESKHAND" prompts show greeting
has 'shows the file' '{{! greeting:' "$out"
exits 'prompts show --json' 0 "$DESKHAND" prompts show greeting --json
check 'one JSON value' json_one "$out"
has 'lists the variables' '"variables":[{"name":"shop_name","required":false' "$out"
exits 'prompts render' 0 "$DESKHAND" prompts render greeting
has 'knows the shop' 'The Lamp Shop' "$out"
exits 'prompts render --var' 0 "$DESKHAND" prompts render greeting --var bot_name=Robin --json
check 'one JSON value' json_one "$out"
has 'takes the value' 'I am Robin' "$out"
exits 'prompts check' 0 "$DESKHAND" prompts check
exits 'prompts check NAME' 0 "$DESKHAND" prompts check tutor --json
same 'one line' 1 "$(printf '%s\n' "$out" | wc -l)"
check 'a JSON value' json_lines "$out"

exits 'a misspelt prompt' 3 "$DESKHAND" prompts show greting
has 'is recognised' "greeting" "$err"
exits 'a prompt that is a path' 1 "$DESKHAND" prompts show ../shop/desk
exits 'a misspelt variable' 1 "$DESKHAND" prompts render greeting --var shop_nmae=x
has 'is recognised' 'shop_name' "$err"
exits 'a variable without =' 2 "$DESKHAND" prompts render greeting --var shop_name
exits 'a misspelt command' 2 "$DESKHAND" prompts chek
has 'is recognised' 'prompts check' "$err"

"$DESKHAND" prompts show greeting >shop/prompts/greeting.mustache
exits 'a copy becomes the desk'\''s' 0 "$DESKHAND" prompts list
has 'and is used' "$(printf 'greeting\tdesk')" "$out"
printf '{{! greeting: hello.\n    shop_name  required  the shop }}\nHi {{shop_nmae}}!\n' \
    >shop/prompts/greeting.mustache
exits 'a slip in a prompt' 1 "$DESKHAND" prompts check greeting
has 'is told with its file' 'greeting.mustache' "$out"
has 'and recognised' 'shop_name' "$out"
exits 'it is shown all the same' 0 "$DESKHAND" prompts show greeting
has 'as it is' 'shop_nmae' "$out"
exits 'and listed' 0 "$DESKHAND" prompts list --json
check 'with its trouble' sh -c \
    'printf "%s\n" "$1" | grep "\"greeting\"" | grep -qv "\"trouble\":null"' - "$out"
printf '{{! greeting: hello.\n    who  required  who is greeted }}\nHi {{who}}!\n' \
    >shop/prompts/greeting.mustache
exits 'a required variable nobody fills' 1 "$DESKHAND" prompts check greeting
has 'is named with its meaning' 'who is greeted' "$out"
exits 'and rendering' 1 "$DESKHAND" prompts render greeting
has 'says the same' 'who is greeted' "$err"
mv shop/prompts/greeting.mustache shop/prompts/mine.mustache
sed -i 's/greeting:/mine:/' shop/prompts/mine.mustache
exits 'in a prompt that is not in use' 0 "$DESKHAND" prompts check mine
printf '\377\376' >shop/prompts/mine.mustache
exits 'a prompt that is no text' 1 "$DESKHAND" prompts check
rm shop/prompts/mine.mustache

# ---- plugins
exits 'plugins list' 0 "$DESKHAND" plugins list
for tool in 'search_product_catalog (read)' 'get_product (read)' \
    'lookup_troubleshooting_steps (read)' 'escalate_to_human (write)'; do
    has "lists $tool" "$tool" "$out"
done
same 'nothing is wrong' '' "$err"
exits 'plugins list --json' 0 "$DESKHAND" plugins list --json
check 'a JSON value a line' json_lines "$out"
has 'with effects' '"name":"escalate_to_human","effect":"write"' "$out"
escalate=$(printf '%s\n' "$out" | sed -n 's/.*"file":"\([^"]*escalate\.so\)".*/\1/p')
check 'and files' [ -f "$escalate" ]
search=$(dirname "$escalate")/catalog_search.so

exits 'plugins check' 0 "$DESKHAND" plugins check "$escalate"
has 'says what it is' 'tool escalate_to_human (write' "$out"
exits 'plugins check --json' 0 "$DESKHAND" plugins check --json "$escalate"
check 'one JSON value' json_one "$out"
exits 'a search plugin' 0 "$DESKHAND" plugins check "$search"
exits 'with a wrong configuration' 1 "$DESKHAND" plugins check "$search" --config '{"catalog":5}'
has 'says so' 'catalog' "$err"
exits 'with one that is no JSON' 1 "$DESKHAND" plugins check "$search" --config '{'
cp "$escalate" own.so
exits 'without a path' 0 "$DESKHAND" plugins check own.so
exits 'without a desk' 0 env -u DESKHAND_DESK "$DESKHAND" plugins check own.so
exits 'a program' 1 "$DESKHAND" plugins check /bin/ls
has 'is none' 'no plugin' "$err"
exits 'a text' 1 "$DESKHAND" plugins check shop/desk.yaml
has 'is none' 'no ELF file' "$err"
: >empty.so
exits 'an empty file' 1 "$DESKHAND" plugins check empty.so
exits 'a folder' 1 "$DESKHAND" plugins check shop
exits 'a file that is not there' 3 "$DESKHAND" plugins check nowhere.so
has 'is named' 'nowhere.so' "$err"
size=$(stat -c %s own.so)
broken=0
for part in 1 2 3 4 5 6 7 8 9; do
    head -c $((size * part / 10)) own.so >cut.so
    code=0
    "$DESKHAND" plugins check cut.so >/dev/null 2>stderr || code=$?
    [ "$code" -eq 1 ] && [ -s stderr ] || broken=$((broken + 1))
done
same 'a truncated copy is refused wherever it is cut' 0 "$broken"
cp own.so everybodys.so && chmod 666 everybodys.so
exits 'a file that everybody may change' 4 "$DESKHAND" plugins check everybodys.so

cat >shop/desk.yaml <<'END'
plugins:
  - name: escalate
  - name: nonesuch
  - path: ../own.so
    enabled: false
END
exits 'a plugin that is missing' 0 "$DESKHAND" plugins list --json
check 'still a JSON value a line' json_lines "$out"
has 'the trouble is told' 'there is no such file' "$out"
has 'the other is loaded' '"name":"escalate","version"' "$out"
has 'one is off' '"enabled":false' "$out"
printf 'plugins:\n  - path: ../own.so\n' >shop/desk.yaml
exits 'one of their own' 0 "$DESKHAND" plugins list --json
has 'is loaded' '"name":"escalate","version"' "$out"
has 'into a process of its own' '"isolation":"child"' "$out"
exits 'doctor' 0 "$DESKHAND" doctor
has 'loads it as well' 'plugin: escalate' "$out"
printf 'plugins:\n  - path: ../own.so\n    isolation: worker\n' >shop/desk.yaml
exits 'unless its entry says so' 0 "$DESKHAND" plugins list --json
has 'then among the workers' '"isolation":"worker"' "$out"
printf 'plugins:\n  - path: ../own.so\n    isolation: cage\n' >shop/desk.yaml
exits 'no third place' 1 "$DESKHAND" plugins list
printf 'plugins:\n  - name: escalate\n  - path: ../own.so\n' >shop/desk.yaml
exits 'two of one name' 0 "$DESKHAND" plugins list
has 'is trouble' 'trouble' "$out"
has 'that stderr explains' 'own.so' "$err"

# ---- models
exits 'models list' 0 "$DESKHAND" models list
has 'the built-in one is in use' "$(printf 'embedded\tyes')" "$out"
exits 'models list --json' 0 "$DESKHAND" models list --json
check 'a JSON value a line' json_lines "$out"
exits 'without a desk' 0 env -u DESKHAND_DESK "$DESKHAND" models list
has 'none is in use' "$(printf 'embedded\t-')" "$out"

# ---- every command helps
for command in init 'catalog import' 'catalog search' 'catalog show' 'catalog stats' \
    'articles import' 'articles search' 'articles show' 'articles stats' 'prompts list' \
    'intents train' 'intents test' 'intents list' 'intents predict' \
    'prompts show' 'prompts check' 'prompts render' 'plugins list' 'plugins check' 'models list' \
    'models test' doctor; do
    # shellcheck disable=SC2086
    exits "$command --help" 0 "$DESKHAND" $command --help
    has 'has an example' "Example:
  deskhand $command" "$out"
done
finish
