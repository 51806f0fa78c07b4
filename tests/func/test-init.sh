#!/bin/sh
# deskhand init: a desk is made whole, never over another, and completed when it was interrupted.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99

exits 'init makes a desk' 0 "$DESKHAND" init shop --sample
has 'init says what it made' '95 products, 79 articles' "$out"
has 'init says what to type next' "--desk shop chat" "$out"
same 'init is silent on stderr' '' "$err"
same 'desk.db is its owner'\''s alone' 600 "$(stat -c %a shop/desk.db)"
check 'prompts/ explains itself' [ -s shop/prompts/README.md ]
check 'the settings name the plugins' grep -q -- '- name: catalog_search' shop/desk.yaml
check 'no draft stays behind' [ ! -e shop/desk.yaml.new ]
exits 'the sample is there' 0 "$DESKHAND" --desk shop catalog stats --json
has 'all its products' '"products":95' "$out"
exits 'the articles are there' 0 "$DESKHAND" --desk shop articles stats --json
has 'all its articles' '"articles":79' "$out"

# Every line of the file that is commented out is valid when it is not.
sed -e 's/^# \([a-z_.]*: \)/\1/' shop/desk.yaml | grep -v '^prompt.vars:' >"$scratch/all.yaml"
mkdir all && cp "$scratch/all.yaml" all/desk.yaml
exits 'every key of a new desk.yaml is valid' 0 "$DESKHAND" --desk all models list
mkdir real && sed -n '/^# models:/,/^# model.fallback/s/^# \([m ]\)/\1/p' \
    shop/desk.yaml >real/desk.yaml
exits 'so are the models it shows' 0 "$DESKHAND" --desk real models list
has 'each with its provider' "$(printf 'bedrock\t-\tbedrock')" "$out"

before=$(cat shop/desk.yaml; ls -l shop)
exits 'a second init is refused' 4 "$DESKHAND" init shop --sample --name Other
has 'and says that nothing changed' 'nothing was changed' "$err"
same 'and nothing did' "$before" "$(cat shop/desk.yaml; ls -l shop)"
ln -s nowhere dangling && mkdir linked && ln -s /nonexistent linked/desk.yaml
exits 'a dangling desk.yaml is not written over' 4 "$DESKHAND" init linked

exits 'init --json' 0 "$DESKHAND" init --json plain --name 'Müller "&" Söhne: # 1'
check 'prints one JSON value' sh -c 'printf "%s" "$1" | python3 -m json.tool' - "$out"
exits 'a name with quotes is kept' 0 "$DESKHAND" --desk plain prompts render greeting
has 'as it was given' 'welcome to Müller "&" Söhne: # 1!' "$out"
exits 'doctor likes a plain desk' 0 "$DESKHAND" --desk plain doctor

mkdir here && cd here && exits 'init without a folder: here' 0 "$DESKHAND" init && cd ..
check 'here it is' [ -f here/desk.yaml ]
exits 'missing parents are made' 0 "$DESKHAND" init a/b/c/
check 'there it is' [ -f a/b/c/desk.yaml ]
exits 'a folder with spaces and quotes' 0 "$DESKHAND" init "it's a desk"
has 'is quoted for the shell' "--desk 'it'\\''s a desk' chat" "$out"

# As an init leaves it that was killed: everything but desk.yaml.
mkdir half half/prompts && cp shop/desk.db half/ && echo draft >half/desk.yaml.new
echo mine >half/prompts/README.md
exits 'an interrupted init is completed' 0 "$DESKHAND" init half --sample
same 'what was there stays' mine "$(cat half/prompts/README.md)"
check 'the draft is gone' [ ! -e half/desk.yaml.new ]
exits 'and the desk is sound' 0 "$DESKHAND" --desk half doctor

"$DESKHAND" init race --sample >race1 2>&1 &
first=$!
"$DESKHAND" init race --sample >race2 2>&1 &
second=$!
wait "$first"; one=$?
wait "$second"; two=$?
same 'of two at once one makes it' 4 "$((one + two))"
exits 'and it is sound' 0 "$DESKHAND" --desk race doctor

: >file
exits 'a file is no folder' 1 "$DESKHAND" init file
has 'and it says so' 'is no folder' "$err"
exits 'a file in the path' 1 "$DESKHAND" init file/desk
exits 'an empty name of the folder' 1 "$DESKHAND" init ''
exits 'an empty shop name' 2 "$DESKHAND" init x1 --name ' '
exits 'a shop name with a control character' 2 "$DESKHAND" init x2 --name "$(printf 'a\033[31mb')"
exits 'a shop name that is no text' 2 "$DESKHAND" init x3 --name "$(printf 'a\377')"
check 'then nothing is made' [ ! -e x1 -a ! -e x2 -a ! -e x3 ]
exits 'two folders' 2 "$DESKHAND" init one two
exits 'a misspelt option' 2 "$DESKHAND" init --sampel
has 'is recognised' '--sample' "$err"
exits '--help' 0 "$DESKHAND" init --help
has 'has an example' 'deskhand init shop --sample' "$out"

# Everything here may run as root: somebody else is needed for a lack of permission.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
    chmod 755 "$scratch"
    mkdir -m 755 locked
    exits 'a folder one may not write in' 4 as_nobody "$DESKHAND" init locked
    has 'is named' 'locked' "$err"
    has 'with what to do' 'choose a folder you may write in' "$err"
    exits 'a folder below it' 4 as_nobody "$DESKHAND" init locked/below
    mkdir -m 777 open
    exits 'a folder everybody may write in' 4 as_nobody "$DESKHAND" init open
    has 'is not to be trusted' 'chmod o-w' "$err"
else
    skip 'a folder one may not write in' 'needs root and setpriv'
fi

mkdir small
if mount -t tmpfs -o size=100k tmpfs small 2>/dev/null; then
    exits 'a full disk' 1 "$DESKHAND" init small/desk
    has 'is told' 'disk is full' "$err"
    mount -o remount,size=8m small
    exits 'with room it is completed' 0 "$DESKHAND" init small/desk --sample
    mount -o remount,ro small
    exits 'on a read-only disk' 4 "$DESKHAND" init small/other
    has 'the reason is told' 'read-only' "$err"
    exits 'the doctor says so too' 1 "$DESKHAND" --desk small/desk doctor
    has 'and that nothing can be stored' 'can store nothing' "$out"
    exits 'reading goes on' 0 "$DESKHAND" --desk small/desk catalog search hub
    umount small
else
    skip 'a full disk' 'no file system can be mounted here'
fi
finish
