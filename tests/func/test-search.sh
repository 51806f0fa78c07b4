#!/bin/sh
# deskhand catalog search and articles search: what a person and a script see of the results.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99
exits 'a desk with the sample shop' 0 "$DESKHAND" init shop
DESKHAND_DESK=$scratch/shop
export DESKHAND_DESK
sample=$DESKHAND_SOURCE/catalog/sample
exits 'its products' 0 "$DESKHAND" catalog import "$sample/products.jsonl"
exits 'its articles' 0 "$DESKHAND" articles import "$sample/articles.jsonl"

# ---- words
exits 'mistyped words' 0 "$DESKHAND" catalog search motion sensr --limit 1
has 'find what was meant' 'HS-SENS-MOT' "$out"
has 'and it is told' 'Showing results for: motion sensor' "$err"
exits 'words that are right' 0 "$DESKHAND" catalog search motion sensor --limit 1
same 'are not remarked on' '' "$err"
exits 'a number in another spelling' 0 "$DESKHAND" catalog search hshub2
has 'is found' 'HS-HUB-2' "$(printf '%s\n' "$out" | head -1)"

# ---- filters
exits 'a floor and a ceiling for the price' 0 "$DESKHAND" catalog search zigbee \
    --min-price 20 --max-price 40 --brand hearth --in-stock --json --limit 100
check 'are kept, all of them' python3 -c '
import json, sys
found = {row["id"] for row in map(json.loads, sys.argv[1].splitlines())}
rows = [json.loads(line) for line in open(sys.argv[2])]
want = {row["id"] for row in rows if "zigbee" in json.dumps(row).lower()
        and 20 <= row["price"] <= 40 and "Hearth" in row["brand"] and row["in_stock"]}
assert found == want and len(want) > 2, (found ^ want, want)' "$out" "$sample/products.jsonl"
exits 'a floor above the ceiling' 2 "$DESKHAND" catalog search hub --min-price 50 --max-price 20
exits 'a price that is none' 2 "$DESKHAND" catalog search hub --min-price some
exits 'a price below zero' 2 "$DESKHAND" catalog search hub --min-price -3
exits 'a brand without a letter' 0 "$DESKHAND" catalog search hub --brand '!!!'
same 'fits nothing' '' "$out"

# ---- facets
exits 'facets' 0 "$DESKHAND" catalog search zigbee --facets --limit 1
check 'count what is in the shop' python3 -c '
import collections, json, re, sys
rows = [json.loads(line) for line in open(sys.argv[2])]
rows = [row for row in rows if "zigbee" in json.dumps(row).lower()]
def counts(member):
    return collections.Counter(row[member] for row in rows)
text = sys.argv[1]
def listed(label):
    line = re.search("^" + label + ": (.*)$", text, re.M).group(1)
    return {name: int(n) for name, n in re.findall(r"(?:^|, )(.*?) \((\d+)\)", line)}
assert f"Found: {len(rows)}\n" in text
assert listed("Brands") == counts("brand"), (listed("Brands"), counts("brand"))
assert listed("Categories") == counts("category")
low, high = min(r["price"] for r in rows), max(r["price"] for r in rows)
assert f"Prices: {low:.2f} to {high:.2f}\n" in text
stock = sum(row["in_stock"] for row in rows)
assert f"In stock: {stock}" in text' \
    "$out" "$sample/products.jsonl"
exits 'facets --json' 0 "$DESKHAND" catalog search zigbe --facets --json --limit 2
same 'are a last line' 3 "$(printf '%s\n' "$out" | wc -l)"
check 'with their numbers, and how the words were read' python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.argv[1].splitlines()]
facets = lines[-1]["facets"]
assert all("id" in line and "facets" not in line for line in lines[:-1])
assert facets["found"] == sum(b["count"] for b in facets["brands"]) > 2
assert facets["lowest_price"] < facets["highest_price"]
assert lines[-1]["mended"] == "zigbee", lines[-1]' "$out"
exits 'facets of nothing' 0 "$DESKHAND" catalog search zzqqxx --facets --json
has 'are zero' '"found":0' "$out"

# ---- passages and reasons
exits 'passages' 0 "$DESKHAND" catalog search battery camera --json
check 'have their words marked' python3 -c '
import json, sys
marks = 0
for line in sys.argv[1].splitlines():
    row = json.loads(line)
    text = row.get("snippet", "").encode()
    for start, length in row.get("marks", []):
        word = text[start:start + length].decode().lower()
        assert word.startswith(("batter", "camera")), word
        marks += 1
assert marks > 5, marks' "$out"
exits 'no passages where nobody looks' 0 "$DESKHAND" catalog search battery camera
same 'a line a result' 10 "$(printf '%s\n' "$out" | wc -l)"
exits 'explain' 0 "$DESKHAND" catalog search motion sensr waterproof --explain --limit 1
has 'which words stand where' '    motion: in name' "$out"
has 'which were mended' 'sensr, taken for "Sensor": in name' "$out"
has 'which stand side by side' 'side by side: Motion Sensor' "$out"
has 'which are not there' 'not found: waterproof' "$out"
exits 'explain a number' 0 "$DESKHAND" catalog search HS-HUB-2 --explain --limit 1
has 'it was called by it' 'asked for by its id' "$out"
exits 'explain --json' 0 "$DESKHAND" catalog search motion sensr --explain --json --limit 1
has 'the same for scripts' '"word":"sensr","how":"mended","as":"Sensor"' "$out"
exits 'explain an article' 0 "$DESKHAND" articles search hub pairing --explain --limit 1
has 'tells its fields' 'hub: in symptoms, steps' "$out"
exits 'articles have passages' 0 "$DESKHAND" articles search "hub does not pair" --json --limit 2
has 'marked too' '"marks":[[' "$out"

# ---- options that would do nothing
printf 'q1\tmotion sensr\nq2\tmotion sensor\n' >q.tsv
exits 'a batch' 0 "$DESKHAND" catalog search --batch q.tsv --limit 1
has 'says what was mended' '"mended":"motion sensor"}' "$(printf '%s\n' "$out" | head -1)"
has 'and only that' '}]}' "$(printf '%s\n' "$out" | tail -1)"
exits 'a batch has no reasons' 2 "$DESKHAND" catalog search --batch q.tsv --explain
exits 'and no facets' 2 "$DESKHAND" catalog search --batch q.tsv --facets
exits 'articles have no facets' 2 "$DESKHAND" articles search hub --facets

# ---- what no person means
long=$(python3 -c 'print("sensor lock " * 5000)')
for odd in 'NEAR( " * :' 'a' 'the of and' '💡 🔧' 'مركز hub' '蓝牙' "$(printf 'hub\377\376')" \
    "$long"; do
    exits "a query like <$(printf '%.20s' "$odd")>" 0 "$DESKHAND" catalog search --json --explain \
        --facets -- "$odd"
    check 'answers in JSON' python3 -c '
import json, sys
[json.loads(line) for line in sys.argv[1].splitlines()]' "$out"
done

# ---- on a terminal
if command -v tmux >/dev/null; then
    # on_terminal WHAT ENVIRONMENT...: what a search shows, escape sequences included.
    on_terminal()
    {
        rm -f done typescript
        env "$@" TMUX_TMPDIR="$scratch" tmux -f /dev/null -L search new-session -d -x 70 -y 40 \
            "$DESKHAND catalog search battery camra --limit 3; : >done; sleep 20"
        waited=0
        while [ ! -e done ] && [ "$waited" -lt 100 ]; do
            sleep 0.1
            waited=$((waited + 1))
        done
        TMUX_TMPDIR="$scratch" tmux -L search capture-pane -p -e >screen
        TMUX_TMPDIR="$scratch" tmux -L search kill-server
    }
    on_terminal LC_ALL=C.UTF-8
    has 'a terminal has headings' 'PRICE' "$(cat screen)"
    bold=$(printf '\033[1m')
    check 'the words of the query are bold' grep -iqF "${bold}camera" screen
    has 'what was mended is told' 'Showing results for: battery camera' "$(cat screen)"
    check 'passages are within the screen' python3 -c '
import re
lines = [re.sub("\x1b[[][0-9;]*m", "", line.rstrip("\n")) for line in open("screen")]
assert sum(line.startswith("    ") for line in lines) >= 3, lines
assert all(len(line) <= 70 for line in lines)'
    on_terminal LC_ALL=C.UTF-8 NO_COLOR=1
    check 'NO_COLOR has passages' grep -q '^    ' screen
    check 'and nothing bold' sh -c '! grep -qF "$1" screen' - "$bold"
else
    skip 'on a terminal' 'no tmux'
fi
finish
