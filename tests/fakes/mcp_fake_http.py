"""An MCP server over HTTP that does what a test asks for, and much that none should.

Prints its port, serves until its stdin ends. Its arguments are mcp_fake.py's words, whose tools it
has as well, and those below. Its own tools are named for what they do when called.
"""
import http.server
import json
import os
import socket
import sys
import threading
import time

import mcp_fake

# json: answers are one JSON, not a stream. bytes: everything is sent byte by byte. sessions: it
# keeps them. forgets: a session's end is said with 400. bearer: it wants the secret "sesame".
# forbids: 403 for everything. redirects: 307 for everything. listen: it can be listened to.
# down: 503 for everything, until it was asked four times. out: the same, for ever. page: 200 and
# HTML for everything. slow: the first answer takes 200 ms. heads: checks a modern request's heads.
WORDS = mcp_fake.WORDS
MODERN = mcp_fake.MODERN
state = {"session": 0, "asked": 0, "streams": {}, "log": [], "closed": [], "listeners": []}
lock = threading.Lock()


def text(*words):
    return mcp_fake.text(*words)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        pass

    # ---- Bytes -------------------------------------------------------------------------------
    def put(self, data):
        step = 1 if "bytes" in WORDS and len(data) < 5000 else len(data)
        for at in range(0, len(data), step or 1):
            self.wfile.write(data[at:at + step])

    def answer(self, status, kind="", body=b"", **more):
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Type: {kind}\r\n" if kind else ""
        head += "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in more.items())
        self.put(head.encode() + b"\r\n" + body)

    def refuse(self, status, code=-32000, words="no", id_=None, **more):
        self.answer(status, "application/json", json.dumps(
            {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": words}}).encode(),
            **more)

    def open_stream(self, **more):
        head = "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
        head += "Transfer-Encoding: chunked\r\n"
        head += "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in more.items())
        self.put(head.encode() + b"\r\n")

    def raw(self, data):
        self.put(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def event(self, message, id_=None, name="message"):
        numbered = f"id: {id_}\n" if id_ else ""
        self.raw(f"event: {name}\n{numbered}data: {json.dumps(message)}\n\n".encode())

    def end_stream(self):
        self.put(b"0\r\n\r\n")

    # ---- Heads -------------------------------------------------------------------------------
    def note(self):
        with lock:
            state["log"].append({"method": self.command, **{
                k.lower(): v for k, v in self.headers.items()
                if k.lower().startswith(("mcp-", "last-", "accept", "x-", "author"))}})

    def turned_away(self):
        if "bearer" in WORDS and self.headers.get("Authorization") != "Bearer sesame":
            self.refuse(401, WWW_Authenticate="Bearer")
        elif "forbids" in WORDS:
            self.refuse(403)
        elif "redirects" in WORDS:
            self.answer(307, Location="http://127.0.0.1:1/")
        elif "page" in WORDS:
            self.answer(200, "text/html", b"<html>hello</html>")
        elif "out" in WORDS or ("down" in WORDS and state["asked"] < 4):
            state["asked"] += 1
            self.answer(503, Retry_After="0")
        else:
            return False
        return True

    def knows_session(self):
        return ("sessions" not in WORDS or
                self.headers.get("Mcp-Session-Id") == f"s{state['session']}")

    # ---- GET, DELETE -------------------------------------------------------------------------
    def do_GET(self):
        self.note()
        last = self.headers.get("Last-Event-ID", "")
        if last in state["streams"]:
            rest = state["streams"].pop(last)
            self.open_stream()
            for message in rest:
                self.event(message)
            self.end_stream()
        elif "listen" not in WORDS or not self.knows_session():
            self.answer(405)
        else:
            self.open_stream()
            with lock:
                state["listeners"].append(self)
            while self in state["listeners"]:
                time.sleep(0.02)
            self.end_stream()

    def do_DELETE(self):
        self.note()
        with lock:
            state["closed"].append(self.headers.get("Mcp-Session-Id"))
        self.answer(200)
        if os.environ.get("GONE"):
            with open(os.environ["GONE"], "w", encoding="utf-8") as f:
                f.write(str(state["closed"]))

    # ---- POST --------------------------------------------------------------------------------
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.note()
        if self.turned_away():
            return
        message = json.loads(body)
        id_, method = message.get("id"), message.get("method")
        params = message.get("params", {})
        if method == "notifications/cancelled" and params["requestId"] in mcp_fake.unanswered:
            at = mcp_fake.unanswered.index(params["requestId"])
            mcp_fake.unanswered[at] = "cancelled"
        modern = self.headers.get("MCP-Protocol-Version") == MODERN
        if modern and "modern" not in WORDS:
            self.refuse(400, words="Bad Request: Server not initialized")
        elif method != "initialize" and not modern and not self.knows_session():
            self.refuse(400 if "forgets" in WORDS else 404, words="no such session")
        elif modern and "heads" in WORDS and self.wrong_heads(method, params):
            self.refuse(400, -32020, "wrong heads", id_)
        elif id_ is None or method is None:
            self.answer(202)
        else:
            self.on_request(id_, method, params)

    def wrong_heads(self, method, params):
        wanted = {"Mcp-Method": method}
        if method == "tools/call":
            wanted["Mcp-Name"] = params["name"]
        if params.get("name") == "param":
            wanted["Mcp-Param-Region"] = "=?base64?WsO8cmljaA==?="
            wanted["Mcp-Param-Count"] = "7"
        return any(self.headers.get(k) != v for k, v in wanted.items())

    def on_request(self, id_, method, params):
        own = OWN.get(params.get("name")) if method == "tools/call" else None
        if own:
            own(self, id_)
            return
        more = {}
        if method == "initialize" and "sessions" in WORDS:
            with lock:
                state["session"] += 1
            more["Mcp_Session_Id"] = f"s{state['session']}"
        try:
            with lock:
                result = mcp_fake.on_request(method, id_, params)
        except KeyError:
            self.refuse(200 if method != "server/discover" else 404, -32601,
                        "no such method: " + method, id_)
            return
        if method == "tools/list" and "endless" not in WORDS:
            result["tools"] = result["tools"] + [mcp_fake.tool(n) for n in OWN if
                                                         n != "param"] + ANNOTATED
        if result is None:  # never, or a subscription
            self.wait_for_end(method == "subscriptions/listen")
            return
        self.reply(id_, result, more)

    def reply(self, id_, result, more=None):
        message = {"jsonrpc": "2.0", "id": id_, "result": result}
        if "json" in WORDS:
            self.answer(200, "application/json", json.dumps(message).encode(), **(more or {}))
            return
        self.open_stream(**(more or {}))
        self.raw(b": hello\n\nevent: other\ndata: {}\n\n")
        self.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
        self.event({"jsonrpc": "2.0", "id": "q", "method": "ping"})
        self.event(message)
        self.end_stream()

    def wait_for_end(self, listens):
        self.open_stream()
        if listens:
            self.event({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged"})
            with lock:
                state["listeners"].append(self)
        self.connection.settimeout(60)
        try:
            if not self.connection.recv(1):
                mcp_fake.unanswered.append("closed")
        except OSError:
            pass
        self.close_connection = True


def tell(message):
    """Whatever mcp_fake says unasked goes to who listens."""
    for listener in state["listeners"]:
        listener.event({"jsonrpc": "2.0", **message})


# ---- What it does when called --------------------------------------------------------------------
def own_garbage(h, _id):
    h.answer(200, "application/json", b"{\"jsonrpc\": oops")


def own_html(h, _id):
    h.answer(200, "text/html", b"<html>")


def own_nothing(h, _id):
    h.answer(202)


def own_other_id(h, id_):
    h.answer(200, "application/json", json.dumps(
        {"jsonrpc": "2.0", "id": id_ + 1000, "result": text("not yours")}).encode())


def own_twice(h, id_):
    h.open_stream()
    for word in ("first", "second"):
        h.event({"jsonrpc": "2.0", "id": id_, "result": text(word)})
    h.end_stream()


def own_endless(h, id_):
    h.open_stream()
    h.event({"jsonrpc": "2.0", "id": id_, "result": text("answered")})
    h.connection.settimeout(30)
    began = time.monotonic()
    try:
        h.connection.recv(1)
    except OSError:
        pass
    state["lingered"] = time.monotonic() - began
    h.close_connection = True


def own_noise(h, _id):
    h.open_stream()
    try:
        while True:
            h.raw(b": " + b"x" * 65536 + b"\n")
    except OSError:
        h.close_connection = True


def own_long(h, id_):
    h.open_stream()
    try:
        h.event({"jsonrpc": "2.0", "id": id_, "result": text("x" * 5000000)})
        h.end_stream()
    except OSError:
        h.close_connection = True


def own_long_json(h, id_):
    try:
        h.answer(200, "application/json", json.dumps(
            {"jsonrpc": "2.0", "id": id_, "result": text("x" * 5000000)}).encode())
    except OSError:
        h.close_connection = True


def own_break(h, _id):
    h.open_stream()
    h.raw(b"data: {\"jso")
    h.connection.shutdown(socket.SHUT_RDWR)
    h.close_connection = True


def own_silent_end(h, _id):
    h.open_stream()
    h.end_stream()


def own_resume(h, id_):
    """Ends its stream early, three times over; the answer is in the fourth."""
    answer = {"jsonrpc": "2.0", "id": id_, "result": text("resumed")}
    h.open_stream()
    h.raw(b"retry: 60\nid: e1\ndata:\n\n")
    state["streams"]["e1"] = [answer]
    h.end_stream()


def own_resume_never(h, _id):
    h.open_stream()
    h.raw(b"retry: 20\nid: e9\ndata: \n\n")
    h.end_stream()


def status(number, **more):
    def own(h, _id):
        h.answer(number, **more)
    return own


def own_refused(h, id_):
    h.refuse(400, -32602, "bad arguments", id_)


def own_expire(h, id_):
    if state.get("expired"):
        h.reply(id_, text("renewed"))
        return
    with lock:
        state["session"] += 1
        state["expired"] = True
    h.refuse(404, words="no such session")


def own_expire_always(h, _id):
    h.refuse(404, words="no such session")


def own_log(h, id_):
    with lock:
        log = json.dumps({k: state[k] for k in ("log", "closed", "lingered") if k in state})
    h.reply(id_, text(log))


def own_hang_up(h, id_):
    state["listeners"].clear()
    h.reply(id_, text("hung up"))


def own_param(h, id_):
    h.reply(id_, text("in order"))


OWN = {
    "garbage": own_garbage, "html": own_html, "nothing": own_nothing, "other_id": own_other_id,
    "twice_http": own_twice, "endless": own_endless, "noise": own_noise, "long": own_long,
    "long_json": own_long_json, "break": own_break, "silent_end": own_silent_end,
    "resume": own_resume, "resume_never": own_resume_never, "s403": status(403),
    "s404": status(404), "s410": status(410), "s500": status(500),
    "s429": status(429, Retry_After="1"), "s401": status(401), "s302": status(302),
    "refused": own_refused, "expire": own_expire, "expire_always": own_expire_always,
    "log_http": own_log, "hang_up": own_hang_up, "param": own_param,
}
ANNOTATED = [
    {"name": "param", "inputSchema": {"type": "object", "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "more": {"type": "object", "properties": {
            "count": {"type": "integer", "x-mcp-header": "Count"}}}}}},
    {"name": "bad_param", "inputSchema": {"type": "object", "properties": {
        "region": {"type": "number", "x-mcp-header": "Region"}}}},
] if "heads" in WORDS else []


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_args):
        pass

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


def serve():
    mcp_fake.say = tell
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


serve()
