#!/bin/sh
# The mock is faithful: the services' own SDKs talk to it and find nothing strange.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-node.sh"
here=$(cd "$(dirname "$0")" && pwd)/sdks
cache=${SDKS_CACHE:-$scratch/sdks}

what='the SDKs against the mock'
[ -x "${MOCK_MODEL:-}" ] || cannot 'MOCK_MODEL names no program'
node_packages "$here" "$cache"

node_cases "$node" "$cache/check.mjs" "$scratch"
finish
