#!/bin/sh
# Images and documents: sent along, shown as a line, refused in words before anything is stored.
. "$(dirname "$0")/lib.sh"

"$DESKHAND" init "$scratch/a" --sample >/dev/null || exit 1
export DESKHAND_DESK="$scratch/a"
seeds="$DESKHAND_SOURCE/tests/fuzz/seeds-media"
stored() { "$DESKHAND" conversations list --json | wc -l | tr -d ' '; }

exits 'image: exits 0' 0 "$DESKHAND" ask --image "$seeds/png" "my hub won't pair with my phone"
has 'image: the assistant says that it cannot see' 'I cannot look at what you attached' "$out"
has 'image: and answers the words' 'Step 1 of' "$out"
exits 'image without words: exits 0' 0 "$DESKHAND" ask --image "$seeds/gif" ''
has 'image without words: asks for some' 'I cannot look at pictures or files' "$out"
cp "$seeds/pdf" "$scratch/Bill 7.pdf"
exits 'document: exits 0' 0 "$DESKHAND" ask --json --document "$scratch/Bill 7.pdf" 'is it paid?'
id=$(printf '%s' "$out" | sed 's/.*"conversation":"\([^"]*\)".*/\1/')
has 'show: a line' '[document, pdf, Bill 7, 15 bytes]' "$("$DESKHAND" conversations show "$id")"
has 'export: a line' '{"text":"[document, pdf, Bill 7, 15 bytes]"}' \
    "$("$DESKHAND" conversations export "$id")"
exits 'the talk goes on' 0 "$DESKHAND" ask -c "$id" 'and now?'
printf '/image %s/jpeg\n/image %s/pdf\nwhat is this?\n' "$seeds" "$seeds" >"$scratch/lines"
"$DESKHAND" chat <"$scratch/lines" >"$scratch/out" 2>"$scratch/err"
has 'chat: /image' 'goes with your next message' "$(cat "$scratch/out")"
has 'chat: what is no image' 'no image: png, jpeg' "$(cat "$scratch/err")"
has 'chat: it went along' 'I cannot look at what you attached' "$(cat "$scratch/out")"

before=$(stored)
exits 'not an image: exits 1' 1 "$DESKHAND" ask --image "$seeds/pdf" 'x'
has 'not an image: the words' 'no image: png, jpeg, gif and webp can be sent' "$err"
exits 'a document without words: exits 1' 1 "$DESKHAND" ask --document "$seeds/pdf" ''
has 'a document without words: the words' 'a document needs words with it' "$err"
exits 'no such file: exits 1' 1 "$DESKHAND" ask --image "$scratch/none.png" 'x'

cat >"$scratch/a/desk.yaml" <<'YAML'
model: local
models:
  local:
    provider: openai
    id: none
    base_url: http://127.0.0.1:9/v1
YAML
exits 'a server that reads no pdf: exits 1' 1 "$DESKHAND" ask --document "$seeds/pdf" 'x'
has 'a server that reads no pdf: the words' 'a document of a format the model' "$err"
exits 'a server that reads no S3: exits 1' 1 "$DESKHAND" ask --image s3://bucket/a.png 'x'
has 'a server that reads no S3: the words' 'that lies in S3' "$err"
same 'nothing of it is stored' "$before" "$(stored)"
finish
