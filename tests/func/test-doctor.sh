#!/bin/sh
# deskhand doctor: each fault of a desk is found for itself, told with what to do, and mended where
# that loses nothing.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 99
json_lines() { printf '%s\n' "$1" | python3 -m json.tool --json-lines >/dev/null; }
fresh() { rm -rf shop && cp -a sound shop; }
doctor() { "$DESKHAND" --desk shop doctor "$@"; }
# Run SQL on a desk's record.
sql()
{
    python3 - "$1/desk.db" "$2" <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as c:
    c.execute(sys.argv[2])
END
}

exits 'a desk' 0 "$DESKHAND" init sound --sample
fresh
exits 'a sound desk' 0 doctor
has 'has a sound record' 'desk.db is sound' "$out"
has 'counts its catalogue' '95 products, 79 articles' "$out"
same 'no problem' '' "$(printf '%s\n' "$out" | grep -v '^ok')"
exits '--json' 0 doctor --json
check 'a JSON value a line' json_lines "$out"
has 'with check and state' '{"check":"desk.yaml","state":"ok"' "$out"
same 'nothing was changed' "$(cat sound/desk.yaml; md5sum <sound/desk.db)" \
    "$(cat shop/desk.yaml; md5sum <shop/desk.db)"
mkdir shop/below && cd shop/below && exits 'found upward' 0 "$DESKHAND" doctor && cd ../..

cd / && exits 'no desk' 3 env -u DESKHAND_DESK "$DESKHAND" doctor && cd "$scratch" || exit 99
has 'says how to make one' 'deskhand init' "$err"
exits 'a folder that is not there' 3 "$DESKHAND" --desk nowhere doctor

# ---- desk.yaml
fresh && sed -i 's/^# turn.max_tokens/turn.max_tokns/' shop/desk.yaml
line=$(grep -n max_tokns shop/desk.yaml | cut -d: -f1)
exits 'a misspelt key' 1 doctor
has 'is told with its line and the nearest' "desk.yaml:$line: turn.max_tokns" "$out"
has 'by name' 'turn.max_tokens?' "$out"
has 'the other checks go on' 'desk.db is sound' "$out"
fresh && echo '{ not: [yaml' >shop/desk.yaml
exits 'settings that are no YAML' 1 doctor
has 'the other checks go on' 'prompts: the ' "$out"
fresh && printf 'mcp:\n  a: {command: [no-such-program]}\n  b: {command: [x], enabled: false}\n' \
    >>shop/desk.yaml
exits 'an MCP server that does not start' 1 doctor
has 'is told with why' 'mcp: a: cannot be started: start no-such-program: No such file' "$out"
has 'one that is off is none of it' 'mcp: b is switched off' "$out"
same 'and nothing is logged beside' '' "$err"
exits 'the list' 0 "$DESKHAND" --desk shop plugins list
has 'shows it, too' "$(printf 'a\t-\ttrouble')" "$out"
has 'with why' 'a: cannot be started' "$err"
fresh && printf 'mcp: {a: {url: "https://127.0.0.1:1/", bearer: "%s"}}\n' '${NO_SUCH_SECRET}' \
    >>shop/desk.yaml
exits 'an MCP server without its secret' 1 doctor
has 'is told by the name of it' 'mcp.a.bearer: the environment variable NO_SUCH_SECRET' "$out"
fresh && rm shop/desk.yaml
exits 'no settings' 1 doctor
has 'say what to do' 'write one' "$out"
fresh && chmod 666 shop/desk.yaml
exits 'settings everybody may change' 1 doctor
has 'say how to mend it' 'chmod o-w' "$out"
has 'the other checks go on' 'desk.db is sound' "$out"

# ---- intents.model
fresh && exits 'no intents of its own' 0 doctor
has 'are built in' 'intents: 11 labels, built in' "$out"
printf 'no model' >shop/intents.model
exits 'a model that is none' 1 doctor
has 'is told' 'intents.model: no model of intents' "$out"
DESKHAND_DESK="$scratch/shop" exits 'the desk answers all the same' 0 "$DESKHAND" ask hello
has 'and says why not by it' 'intents.model' "$err"

# ---- desk.db
fresh && chmod 644 shop/desk.db
exits 'a record others can read' 1 doctor
has 'is told' 'mode 644' "$out"
same 'and not touched' 644 "$(stat -c %a shop/desk.db)"
exits 'mended when asked' 0 doctor --mend
has 'and said so' 'mended  permissions' "$out"
same 'indeed' 600 "$(stat -c %a shop/desk.db)"
fresh && rm shop/desk.db*
exits 'no record' 1 doctor
has 'is told' 'no desk.db' "$out"
check 'and none is made' [ ! -e shop/desk.db ]
exits 'unless asked' 0 doctor --mend
has 'and said so' 'an empty desk.db was made' "$out"
exits 'then all is well' 0 doctor
fresh && echo 'this is no database, and it is long enough to look at' >shop/desk.db
exits 'a record that is no database' 1 doctor
has 'is told' 'no database' "$out"
has 'with what to do' '.recover' "$out"
same 'the doctor does not send to the doctor' '' \
    "$(printf '%s\n' "$out" | grep 'run `deskhand doctor`')"
exits 'mending does not hurt it' 1 doctor --mend
has 'it stays as it was' 'this is no database' "$(cat shop/desk.db)"
has 'the other checks go on' 'prompts: the ' "$out"
fresh && python3 - shop/desk.db <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(4096 * 3)
    f.write(b"\xff" * 4096 * 20)
END
exits 'damaged pages' 1 doctor
has 'are told' 'problem record' "$out"
fresh && sql shop 'PRAGMA user_version = 9999'
exits 'a newer record' 1 doctor
has 'names the versions' '9999' "$out"

# ---- turns and locks of the dead
fresh
exits 'a conversation' 0 "$DESKHAND" --desk shop ask "my hub won't pair with my phone"
sql shop "UPDATE turn SET state = 'open', outcome = '', closed_at = 0,
    process = 'p-000000000000000'"
exits 'a turn whose process is dead' 1 doctor
has 'is told' '1 left open' "$out"
exits 'and closed' 0 doctor --mend
has 'and said so' 'mended  turns' "$out"
exits 'then all is well' 0 doctor
mkdir -p shop/run && : >shop/run/p-000000000000000.lock
exits 'the lock file of a dead process' 0 doctor
has 'is told' '1 lock file of' "$out"
exits 'and removed' 0 doctor --mend
has 'and said so' 'mended  locks' "$out"
check 'indeed' [ ! -e shop/run/p-000000000000000.lock ]

# ---- parts
fresh && rm shop/catalog.db*
exits 'no catalogue is no fault' 0 doctor
has 'but worth a word' 'note    catalogue' "$out"
fresh && echo garbage >shop/catalog.db
exits 'a damaged one is' 1 doctor
has 'with what to do' 'import products and articles again' "$out"
fresh && sed -i 's/name: escalate /name: escalade /' shop/desk.yaml
exits 'a plugin that is missing' 1 doctor
has 'is named' 'escalade.so: there is no such file' "$out"
has 'with what to do' 'mend its entry' "$out"
has 'the other plugins are tried' 'ok      plugin: troubleshooting' "$out"
fresh && echo '  - path: desk.yaml' >>shop/desk.yaml && sed -i '/^# ----/,$d' shop/desk.yaml
echo '  - path: desk.yaml' >>shop/desk.yaml
exits 'a plugin that is none' 1 doctor
has 'is told' 'no ELF file' "$out"
fresh && sed -i 's/^model: .*/model: nonesuch/; s/^prompt: .*/prompt: tutr/' shop/desk.yaml
exits 'a model and a prompt that are not there' 1 doctor
has 'the model is named' "'nonesuch'" "$out"
has 'the prompt too' 'tutor' "$out"
fresh && printf 'policy:\n  escalate_to_humn: {enabled: false}\n' >>shop/desk.yaml
line=$(grep -n '^policy:' shop/desk.yaml | cut -d: -f1)
exits 'a rule for a tool that is not there' 1 doctor
has 'is told with its line' "problem policy: desk.yaml:$line: policy.escalate_to_humn:" "$out"
has 'and the nearest tool' 'did you mean escalate_to_human?' "$out"
sed -i 's/to_humn: {enabled: false}/to_human: {hours: "mon-fri 9-18"}/' shop/desk.yaml
exits 'hours that are none' 1 doctor
has 'are told, and how to write them' 'mon-fri 09:00-18:00' "$out"
sed -i 's/9-18/9:00-18:00/' shop/desk.yaml
exits 'sound rules' 0 doctor
has 'are counted' 'ok      policy: 1 rule for tools' "$out"
fresh && echo '{{! handoff: broken' >shop/prompts/handoff.mustache
exits 'a broken prompt in use' 1 doctor
has 'is named' 'handoff.mustache' "$out"
fresh && echo '{{! spare: broken' >shop/prompts/spare.mustache
exits 'one that is not in use is no fault' 0 doctor
has 'but worth a word' 'note    prompts' "$out"

# ---- everything at once
rm -rf shop && mkdir -p shop/desk.db shop/catalog.db shop/prompts
printf 'a: b: c\n\377' >shop/desk.yaml
printf '\377' >shop/prompts/greeting.mustache
exits 'a desk in ruins' 1 doctor
check 'each fault is a line' [ "$(printf '%s\n' "$out" | grep -c '^problem')" -ge 4 ]
exits 'in JSON too' 1 doctor --json
check 'a JSON value a line' json_lines "$out"
exits 'mending leaves ruins, and no crash' 1 doctor --mend

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$scratch" && fresh
    exits 'somebody else'\''s desk' 1 setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$DESKHAND" --desk "$scratch/shop" doctor
    has 'cannot be read' 'no permission' "$out"
    chown -R 65534 shop
    exits 'one'\''s own' 0 setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$DESKHAND" --desk "$scratch/shop" doctor --mend
    chown -R 12345 shop
    exits 'a stranger'\''s, seen by root' 1 doctor
    has 'is not trusted' 'uid 12345' "$out"
else
    skip 'somebody else'\''s desk' 'needs root and setpriv'
fi
finish
