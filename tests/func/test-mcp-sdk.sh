#!/bin/sh
# `deskhand mcp` serves the protocol's own clients, those with a handshake and those without.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-node.sh"
here=$(cd "$(dirname "$0")" && pwd)/mcp-sdk
cache=${MCP_SDK_CACHE:-$scratch/sdk}

what="the protocol's SDKs against deskhand mcp"
node_packages "$here" "$cache"

check 'a sample desk is made' "$DESKHAND" init "$scratch/desk" --sample

node_cases "$node" "$cache/check.mjs" "$scratch/desk"
finish
