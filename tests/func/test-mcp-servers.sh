#!/bin/sh
# MCP servers that others wrote, as a source of tools: the protocol's own sample servers, and a
# server on its own SDK whose list changes (mcp-servers/changing.mjs).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-node.sh"
here=$(cd "$(dirname "$0")" && pwd)/mcp-servers
cache=${MCP_SERVERS_CACHE:-$scratch/mcp-servers}

what='MCP servers of others'
[ -x "${MCP_DRIVE:-}" ] || cannot 'MCP_DRIVE names no program'
node_packages "$here" "$cache"
servers=$cache/node_modules/@modelcontextprotocol

# drive ARGUMENT... <ORDERS: what mcp-drive answers is in $scratch/out.
drive()
{
    timeout 60 "$MCP_DRIVE" "$node" "$@" >"$scratch/out" 2>"$scratch/err"
}

# line N PATTERN: does line N of what was answered fit?
line()
{
    sed -n "$1p" "$scratch/out" | grep -q -- "$2" || {
        cat "$scratch/out" "$scratch/err"
        return 1
    }
}

# ---- server-everything ---------------------------------------------------------------------------
check 'everything: it is started, and ends' drive "$servers/server-everything/dist/index.js" <<'END'
call it_echo {"message":"hello"}
call it_get-sum {"a":2,"b":3}
call it_get-sum {"a":"two"}
call it_get-tiny-image {}
call it_get-structured-content {"location":"New York"}
call it_get-resource-links {"count":2}
call it_get-env {}
late 500 it_trigger-long-running-operation {"duration":30,"steps":30}
call it_echo {"message":"still there"}
tools
END
check 'everything: it is greeted' line 1 '^speaks 2025-11-25 mcp-servers/everything'
check 'everything: a call' line 2 '^ok .*\\nEcho: hello\\n'
check 'everything: numbers' line 3 '^ok .*The sum of 2 and 3 is 5'
check 'everything: arguments are checked here' \
    line 4 '^error invalid_arguments .*/a: expected a number'
check 'everything: an image is described' line 5 '^ok .*\[an image, not shown of type image/png\]'
check 'everything: structured content' line 6 '^ok .*temperature'
check 'everything: links' line 7 '^ok .*\[a link of type text/plain: demo://'
check 'everything: its environment is empty' line 8 '^ok .*PATH'
check 'everything: its environment is not ours' sh -c "! sed -n 8p '$scratch/out' | grep -q HOME"
check 'everything: a call is given up' line 9 '^canceled$'
check 'everything: and the next one is not' line 10 '^ok .*Echo: still there'
check 'everything: its tools are there' \
    grep -q '^tool it_trigger-long-running-operation$' "$scratch/out"
check 'everything: no trouble' sh -c "! grep -q '^trouble' '$scratch/out'"

# ---- server-filesystem ---------------------------------------------------------------------------
mkdir "$scratch/files"
echo 'The doors open at nine.' >"$scratch/files/hours.txt"
check 'filesystem: it is started, and ends' \
    drive "$servers/server-filesystem/dist/index.js" "$scratch/files" <<END
call it_read_text_file {"path":"$scratch/files/hours.txt"}
call it_read_text_file {"path":"/etc/passwd"}
call it_list_directory {"path":"$scratch/files"}
call it_write_file {"path":"$scratch/files/new.txt","content":"new"}
tools
END
check 'filesystem: a file' line 2 '^ok .*The doors open at nine'
check 'filesystem: a refusal is an error' line 3 '^error tool_error .*Access denied'
check 'filesystem: a folder' line 4 '^ok .*hours.txt'
check 'filesystem: it writes' [ "$(cat "$scratch/files/new.txt")" = new ]
check 'filesystem: all tools' grep -q '^count 14$' "$scratch/out"

# Without a folder to serve it ends at once: its own words say why.
check 'filesystem: it cannot start' drive "$servers/server-filesystem/dist/index.js" \
    "$scratch/none" <<'END'
wait 8000
call it_read_text_file {}
END
check 'filesystem: its words are told' \
    grep -q '^trouble .*after 5 faults.*it wrote: ' "$scratch/out"

# ---- Its own SDK ---------------------------------------------------------------------------------
check 'SDK: it is started, and ends' drive "$cache/changing.mjs" <<'END'
call it_new_one {}
call it_grow {}
wait 2500
call it_new_one {}
call it_shrink {}
wait 2500
call it_new_one {}
call it_fail {}
call it_slow {}
END
check 'SDK: a tool that is not there' line 2 '^error unknown_tool'
check 'SDK: the list is changed' line 3 '^ok .*grown'
check 'SDK: the new tool is there' line 5 '^ok .*I am new'
check 'SDK: and gone again' line 8 '^error unavailable .*does not offer it any more'
check 'SDK: what is thrown is an error' line 9 '^error tool_error .*it broke'
check 'SDK: the deadline' line 10 '^timeout timeout .*10000 ms'
finish
