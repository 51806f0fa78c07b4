# lib.sh: what the scripts of tests/func share. Source it first:
#
#     . "$(dirname "$0")/lib.sh"
#     out=$("$DESKHAND" --version)
#     check 'the version is printed' [ "$out" = 'deskhand 0.1.0' ]
#     finish
#
# A case is one line on stdout: `ok NAME`, `not ok NAME` or `skip NAME: why`; tools/test counts
# them. finish ends the script: 0 none failed, 1 one did, 77 all were skipped. A script that ends
# before finish has failed, whatever it printed.
#
# There are: $DESKHAND the program, $DESKHAND_SOURCE this repository, $DESKHAND_SHARED the shared
# test data (may be missing), $scratch a folder of this run alone, removed at the end.
set -u
: "${DESKHAND:=}" "${DESKHAND_SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${DESKHAND_SHARED:=$DESKHAND_SOURCE/../shared}"
unset DESKHAND_DESK NO_COLOR
passed=0 failed=0 skipped=0 finished=no
scratch=$(mktemp -d "${TMPDIR:-/tmp}/deskhand-func-XXXXXX") || exit 99

leave()
{
    code=$?
    rm -rf "$scratch"
    if [ "$finished" = no ]; then
        echo "not ok $(basename "$0") ended early"
        [ "$code" -ne 0 ] || code=1
    fi
    exit "$code"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ok NAME
ok()
{
    passed=$((passed + 1))
    echo "ok $1"
}

# not_ok NAME [WHAT WAS SEEN]: the second goes to stderr, each line marked.
not_ok()
{
    failed=$((failed + 1))
    echo "not ok $1"
    if [ -n "${2:-}" ]; then
        printf '%s\n' "$2" | sed 's/^/#   /' >&2
    fi
}

# skip NAME WHY
skip()
{
    skipped=$((skipped + 1))
    echo "skip $1: $2"
}

# check NAME COMMAND...: ok when COMMAND succeeds. Its output is shown when it does not.
check()
{
    name=$1
    shift
    if said=$("$@" 2>&1); then
        ok "$name"
    else
        not_ok "$name" "failed: $*
$said"
    fi
}

# same NAME WANT GOT: ok when the two texts are equal.
same()
{
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "want: $2
got:  $3"
    fi
}

# has NAME PART TEXT: ok when TEXT holds PART.
has()
{
    case $3 in
    *"$2"*) ok "$1" ;;
    *) not_ok "$1" "want somewhere: $2
got: $3" ;;
    esac
}

# exits NAME CODE COMMAND...: ok when COMMAND ends with CODE. $out and $err hold what it printed.
exits()
{
    name=$1
    want=$2
    shift 2
    code=0
    out=$("$@" 2>"$scratch/stderr" </dev/null) || code=$?
    err=$(cat "$scratch/stderr")
    if [ "$code" -eq "$want" ]; then
        ok "$name"
    else
        not_ok "$name" "want exit $want, got $code: $*
$out
$err"
    fi
}

finish()
{
    finished=yes
    echo "# $(basename "$0"): $passed passed, $failed failed, $skipped skipped"
    if [ "$failed" -gt 0 ]; then
        exit 1
    fi
    if [ "$passed" -eq 0 ]; then
        exit 77
    fi
    exit 0
}
