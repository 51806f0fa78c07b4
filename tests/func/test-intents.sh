#!/bin/sh
# deskhand intents: train, test, list, predict.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99
json() { printf '%s' "$1" | python3 -m json.tool; }

# Sentences of three labels and of none.
python3 - >small.tsv <<'END'
things = ["hub", "camera", "lamp", "thermostat", "speaker"]
labels = {
    "delivery": ["where is my %s", "when will the %s arrive", "has the %s been shipped"],
    "refund": ["please refund the %s", "i want my money back for the %s", "refund my %s"],
    "trouble": ["the %s is broken", "my %s does not work", "the %s will not switch on"],
    "oos": ["tell me a joke about a %s", "who invented the %s"],
}
for label, sentences in labels.items():
    for sentence in sentences:
        for thing in things:
            print(sentence % thing, label, "further", sep="\t")
END

exits 'no model, no desk: the built-in one' 0 "$DESKHAND" intents predict 'wheres my parcel' --json
has 'knows what an order is' '"intent":"order"' "$out"
exits 'its labels' 0 "$DESKHAND" intents list
has 'complaint is one' "$(printf 'complaint\t')" "$out"
exits 'train wants a place' 3 "$DESKHAND" intents train small.tsv
has 'says how to name one' '-o' "$err"
exits 'train' 0 "$DESKHAND" intents train small.tsv -o small.model
has 'says what it learned' '3 labels from 45 examples' "$out"
has 'and how well' 'by cross-validation' "$out"
exits 'train --json' 0 "$DESKHAND" intents train small.tsv -o again.model --json
check 'one JSON value' json "$out"
has 'counts' '"labels":3,"examples":45,"oos":10' "$out"
check 'the same bytes' cmp small.model again.model
exits 'train to standard output' 0 sh -c '"$1" intents train - -o - <small.tsv >out.model' - \
    "$DESKHAND"
check 'the same bytes there' cmp small.model out.model

exits 'list' 0 "$DESKHAND" intents list --model small.model
has 'labels and examples' "$(printf 'delivery\t15')" "$out"
exits 'list --json' 0 "$DESKHAND" intents list --model small.model --json
check 'one JSON value' json "$out"
exits 'predict' 0 "$DESKHAND" intents predict 'Where is my doorbell?' --model small.model
has 'the label' 'delivery' "$out"
exits 'predict --json' 0 "$DESKHAND" intents predict --json --model small.model \
    'Wher is my doorbel?'
check 'one JSON value' json "$out"
has 'the intent' '"intent":"delivery"' "$out"
exits 'predict nonsense' 0 "$DESKHAND" intents predict --json --model small.model 'qwertz uiop'
has 'none of these' '"intent":null' "$out"
exits 'test' 0 "$DESKHAND" intents test small.tsv --model small.model
has 'accuracy' 'accuracy 1.000' "$out"
has 'strangers' 'AUC' "$out"
exits 'test --json' 0 "$DESKHAND" intents test small.tsv --model small.model --json
check 'one JSON value' json "$out"
has 'accuracy' '"accuracy":1' "$out"
printf 'please refund the hub\tdelivery\nthe lamp is broken\ttrouble\n' >wrong.tsv
exits 'test with a wrong row' 0 "$DESKHAND" intents test wrong.tsv --model small.model
has 'half is right' 'accuracy 0.500' "$out"
has 'what was confused' "$(printf '1\tdelivery\trefund')" "$out"
exits 'the same as JSON' 0 "$DESKHAND" intents test wrong.tsv --model small.model --json
has 'no AUC without oos' '"auc":null' "$out"

# A desk's own model goes before the built-in one.
exits 'a desk' 0 "$DESKHAND" init shop
exits 'train for the desk' 0 "$DESKHAND" --desk shop intents train small.tsv
check 'lies beside desk.yaml' cmp small.model shop/intents.model
exits 'the desk asks it' 0 "$DESKHAND" --desk shop intents predict --json 'refund my lamp'
has 'the intent' '"intent":"refund"' "$out"

# Bad input.
printf '\357\273\277where\tdelivery\r\nno tab\r\n\r\nrefund\trefund\r\n' >windows.tsv
exits 'a file from Windows' 0 "$DESKHAND" intents train windows.tsv -o w.model --json
has 'two labels' '"labels":2,"examples":2' "$out"
has 'the bad line is told' 'windows.tsv:2: no tab' "$err"
printf 'a\tone\nb\tone\n' >one.tsv
exits 'one label' 1 "$DESKHAND" intents train one.tsv -o one.model
has 'is refused kindly' 'at least two labels' "$err"
check 'and nothing is written' [ ! -e one.model ]
: >empty.tsv
exits 'an empty file' 1 "$DESKHAND" intents train empty.tsv -o one.model
has 'says what a line is' 'a sentence, a tab, its label' "$err"
exits 'no such file' 3 "$DESKHAND" intents train nothing.tsv -o one.model
exits 'no such model' 3 "$DESKHAND" intents list --model nothing.model
exits 'no model at all' 1 "$DESKHAND" intents list --model small.tsv
has 'says so' 'no model of intents' "$err"
head -c 2000 small.model >cut.model
exits 'half a model' 1 "$DESKHAND" intents predict hello --model cut.model
has 'says so' 'damaged' "$err"

# A real set, reduced. Under a sanitizer it would take minutes, and the small one shows as much.
data=$DESKHAND_SHARED/data
if [ "${DESKHAND_SANITIZED:-none}" != none ]; then
    skip 'a real set' 'the build is sanitized'
elif [ -d "$data/intent_banking77" ]; then
    awk 'NR % 4 == 0' "$data/intent_banking77/train.tsv" >quarter.tsv
    exits 'a quarter of a real set' 0 "$DESKHAND" intents train quarter.tsv -o real.model --json
    has 'its labels' '"labels":77,"examples":2500' "$out"
    exits 'tested on its other half' 0 "$DESKHAND" intents test \
        "$data/intent_banking77/dev.tsv" --model real.model --json
    check 'is worth something' python3 -c \
        'import json, sys; assert json.loads(sys.argv[1])["accuracy"] > .84' "$out"
else
    skip 'a real set' 'no shared data'
fi
finish
