# lib-node: for tests that talk with software of others on Node; sourced behind lib.sh.
#
# Wants node 20 or newer and npm. Where they are absent, or the registry does not hand out the
# pinned packages, the test is skipped in words: that is nothing the program did wrong.
# shellcheck shell=sh

# cannot WHY: the test cannot run. $what is what it would have tried.
cannot()
{
    skip "$what" "$1"
    finish
}

# node_packages FOLDER CACHE: the packages of FOLDER's lock file, installed once into CACHE, and the
# scripts of FOLDER beside them. Sets $node.
node_packages()
{
    node=$(command -v node) || cannot 'node is not installed'
    command -v npm >/dev/null || cannot 'npm is not installed'
    version=$("$node" --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$version" -ge 20 ] || cannot "node $version is too old, 20 is needed"
    mkdir -p "$2" || cannot "$2 cannot be made"
    if ! cmp -s "$1/package-lock.json" "$2/installed"; then
        rm -f "$2/installed"
        cp "$1/package.json" "$1/package-lock.json" "$2" || cannot "$2: no copy"
        if ! (cd "$2" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund) \
            >"$scratch/npm" 2>&1; then
            cannot "npm ci failed: $(tail -n 3 "$scratch/npm" | tr '\n' ' ')"
        fi
        cp "$1/package-lock.json" "$2/installed"
    fi
    cp "$1"/*.mjs "$2" || cannot "$2: no copy"
}

# node_cases COMMAND...: a script whose lines are the cases.
node_cases()
{
    code=0
    timeout 60 "$@" >"$scratch/out" || code=$?
    cat "$scratch/out"
    passed=$((passed + $(grep -c '^ok ' "$scratch/out")))
    failed=$((failed + $(grep -c '^not ok ' "$scratch/out")))
    if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
        not_ok 'the checks come to their end' "exit $code"
    fi
}
