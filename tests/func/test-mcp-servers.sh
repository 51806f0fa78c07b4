#!/bin/sh
# MCP servers that others wrote, as a source of tools: the protocol's own sample servers, and
# servers on its own SDKs: one whose list changes (mcp-servers/changing.mjs), and over HTTP, in both
# eras of the protocol (mcp-servers/http.mjs).
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
check 'everything: a call' line 2 '^ok .*Echo: hello'
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

# ---- Over HTTP -----------------------------------------------------------------------------------
# http_up NAME COMMAND...: start a server on Node; what it says is in $scratch/NAME.out and .err.
# Its stdin is descriptor 7, whose end ends those that listen to it.
http_up()
{
    name=$1
    shift
    rm -f "$scratch/in"
    mkfifo "$scratch/in"
    "$node" "$@" <"$scratch/in" >"$scratch/$name.out" 2>"$scratch/$name.err" &
    server=$!
    exec 7>"$scratch/in"
}

# await FILE PATTERN: ten seconds for a line.
await()
{
    for _ in $(seq 100); do
        grep -q -- "$2" "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    cat "$1"
    return 1
}

http_down()
{
    exec 7>&-
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
}

# drive_url URL [NAME VALUE]...
drive_url()
{
    timeout 90 "$MCP_DRIVE" "$@" >"$scratch/out" 2>"$scratch/err"
}

port=$("$node" -e 'const s = require("net").createServer(); s.listen(0, "127.0.0.1", () => {
    console.log(s.address().port); s.close(); });')
PORT=$port http_up everything "$servers/server-everything/dist/index.js" streamableHttp
await "$scratch/everything.err" "$port" >/dev/null ||
    await "$scratch/everything.out" "$port" || true
check 'everything over HTTP: it is asked' drive_url "http://127.0.0.1:$port/mcp" <<'END'
call it_echo {"message":"hello"}
call it_get-sum {"a":2,"b":3}
call it_get-tiny-image {}
call it_get-structured-content {"location":"New York"}
call it_trigger-long-running-operation {"duration":1,"steps":4}
late 500 it_trigger-long-running-operation {"duration":30,"steps":30}
call it_echo {"message":"still there"}
tools
END
check 'everything over HTTP: it is greeted' line 1 '^speaks 2025-11-25 mcp-servers/everything'
check 'everything over HTTP: a call' line 2 '^ok .*Echo: hello'
check 'everything over HTTP: numbers' line 3 '^ok .*The sum of 2 and 3 is 5'
check 'everything over HTTP: an image is described' line 4 '^ok .*\[an image, not shown'
check 'everything over HTTP: structured content' line 5 '^ok .*temperature'
check 'everything over HTTP: with progress' line 6 '^ok .*operation completed'
check 'everything over HTTP: a call is given up' line 7 '^canceled$'
check 'everything over HTTP: and the next one is not' line 8 '^ok .*Echo: still there'
check 'everything over HTTP: its tools' grep -q '^tool it_get-env$' "$scratch/out"
check 'everything over HTTP: no trouble' sh -c "! grep -q '^trouble' '$scratch/out'"
check 'everything over HTTP: its session is ended' \
    await "$scratch/everything.out" 'session termination request'
http_down

# The SDKs' transports, each in its modes; the secret is "sesame".
for mode in stateful stateless modern; do
    http_up "$mode" "$cache/http.mjs" "$mode"
    check "$mode: it comes up" await "$scratch/$mode.out" '^http:'
    url=$(head -n 1 "$scratch/$mode.out")
    check "$mode: without the secret" drive_url "$url" <<'END'
call it_hello {}
END
    check "$mode: that is said" \
        grep -q '^trouble .*wants a bearer secret (HTTP 401): set mcp.it.bearer' "$scratch/out"
    check "$mode: it is asked" drive_url "$url" Authorization 'Bearer sesame' <<'END'
call it_hello {}
call it_fail {}
late 500 it_slow {}
call it_cancelled {}
call it_grow {}
wait 2500
call it_new_one {}
call it_forget {}
wait 200
call it_hello {}
call it_poll {}
call it_route {"region":"Zürich"}
END
    check "$mode: a call" line 2 '^ok .*hello there'
    check "$mode: what is thrown is an error" line 3 '^error tool_error .*it broke'
    check "$mode: a call is given up" line 4 '^canceled$'
    check "$mode: the list is changed" line 6 '^ok .*grown'
    check "$mode: a session that is forgotten is made anew" line 11 '^ok .*hello there'
    cp "$scratch/out" "$scratch/$mode.seen"
    http_down
done
check 'stateful: it hears that a call is given up' grep -q '^ok .*slow' "$scratch/stateful.seen"
check 'stateful: the new tool is there' grep -q '^ok .*I am new' "$scratch/stateful.seen"
check 'stateful: a stream is taken up again' grep -q '^ok .*polled' "$scratch/stateful.seen"
check 'stateful: its session is ended' grep -q '^closed ' "$scratch/stateful.err"
check 'stateless: it speaks the older revision' \
    grep -q '^speaks 2025-11-25 http 1' "$scratch/stateless.seen"
check 'modern: it speaks the newer revision' \
    grep -q '^speaks 2026-07-28 http 2' "$scratch/modern.seen"
check 'modern: a closed stream gives a call up' grep -q '^ok .*slow' "$scratch/modern.seen"
check 'modern: the new tool is there' grep -q '^ok .*I am new' "$scratch/modern.seen"
check 'modern: an argument in the head' grep -q '^ok .*routed to Zürich' "$scratch/modern.seen"
finish
