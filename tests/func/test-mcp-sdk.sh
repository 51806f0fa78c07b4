#!/bin/sh
# `deskhand mcp` serves the protocol's own clients, those with a handshake and those without.
#
# Wants node 20 or newer and npm. The packages are installed once, into $MCP_SDK_CACHE. Where that
# cannot be done the test is skipped, but under CI=true it fails.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)/mcp-sdk
cache=${MCP_SDK_CACHE:-$scratch/sdk}

# cannot WHY: the test cannot run.
cannot()
{
    if [ "${CI:-}" = true ]; then
        not_ok 'the SDKs can be tried' "$1"
    else
        skip "the protocol's SDKs against deskhand mcp" "$1"
    fi
    finish
}

command -v node >/dev/null || cannot 'node is not installed'
command -v npm >/dev/null || cannot 'npm is not installed'
version=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$version" -ge 20 ] || cannot "node $version is too old, 20 is needed"

mkdir -p "$cache" || cannot "$cache cannot be made"
if ! cmp -s "$here/package-lock.json" "$cache/installed"; then
    rm -f "$cache/installed"
    cp "$here/package.json" "$here/package-lock.json" "$cache" || cannot "$cache: no copy"
    if ! (cd "$cache" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund) \
        >"$scratch/npm" 2>&1; then
        cannot "npm ci failed: $(tail -n 3 "$scratch/npm" | tr '\n' ' ')"
    fi
    cp "$here/package-lock.json" "$cache/installed"
fi
cp "$here"/*.mjs "$cache" || cannot "$cache: no copy"

check 'a sample desk is made' "$DESKHAND" init "$scratch/desk" --sample

# The cases are its lines.
code=0
timeout 60 node "$cache/check.mjs" "$scratch/desk" >"$scratch/out" || code=$?
cat "$scratch/out"
passed=$((passed + $(grep -c '^ok ' "$scratch/out")))
failed=$((failed + $(grep -c '^not ok ' "$scratch/out")))
if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
    not_ok 'the checks come to their end' "exit $code"
fi
finish
