#!/usr/bin/env python3
"""The mock itself, without anybody's SDK: endpoints, frames, pace, log, options.

Frames and chunks are taken apart here by hand, so that what is counted is what went over the wire.
"""
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

PROGRAM = [os.environ["MOCK_MODEL"]]
if os.environ.get("MOCK_VALGRIND"):
    # Slow enough besides that much falls due at once.
    PROGRAM = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
               "--child-silent-after-fork=yes", *PROGRAM]
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/bedrock/aws4_request, "
                     "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
    "X-Amz-Date": "20260101T000000Z",
}
ANTHROPIC = {"x-api-key": "sk-secret", "anthropic-version": "2023-06-01"}
OPENAI = {"Authorization": "Bearer sk-secret"}
FAILED = []


def case(name, good, seen=""):
    print(f"{'ok' if good else 'not ok'} {name}", flush=True)
    if not good:
        FAILED.append(name)
        print(f"#   seen: {seen!r}"[:2000], file=sys.stderr)


class Mock:
    """The program, running."""

    def __init__(self, *options):
        self.process = subprocess.Popen([*PROGRAM, *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=20)

    def call(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
            connection.request(method, path, text, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def open(self, path, body, headers):
        """A socket on which the request was sent."""
        text = json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(text)}"]
        lines += [f"{k}: {v}" for k, v in headers.items()]
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + text)
        return sock

    def health(self):
        return json.loads(self.call("GET", "/health")[2])


def converse(text="hello there"):
    return {"messages": [{"role": "user", "content": [{"text": text}]}]}


def messages(scenario, **more):
    return {"model": "mock." + scenario, "max_tokens": 100,
            "messages": [{"role": "user", "content": "hello there"}], **more}


def frames(data):
    """Every frame's (headers, payload); checksums, lengths and order are checked."""
    found = []
    while data:
        total, length, prelude = struct.unpack(">III", data[:12])
        assert zlib.crc32(data[:8]) == prelude, "prelude checksum"
        assert len(data) >= total, "a frame is cut"
        assert zlib.crc32(data[:total - 4]) == struct.unpack(">I", data[total - 4:total])[0]
        headers, raw = {}, data[12:12 + length]
        while raw:
            name = raw[1:1 + raw[0]].decode()
            raw = raw[1 + raw[0]:]
            assert raw[0] == 7, "a string"
            size = struct.unpack(">H", raw[1:3])[0]
            headers[name] = raw[3:3 + size].decode()
            raw = raw[3 + size:]
        assert list(headers)[1:] == [":content-type", ":message-type"]
        found.append((headers, json.loads(data[12 + length:total - 4])))
        data = data[total:]
    return found


def test_endpoints(mock):
    status, headers, data = mock.call("POST", "/model/mock.text%3A0/converse", converse(), SIGNED)
    answer = json.loads(data)
    case("converse", status == 200 and answer["stopReason"] == "end_turn" and
         re.fullmatch("[0-9a-f-]{36}", headers["x-amzn-requestid"]), (status, headers, data))
    status, headers, data = mock.call("POST", "/model/mock.text%3A0/converse-stream", converse(),
                                      SIGNED)
    found = frames(data)
    text = "".join(p["delta"]["text"] for _, p in found if "delta" in p)
    case("converse-stream has the same text in sound frames",
         headers["content-type"] == "application/vnd.amazon.eventstream" and
         text == answer["output"]["message"]["content"][0]["text"] and
         found[-1][0][":event-type"] == "metadata", found)
    body = {**messages("text"), "anthropic_version": "bedrock-2023-05-31"}
    del body["model"]
    status, headers, data = mock.call("POST", "/model/mock.text/invoke", body, SIGNED)
    case("invoke", status == 200 and json.loads(data)["type"] == "message" and
         "x-amzn-bedrock-input-token-count" in headers, (status, headers, data))
    found = frames(mock.call("POST", "/model/mock.text/invoke-with-response-stream", body,
                             SIGNED)[2])
    case("invoke-with-response-stream is chunks",
         {h[":event-type"] for h, _ in found} == {"chunk"}, found)
    status, headers, data = mock.call("POST", "/v1/messages", messages("text", stream=True),
                                      ANTHROPIC)
    case("messages", status == 200 and data.endswith(b'data: {"type":"message_stop"}\n\n') and
         headers["content-type"].startswith("text/event-stream"), (status, headers, data))
    for path in ("/v1/chat/completions", "/chat/completions"):
        data = mock.call("POST", path, messages("text", stream=True), OPENAI)[2]
        case(path, data.endswith(b"data: [DONE]\n\n"), data)
    ids = [m["id"] for m in json.loads(mock.call("GET", "/v1/models")[2])["data"]]
    case("models", "mock.text" in ids and "mock.two-tools" in ids, ids)


def test_refusals(mock):
    rows = [
        ("an id with a slash", "/model/a/b/converse", converse(), SIGNED, 404),
        ("an unknown path", "/v1/nothing", {}, {}, 404),
        ("no credentials", "/model/mock.text/converse", converse(), {}, 403),
        ("half a signature", "/model/mock.text/converse", converse(),
         {"Authorization": "AWS4-HMAC-SHA256 Credential=x"}, 403),
        ("an unsigned x-amz header", "/model/mock.text/converse", converse(),
         {**SIGNED, "x-amz-security-token": "t"}, 403),
        ("no JSON", "/model/mock.text/converse", "{", SIGNED, 400),
        ("invalid UTF-8", "/model/mock.text/converse", b'{"messages":"\xff"}', SIGNED, 400),
        ("no key", "/v1/messages", messages("text"), {"anthropic-version": "2023-06-01"}, 401),
        ("no version", "/v1/messages", messages("text"), {"x-api-key": "x"}, 400),
        ("no model", "/v1/messages", {"max_tokens": 1}, ANTHROPIC, 400),
        ("no bearer", "/v1/chat/completions", messages("text"), {}, 401),
    ]
    for name, path, body, headers, want in rows:
        status, got, data = mock.call("POST", path, body, headers)
        typed = "x-amzn-errortype" in got if path.startswith("/model/") else True
        case(f"refused: {name}", status == want and typed and json.loads(data), (status, data))


def test_determinism(mock):
    path, body = "/model/mock.two-tools/converse-stream", converse("shoes")
    body["toolConfig"] = {"tools": [{"toolSpec": {
        "name": "f", "inputSchema": {"json": {"type": "object"}}}}]}
    first = mock.call("POST", path, body, SIGNED)[2]
    case("the same request, the same bytes", first == mock.call("POST", path, body, SIGNED)[2])
    with Mock("--seed", "7") as other:
        case("another seed, other bytes", first != other.call("POST", path, body, SIGNED)[2])
    seen = [mock.call("POST", "/v1/messages", messages("throttled", system=str(i)), ANTHROPIC)[0]
            for i in range(4)]
    case("throttled, fine, throttled, fine", seen == [429, 200, 429, 200], seen)
    seen = []
    for text in "abab":
        body = messages("throttled")
        body["messages"][0]["content"] = "conversation " + text
        seen.append(mock.call("POST", "/v1/messages", body, ANTHROPIC)[0])
    case("conversations are throttled each for itself", seen == [429, 429, 200, 200], seen)


def read_all(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


def test_broken_ends(mock):
    headers = {**SIGNED, "Connection": "close"}
    with mock.open("/model/mock.cut/converse-stream", converse(), headers) as sock:
        case("cut: HTTP ends properly", read_all(sock).endswith(b"\r\n0\r\n\r\n"))
    with mock.open("/model/mock.cut-frame/converse-stream", converse(), headers) as sock:
        data = read_all(sock)
        case("cut-frame: neither HTTP nor the frame ends",
             not data.endswith(b"0\r\n\r\n") and data.count(b"contentBlockDelta") == 4, data)
    with mock.open("/model/mock.cut/converse", converse(), headers) as sock:
        head, _, body = read_all(sock).partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        case("cut without a stream: half the body", 0 < len(body) < length, (head, body))
    with mock.open("/v1/messages", messages("stall", stream=True), ANTHROPIC) as sock:
        sock.settimeout(0.5)
        data = b""
        try:
            while True:
                data += sock.recv(65536)
        except TimeoutError:
            pass
        case("stall: some text, then nothing",
             data.count(b"text_delta") == 3 and mock.health()["streams"] == 1, data)
    deadline = time.monotonic() + 5
    while mock.health()["streams"] and time.monotonic() < deadline:
        time.sleep(0.02)
    case("who leaves is forgotten", mock.health()["streams"] == 0)


def test_pace():
    with Mock("--token-ms", "20", "--tokens", "25", "--stamp") as mock:
        start = time.monotonic()
        data = mock.call("POST", "/v1/messages", messages("text", stream=True), ANTHROPIC)[2]
        took = time.monotonic() - start
        stamps = [int(s) for s in re.findall(rb'"text":"w(\d{11})"', data)]
        gaps = [b - a for a, b in zip(stamps, stamps[1:])]
        case("25 pieces, 20 ms apart, stamped",
             # A first piece that was late on a busy machine is caught up with by those behind it.
             len(stamps) == 25 and 0.3 < took < 10 and all(g >= 0 for g in gaps) and
             0.3 < sum(gaps) / 1e6 < 10, (took, gaps))
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000 % 10**11
        case("stamps are the monotonic clock", 0 <= now - stamps[-1] < 10**7, (now, stamps[-1]))
        socks = [mock.open("/model/mock.text/converse-stream", converse(str(i)),
                           {**SIGNED, "Connection": "close"}) for i in range(100)]
        ends = []
        for sock in socks:
            with sock:
                ends.append(read_all(sock).endswith(b"0\r\n\r\n"))
        case("a hundred streams at once", all(ends) and len(ends) == 100)
        sock = mock.open("/v1/messages", messages("slow", stream=True), ANTHROPIC)
        sock.recv(1000)
        case("ends at SIGTERM with a stream open", mock.stop() == 0)
        sock.close()


def test_log(folder):
    log = os.path.join(folder, "log")
    with Mock("--log", log) as mock:
        mock.call("POST", "/v1/messages", messages("text"), ANTHROPIC)
        mock.call("POST", "/model/mock.access/converse", converse(), SIGNED)
        with open(log, encoding="utf-8") as f:
            text = f.read()
    lines = [json.loads(line) for line in text.splitlines()]
    case("one line a request", [(r["status"], r["scenario"]) for r in lines] ==
         [(200, "text"), (403, "access")], lines)
    case("bodies and headers are in it", json.loads(lines[0]["body"]) == messages("text") and
         lines[0]["headers"]["anthropic-version"] == "2023-06-01", lines)
    case("keys are not", "sk-secret" not in text and "Signature=" not in text, text)


def test_tls(folder):
    if not shutil.which("openssl"):
        print("skip TLS: no openssl to make a certificate with")
        return
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.create_default_context(cafile=cert)
    with Mock("--tls-cert", cert, "--tls-key", key, "--token-ms", "2") as mock:
        for scenario, end in (("text", b"data: [DONE]\n\n"), ("tool", b"data: [DONE]\n\n")):
            connection = http.client.HTTPSConnection("localhost", mock.port, context=context,
                                                     timeout=20)
            connection.request("POST", "/v1/chat/completions",
                               json.dumps(messages(scenario, stream=True)), OPENAI)
            data = connection.getresponse().read()
            connection.close()
            case(f"TLS: {scenario}", data.endswith(end), data)
    # As fast as it goes, the end is asked for while libevent still tells of the beginning.
    with Mock("--tls-cert", cert, "--tls-key", key) as mock:
        ends = []
        for _ in range(20):
            connection = http.client.HTTPSConnection("localhost", mock.port, context=context,
                                                     timeout=5)
            connection.request("POST", "/v1/chat/completions",
                               json.dumps(messages("text", stream=True)), OPENAI)
            ends.append(connection.getresponse().read().endswith(b"data: [DONE]\n\n"))
            connection.close()
        case("TLS: twenty answers at full speed", all(ends), ends)


def test_options():
    with Mock("--processes", "3") as mock:
        seen = {mock.call("POST", "/v1/messages", messages("text"), ANTHROPIC)[0]
                for _ in range(20)}
        case("three processes on one port", seen == {200} and mock.stop() == 0, seen)
    done = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, check=False)
    case("--help names the scenarios", done.returncode == 0 and "two-tools" in done.stdout)
    for options in (["--port", "x"], ["--tokens", "0"], ["--nonsense"], ["word"],
                    ["--tls-cert", "x"]):
        done = subprocess.run([*PROGRAM, *options], capture_output=True, text=True, check=False)
        case(f"wrong usage: {' '.join(options)}", done.returncode == 2 and done.stderr,
             done)


def main():
    with tempfile.TemporaryDirectory(prefix="deskhand-mock-") as folder:
        with Mock() as mock:
            for test in (test_endpoints, test_refusals, test_determinism, test_broken_ends):
                run(test, mock)
            case("ends at SIGTERM", mock.stop() == 0)
        run(test_pace)
        run(test_log, folder)
        run(test_tls, folder)
        run(test_options)
    return 1 if FAILED else 0


def run(test, *arguments):
    try:
        test(*arguments)
    except Exception:  # a test that dies is a failed case; the others still run
        case(f"{test.__name__} comes to its end", False, traceback.format_exc())


if __name__ == "__main__":
    sys.exit(main())
