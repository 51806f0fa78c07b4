#!/bin/sh
# deskhand catalog and articles: import, search, show, stats.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99
exits 'a desk without a catalogue' 0 "$DESKHAND" init shop
DESKHAND_DESK=$scratch/shop
export DESKHAND_DESK
json_lines() { printf '%s\n' "$1" | python3 -m json.tool --json-lines >/dev/null; }

for what in 'catalog search hub' 'catalog show x' 'catalog stats' 'articles search hub'; do
    # shellcheck disable=SC2086
    exits "nothing imported yet: $what" 3 "$DESKHAND" $what
    has 'says what to do' 'import' "$err"
done

cat >lamps.csv <<'END'
Artikel;name;price;category;in_stock
L1;Desk Lamp;19,90;lamps;yes
L2;Floor Lamp;call us;lamps;yes
L3;Reading Lamp;49.00;lamps;no
;Nameless;1;lamps;no
L1;Desk Lamp II;24.90;lamps;yes
END
exits 'a file with mistakes' 0 "$DESKHAND" catalog import lamps.csv --map id=Artikel
has 'the wrong price is told with its place' 'lamps.csv:3:15: price' "$err"
has 'and that the row is left out' 'row left out' "$err"
has 'the earlier row of one id is told' 'line 2 has the same' "$err"
has 'the rows are counted' 'products: 5 rows' "$out"
exits 'again: nothing changes' 0 "$DESKHAND" catalog import lamps.csv --map id=Artikel --json
check 'one JSON value' sh -c 'printf "%s" "$1" | python3 -m json.tool' - "$out"
has 'nothing added' '"added":0,"changed":0' "$out"
exits 'show' 0 "$DESKHAND" catalog show L1
has 'a product for people' 'name: Desk Lamp II' "$out"
exits 'show --json' 0 "$DESKHAND" catalog show L1 --json
check 'one JSON value' sh -c 'printf "%s" "$1" | python3 -m json.tool' - "$out"
exits 'show what is not there' 3 "$DESKHAND" catalog show L9
has 'says how to find it' 'catalog search' "$err"

yes 'bad;;;' | head -100 | sed '1i name;price;brand' >hundred.csv
exits 'no usable row' 1 "$DESKHAND" catalog import hundred.csv --map price=price --map id=brand
same 'notices are few' 20 "$(printf '%s\n' "$err" | grep -c 'row left out')"
has 'the rest is counted' 'and 80 more' "$err"
has 'a map that fits no row is told all the same' 'no row has the field' "$err"
exits 'then nothing is changed' 0 "$DESKHAND" catalog stats --json
has 'two lamps as before' '"products":2' "$out"
exits 'a file that is not there' 3 "$DESKHAND" catalog import nowhere.csv
exits 'a folder' 1 "$DESKHAND" catalog import "$scratch"
exits 'no file at all' 2 "$DESKHAND" catalog import
exits 'a map without =' 2 "$DESKHAND" catalog import lamps.csv --map price
exits 'a map to no field' 2 "$DESKHAND" catalog import lamps.csv --map prize=price
has 'names the fields' 'price' "$err"
printf '\000\001\377\376' >binary.csv
exits 'no text at all' 1 "$DESKHAND" catalog import binary.csv
: >empty.jsonl
exits 'an empty file' 1 "$DESKHAND" catalog import empty.jsonl
printf '{"id":"P1","name":"From a pipe \\u001b[31mred"}\n' >pipe.jsonl
said=$("$DESKHAND" catalog import - <pipe.jsonl 2>&1)
has 'from standard input' '1 added' "$said"
said=$("$DESKHAND" catalog search pipe)
case $said in
*"$(printf '\033')"*) not_ok 'no escape sequence reaches the terminal' "$said" ;;
*) ok 'no escape sequence reaches the terminal' ;;
esac

exits 'another language than it has' 1 "$DESKHAND" catalog import lamps.csv --map id=Artikel \
    --language de
has 'asks for the whole export' '--replace' "$err"
exits 'with the whole export' 0 "$DESKHAND" catalog import lamps.csv --map id=Artikel \
    --language de --replace
exits 'a language that is none' 1 "$DESKHAND" catalog import lamps.csv --language 'no such'
printf 'id,name,price\nQ1,Lamp,1.299\nQ2,Lamp,"1.299,00 \342\202\254"\n' >thousands.csv
exits 'a price that reads two ways' 0 "$DESKHAND" catalog import thousands.csv
has 'is told how it was read' 'thousands' "$err"
exits 'and is no small change' 0 "$DESKHAND" catalog show Q1 --json
has 'but what both shops mean' '"price":1299.00' "$out"

sample=$DESKHAND_SOURCE/catalog/sample
exits 'the sample, whole' 0 "$DESKHAND" catalog import --replace --language en \
    "$sample/products.jsonl"
has 'others are taken out' '4 removed' "$out"
exits 'its articles' 0 "$DESKHAND" articles import "$sample/articles.jsonl"
exits 'stats' 0 "$DESKHAND" catalog stats
has 'of products' 'products: 95' "$out"
exits 'stats --json' 0 "$DESKHAND" articles stats --json
has 'of articles' '"articles":79' "$out"

exits 'search' 0 "$DESKHAND" catalog search hub 2
has 'takes words without quotes' 'HS-HUB-2' "$(printf '%s\n' "$out" | head -1)"
exits 'search --json --limit' 0 "$DESKHAND" catalog search hub --json --limit 3
same 'three lines' 3 "$(printf '%s\n' "$out" | wc -l)"
check 'each a JSON value' json_lines "$out"
has 'with id, name and score' '"id":"HS-HUB' "$out"
exits 'articles --json' 0 "$DESKHAND" articles search --json --limit 1 \
    "hub won't pair with my phone"
has 'have a title' '"title":"Pairing a hub with your phone"' "$out"
exits 'articles about a product' 0 "$DESKHAND" articles search offline --product HS-HUB-2
exits 'a ceiling for the price' 0 "$DESKHAND" catalog search hub --max-price 40 --json --limit 100
check 'is kept' sh -c 'printf "%s\n" "$1" | python3 -c "
import json, sys
assert all(json.loads(l)[\"price\"] <= 40 for l in sys.stdin)"' - "$out"
exits 'a category' 0 "$DESKHAND" catalog search light --category bulbs --json
has 'narrows' '"category":"bulbs"' "$out"
exits 'nothing found is no failure' 0 "$DESKHAND" catalog search zzqqxx
same 'and nothing on stdout' '' "$out"
for odd in "'" '"' '*' 'AND OR NOT (' '-' ' ' '💡' 'a"b:c^2' "$(printf 'x\377y')"; do
    exits "a query like <$odd>" 0 "$DESKHAND" catalog search --json -- "$odd"
done
exits 'a wrong limit' 2 "$DESKHAND" catalog search hub --limit 1000
exits 'a wrong price' 2 "$DESKHAND" catalog search hub --max-price cheap
exits 'no query' 2 "$DESKHAND" catalog search
exits 'a query and a batch' 2 "$DESKHAND" catalog search hub --batch q.tsv

printf 'q1\thub\tmore\tcolumns\r\nq2\tzzqqxx\n\nq"3\t\t\nq4\tlast line without an end' >q.tsv
exits 'a batch' 0 "$DESKHAND" catalog search --batch q.tsv --limit 2
same 'one line a query' 4 "$(printf '%s\n' "$out" | wc -l)"
check 'each a JSON value' json_lines "$out"
has 'with its results' '{"query":"q1","results":[{"id":"HS-HUB' "$out"
has 'without any too' '{"query":"q2","results":[]}' "$out"
said=$(printf 'x\thub\n' | "$DESKHAND" articles search --batch - --limit 1)
has 'from standard input' '{"query":"x","results":[{"id":"A-' "$said"
printf 'q1\thub\nno tab here\n' >bad.tsv
exits 'a line without a tab' 1 "$DESKHAND" catalog search --batch bad.tsv
has 'is named' 'bad.tsv:2: no tab' "$err"
exits 'a batch that is not there' 3 "$DESKHAND" catalog search --batch nowhere.tsv
head -c 3000000 /dev/zero | tr '\000' 'a' | sed 's/^/big\t/' >big.tsv
exits 'a query of three megabytes' 0 "$DESKHAND" catalog search --batch big.tsv
check 'a reader that goes away' sh -c '"$1" catalog search --batch "$2" | head -c 1 >/dev/null' - \
    "$DESKHAND" q.tsv
if [ -c /dev/full ]; then
    code=0
    "$DESKHAND" catalog search hub --json >/dev/full 2>stderr || code=$?
    same 'a full disk is told' 1 "$code"
fi

echo garbage >shop/catalog.db
exits 'a damaged catalogue' 1 "$DESKHAND" catalog search hub
has 'is named' 'catalog.db' "$err"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$scratch" && rm -f shop/catalog.db*
    exits 'somebody else may not import' 1 setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$DESKHAND" catalog import "$scratch/lamps.csv" --map id=Artikel
    has 'and is told why' 'Permission denied' "$err"
fi

unset DESKHAND_DESK
exits 'a desk to interrupt' 0 "$DESKHAND" init big
python3 -c '
for i in range(120000):
    print("{\"id\":\"P%d\",\"name\":\"Lamp %d\",\"description\":\"%s\"}" % (i, i, "words " * 20))
' >big.jsonl
exits 'an import that is interrupted' 1 timeout --preserve-status -s INT 0.5 \
    "$DESKHAND" --desk big catalog import big.jsonl
has 'says that nothing changed' 'nothing was changed' "$err"
same 'leaves nothing behind' '' "$(ls big | grep 'catalog.db.new')"
if [ -d "$DESKHAND_SHARED/data/product_icecat" ]; then
    exits 'a desk for real data' 0 "$DESKHAND" init real
    data=$DESKHAND_SHARED/data
    exits 'a real export needs no map' 0 "$DESKHAND" --desk real catalog import --json \
        "$data/product_icecat/products.jsonl"
    has 'all its rows' '"rejected":0' "$out"
    for docs in "$data"/*/docs.jsonl; do
        exits "as do articles: $(basename "$(dirname "$docs")")" 0 \
            "$DESKHAND" --desk real articles import --json "$docs"
        has 'all its rows' '"rejected":0' "$out"
    done
    exits 'its queries as a batch' 0 "$DESKHAND" --desk real catalog search --limit 10 \
        --batch "$data/product_icecat/queries.tsv"
    same 'an answer each' "$(grep -c . "$data/product_icecat/queries.tsv")" \
        "$(printf '%s\n' "$out" | wc -l)"
else
    skip 'a real export needs no map' 'no shared data'
fi
finish
