#!/usr/bin/env python3
"""`deskhand mcp` over pipes, sockets and files, as friendly and as hostile clients use it."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.environ["DESKHAND"]
WAIT = 60
MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {}}
HELLO = {"jsonrpc": "2.0", "id": "hello", "method": "initialize",
         "params": {"protocolVersion": "2025-11-25", "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"}}}


def case(name):
    print(f"ok {name}", flush=True)


def ask(number, method, **params):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


class Client:
    """The program and its pipes; whatever hangs is killed, and the test fails."""

    def __init__(self, desk):
        self.process = subprocess.Popen([PROGRAM, "--desk", desk, "mcp"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.alarm = threading.Timer(WAIT, self.process.kill)
        self.alarm.start()
        self.number = 0

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def say(self, message):
        self.write(json.dumps(message).encode() + b"\n")

    def read(self):
        line = self.process.stdout.readline()
        assert line.endswith(b"\n"), (line, self.process.stderr.read())
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0", message
        return message

    def call(self, method, **params):
        """The result of one request."""
        self.number += 1
        self.say(ask(self.number, method, **params))
        answer = self.read()
        assert answer["id"] == self.number, answer
        return answer["result"]

    def error(self, method, **params):
        self.number += 1
        self.say(ask(self.number, method, **params))
        answer = self.read()
        assert answer["id"] == self.number, answer
        return answer["error"]

    def end(self):
        """Close its input: the rest of its answers; it must end well, and quietly."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.gone()
        return [json.loads(line) for line in rest.splitlines()]

    def gone(self):
        said = self.process.stderr.read()
        code = self.process.wait()
        self.alarm.cancel()
        assert (code, said) == (0, b""), (code, said)


def shake_hands(desk):
    client = Client(desk)
    client.say(HELLO)
    hello = client.read()["result"]
    assert hello["protocolVersion"] == "2025-11-25", hello
    assert hello["capabilities"] == {"tools": {}, "resources": {}, "prompts": {}}, hello
    client.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return client


def every_page(client, method, key, **params):
    found, cursor = [], {}
    while True:
        result = client.call(method, **cursor, **params)
        found += result[key]
        if "nextCursor" not in result:
            return found
        cursor = {"cursor": result["nextCursor"]}


def use_everything(client, meta):
    names = [tool["name"] for tool in every_page(client, "tools/list", "tools", **meta)]
    assert sorted(names) == ["get_product", "lookup_troubleshooting_steps",
                             "search_product_catalog"], names
    found = client.call("tools/call", name="search_product_catalog",
                        arguments={"query": "motion sensr", "limit": 1}, **meta)
    assert not found["isError"] and found["structuredContent"]["products"][0]["id"] == \
        "HS-SENS-MOT", found
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"], found
    steps = client.call("tools/call", name="lookup_troubleshooting_steps",
                        arguments={"issue": "my doorbell does not ring any more"}, **meta)
    assert "chime" in steps["content"][0]["text"], steps
    wrong = client.call("tools/call", name="get_product", arguments={"id": 7}, **meta)
    assert wrong["isError"] and "/id" in wrong["content"][0]["text"], wrong
    assert client.error("tools/call", name="escalate_to_human", arguments={},
                        **meta)["code"] == -32602

    listed = every_page(client, "resources/list", "resources", **meta)
    uris = [item["uri"] for item in listed]
    assert len(set(uris)) == len(uris) and all(item["name"] for item in listed), uris
    products = [uri for uri in uris if uri.startswith("deskhand://products/")]
    articles = [uri for uri in uris if uri.startswith("deskhand://articles/")]
    assert len(products) == 95 and articles and uris == articles + products, uris
    for uri in uris:
        content, = client.call("resources/read", uri=uri, **meta)["contents"]
        assert json.loads(content["text"])["id"] == uri.rsplit("/", 1)[1], content
    missing = client.error("resources/read", uri="deskhand://products/n%6Fne", **meta)
    assert '"none"' in missing["message"], missing

    prompts = every_page(client, "prompts/list", "prompts", **meta)
    assert [p["name"] for p in prompts] == ["customer_service", "technical_expert", "tutor"]
    filled = client.call("prompts/get", name="tutor", arguments={"bot_name": "Bo"}, **meta)
    assert "You are Bo of Hearth & Signal" in filled["messages"][0]["content"]["text"], filled
    wrong = client.error("prompts/get", name="tutor", arguments={"bot_nam": "Bo"}, **meta)
    assert wrong["code"] == -32602 and "bot_name" in wrong["message"], wrong


def both_eras(desk):
    client = shake_hands(desk)
    use_everything(client, {})
    assert client.end() == []
    case("a client that shakes hands uses everything there is")
    client = Client(desk)
    found = client.call("server/discover", _meta=MODERN)
    assert found["supportedVersions"] == ["2026-07-28"], found
    use_everything(client, {"_meta": MODERN})
    assert client.end() == []
    case("so does one of the revision without a handshake")


def flood(desk):
    """500 requests before one answer is read: each is answered once."""
    client = shake_hands(desk)
    count = 500
    lines = [json.dumps(ask(i, "tools/call", name="search_product_catalog",
                            arguments={"query": "smart light"})) for i in range(count)]
    data = "\n".join(lines).encode()  # the last has no line end
    writer = threading.Thread(target=lambda: (client.write(data), client.process.stdin.close()))
    writer.start()
    time.sleep(0.5)
    answers = [json.loads(line) for line in client.process.stdout.read().splitlines()]
    writer.join()
    client.gone()
    assert sorted(answer["id"] for answer in answers) == list(range(count)), len(answers)
    assert not any(answer["result"]["isError"] for answer in answers)
    case("500 requests at once have 500 answers, and the last needs no line end")


def garbage(desk):
    client = Client(desk)
    client.write(b"x" * 2000000 + b"\n")
    assert "512 KiB" in client.read()["error"]["message"]
    client.write(b"[" * 100000 + b"\n")
    assert client.read()["error"]["code"] == -32700
    client.write(b"\0\xff\n" * 1000)
    for _ in range(1000):
        assert client.read()["error"]["code"] == -32700
    client.write(b"\n \r\n")
    client.say(HELLO)
    assert client.read()["id"] == "hello"
    assert client.end() == []
    case("garbage and a line without end are told so, and the talk goes on")


def cancel(desk):
    client = shake_hands(desk)
    for number in range(100):
        client.write(json.dumps(ask(number, "resources/list")).encode() + b"\n" + json.dumps(
            {"jsonrpc": "2.0", "method": "notifications/cancelled",
             "params": {"requestId": number}}).encode() + b"\n")
    client.say(ask("last", "ping"))
    answers = [answer["id"] for answer in client.end()]
    assert "last" in answers and len(set(answers)) == len(answers), answers
    case("what is cancelled is answered once or not at all")


def signals(desk):
    for number in (signal.SIGINT, signal.SIGTERM):
        client = shake_hands(desk)
        client.process.send_signal(number)
        client.gone()
    case("SIGINT and SIGTERM end it")
    client = shake_hands(desk)
    for i in range(2000):
        try:
            os.set_blocking(client.process.stdin.fileno(), False)
            client.say(ask(i, "resources/list"))
        except BlockingIOError:
            break
    client.process.send_signal(signal.SIGINT)
    client.gone()
    case("also while its client does not read")
    client = shake_hands(desk)
    client.process.stdout.close()
    client.say(ask(1, "tools/list"))
    client.gone()
    case("a client that hangs up is no error")


def other_ends(desk, folder):
    talk = os.path.join(folder, "talk")
    with open(talk, "w", encoding="utf-8") as file:
        for message in (HELLO, ask(1, "tools/list"), ask(2, "resources/list")):
            file.write(json.dumps(message) + "\n")
    with open(talk, "rb") as source, open(os.path.join(folder, "out"), "w+b") as sink:
        subprocess.run([PROGRAM, "--desk", desk, "mcp"], stdin=source, stdout=sink, check=True,
                       timeout=WAIT)
        sink.seek(0)
        assert len(sink.read().splitlines()) == 3
    done = subprocess.run([PROGRAM, "--desk", desk, "mcp"], stdin=subprocess.DEVNULL, check=True,
                          capture_output=True, timeout=WAIT)
    assert (done.stdout, done.stderr) == (b"", b""), done
    case("from a file into a file, and from nothing")

    ours, theirs = socket.socketpair()
    ours.settimeout(WAIT)
    with subprocess.Popen([PROGRAM, "--desk", desk, "mcp"], stdin=theirs, stdout=theirs) as process:
        theirs.close()
        with open(talk, "rb") as source:
            ours.sendall(source.read())
        ours.shutdown(socket.SHUT_WR)
        with ours.makefile("rb") as answers:
            assert len(answers.read().splitlines()) == 3
        assert process.wait() == 0
    ours.close()
    case("over a socket")


def large_desk(folder):
    """More products than are listed, one of them with an id that no URI takes as it is."""
    desk = os.path.join(folder, "large")
    subprocess.run([PROGRAM, "init", desk], check=True, capture_output=True)
    rows = os.path.join(folder, "rows.jsonl")
    odd = "P 50%/ä?#"
    with open(rows, "w", encoding="utf-8") as file:
        for i in range(1100):
            file.write(json.dumps({"id": f"N{i:04}", "name": f"Lamp number {i}"}) + "\n")
        file.write(json.dumps({"id": "A:b c", "name": "First"}) + "\n")
        file.write(json.dumps({"id": odd, "name": "Odd"}) + "\n")
    subprocess.run([PROGRAM, "--desk", desk, "catalog", "import", rows], check=True,
                   capture_output=True)
    client = shake_hands(desk)
    uris = [item["uri"] for item in every_page(client, "resources/list", "resources")]
    assert uris == ["deskhand://products/A%3Ab%20c"] + [
        f"deskhand://products/N{i:04}" for i in range(999)], (len(uris), uris[:3], uris[-3:])
    for uri, known in ((uris[0], "A:b c"), ("deskhand://products/N1099", "N1099"),
                       ("deskhand://products/P%2050%25%2f%C3%A4%3F%23", odd),
                       ("deskhand://products/" + odd, odd)):
        content, = client.call("resources/read", uri=uri)["contents"]
        assert json.loads(content["text"])["id"] == known, content
    for cursor in ("p", "p:", "p:x:N1", "p:-1:N1", "p:1001:N1", "q:1", "nonsense", ""):
        assert client.error("resources/list", cursor=cursor)["code"] == -32602, cursor
    assert client.call("resources/list", cursor="p:1000:N1")["resources"] == []
    assert client.end() == []
    case("of many products the first thousand are listed, and all can be read")


def rules(folder):
    """What desk.yaml's policy keeps for conversations; hours that never come round today."""
    desk = os.path.join(folder, "ruled")
    subprocess.run([PROGRAM, "init", desk, "--sample"], check=True, capture_output=True)
    with open(os.path.join(desk, "desk.yaml"), "a", encoding="utf-8") as file:
        days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        away = days[(int(time.strftime("%w", time.gmtime())) + 3) % 7]
        file.write("\npolicy:\n  get_product: {prompts: [tutor]}\n"
                   "  lookup_troubleshooting_steps: {enabled: false}\n"
                   f"  search_product_catalog: {{hours: '{away} 09:00-10:00', per_day: 1}}\n"
                   "mcp:\n  files:\n    command: [/bin/false]\n")
    client = shake_hands(desk)
    tools = client.call("tools/list")["tools"]
    assert [tool["name"] for tool in tools] == ["search_product_catalog"], tools
    for name in ("get_product", "lookup_troubleshooting_steps"):
        assert client.error("tools/call", name=name, arguments={})["code"] == -32602, name
    found = client.call("tools/call", name="search_product_catalog", arguments={"query": "lamp"})
    assert found["isError"] and f"{away} 09:00-10:00 only" in found["content"][0]["text"], found
    assert client.end() == []
    case("what the policy keeps for conversations is not offered, and its hours hold")


def empty_and_no_desk(folder):
    desk = os.path.join(folder, "empty")
    subprocess.run([PROGRAM, "init", desk], check=True, capture_output=True)
    client = shake_hands(desk)
    assert client.call("resources/list")["resources"] == []
    assert "no article" in client.error("resources/read", uri="deskhand://articles/x")["message"]
    assert client.end() == []
    case("a desk without a catalogue has no resources")
    done = subprocess.run([PROGRAM, "--desk", os.path.join(folder, "none"), "mcp"], check=False,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=WAIT)
    assert done.returncode != 0 and done.stdout == b"" and b"no desk there" in done.stderr, done
    case("without a desk it says so, and not to the client")


def main():
    os.environ.pop("DESKHAND_DESK", None)
    with tempfile.TemporaryDirectory(prefix="deskhand-mcp-") as folder:
        desk = os.path.join(folder, "desk")
        subprocess.run([PROGRAM, "init", desk, "--sample"], check=True, capture_output=True)
        both_eras(desk)
        flood(desk)
        garbage(desk)
        cancel(desk)
        signals(desk)
        other_ends(desk, folder)
        large_desk(folder)
        rules(folder)
        empty_and_no_desk(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
