#!/usr/bin/env python3
"""What whole turns cost, beside what they cost a plain program (yardstick.c) in the same run.

    turns.py --build build [--parts turns,streams,most,start] [--catalog FILE] [--rounds N]
    turns.py --short        a run of seconds that only looks for errors: part of the tests

Needs `ninja -C build tests/bench/yardstick` and an otherwise idle machine: the model server, the
program and the yardstick share it.
"""
import argparse
import contextlib
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

KEYS = ("errors first_error turn_ms_p50 turn_ms_p99 token_ms_p50 token_ms_p99 token_ms_max "
        "cpu_ms_per_turn cpu_us_per_token peak_rss_kb rss_kb_per_conversation").split()
FAILED = []


class Programs:
    def __init__(self, build):
        def find(variable, path):
            return os.environ.get(variable) or os.path.join(build, path)
        self.deskhand = find("DESKHAND", "tools/deskhand/deskhand")
        self.mock = find("MOCK_MODEL", "tools/mock-model/mock-model")
        self.yardstick = find("YARDSTICK", "tests/bench/yardstick")


class Bench:
    """Where everything is, and how each program is run."""

    def __init__(self, programs, folder, catalog):
        self.programs = programs
        self.folder = folder
        self.catalog = catalog

    def path(self, name):
        return os.path.join(self.folder, name)

    @contextlib.contextmanager
    def server(self, *options):
        """A model server; gives its URL."""
        with subprocess.Popen([self.programs.mock, "--port", "0", "--stamp", *options],
                              stdout=subprocess.PIPE, text=True) as process:
            try:
                place = process.stdout.readline().split()[-1]
                scheme = "https" if "--tls-cert" in options else "http"
                yield f"{scheme}://{place}"
            finally:
                process.terminate()

    def line(self, command):
        """The JSON line that COMMAND prints last."""
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        lines = done.stdout.splitlines()
        return json.loads(lines[-1]) if lines else {"errors": 1, "first_error": "no output"}

    def deskhand(self, url, provider="openai", **options):
        command = [self.programs.deskhand, "bench", "turns", "--base-url", url, "--provider",
                   provider, "--state-dir", self.path("desk")]
        if self.catalog:
            command += ["--catalog", self.catalog]
        return self.line(command + words(options))

    def yardstick(self, url, **options):
        return self.line([*self.yardstick_command(url), *words(options)])

    def plain_catalog(self):
        """The same products behind FTS5 as it comes: Deskhand's own tables have its tokenizer."""
        plain = self.path("plain.db")
        if os.path.exists(plain):
            return plain
        with contextlib.closing(sqlite3.connect(plain)) as db:
            db.execute("ATTACH ? AS desk", [self.catalog or self.path("desk/catalog.db")])
            db.execute("CREATE TABLE product(doc INTEGER PRIMARY KEY, record TEXT)")
            db.execute("CREATE VIRTUAL TABLE product_fts USING fts5(record, content='',"
                       " tokenize='porter unicode61')")
            db.execute("INSERT INTO product SELECT doc, record FROM desk.product")
            db.execute("INSERT INTO product_fts(rowid, record) SELECT doc, record FROM product")
            db.commit()
        return plain

    def yardstick_command(self, url):
        return [self.programs.yardstick, "--base-url", url, "--state-dir", self.path("plain"),
                "--catalog", self.plain_catalog(),
                "--system", self.path("system"), "--tools", self.path("tools")]

    def copy_request(self):
        """The yardstick sends the system prompt and the tools that Deskhand sends."""
        log = self.path("log")
        with self.server("--log", log) as url:
            self.deskhand(url, conversations=1, turns=1)
        with open(log, encoding="utf-8") as lines:
            body = json.loads(json.loads(lines.readline())["body"])
        with open(self.path("system"), "w", encoding="utf-8") as out:
            out.write(body["messages"][0]["content"])
        with open(self.path("tools"), "w", encoding="utf-8") as out:
            json.dump(body["tools"], out)

    def certificate(self):
        """Options of a server that speaks TLS, and of who trusts it; None without openssl."""
        if not shutil.which("openssl"):
            return None
        cert, key = self.path("cert.pem"), self.path("key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
        return ["--tls-cert", cert, "--tls-key", key], {"ca_file": cert}


def words(options):
    """{"ramp_ms": 5} as --ramp-ms 5"""
    return [w for name, value in options.items()
            for w in ("--" + name.replace("_", "-"), str(value))]


def middle(lines):
    """The median of each figure; errors are added up."""
    def of(key):
        values = [line.get(key) for line in lines]
        if key == "errors":
            return sum(values)
        numbers = [v for v in values if isinstance(v, (int, float))]
        return statistics.median(numbers) if numbers else next((v for v in values if v), None)
    return {key: of(key) for key in lines[0]}


# ---- The table ----------------------------------------------------------------------------------

COLUMNS = (("errors", "errors", 0), ("cpu_ms_per_turn", "ms CPU/turn", 3),
           ("cpu_us_per_token", "us CPU/token", 1), ("turn_ms_p50", "turn p50", 1),
           ("turn_ms_p99", "turn p99", 1), ("token_ms_p50", "lag p50", 2),
           ("token_ms_p99", "lag p99", 2), ("token_ms_max", "lag max", 1),
           ("rss_kb_per_conversation", "KB each", 1), ("peak_rss_kb", "peak KB", 0))


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    print(f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, load "
          f"{os.getloadavg()[0]:.1f}; times in ms, deskhand's commits are synchronous=FULL, the "
          "yardstick's NORMAL")


def heading():
    print(f"{'':44}" + "".join(f"{title:>13}" for _, title, _ in COLUMNS))


def row(title, line):
    def cell(key, digits):
        value = line.get(key)
        return f"{'-' if value is None else format(value, f'.{digits}f'):>13}"
    print(f"{title:44}" + "".join(cell(key, digits) for key, _, digits in COLUMNS), flush=True)
    if line.get("errors"):
        print(f"    {line['errors']} errors, the first: {line['first_error']}")


def mark(title, good):
    print(f"  {'holds ' if good else 'MISSED'}  {title}", flush=True)


# ---- Parts --------------------------------------------------------------------------------------

def part_turns(bench, args):
    """CPU a turn, at concurrency 64 and 1, over HTTP and TLS."""
    tls = bench.certificate()
    kinds = [("HTTP", [], {})] + ([("TLS", *tls)] if tls else [])
    for name, server, options in kinds:
        for level in (1, 64):
            with bench.server("--tokens", "20", *server) as url:
                ours, plain = [], []
                for _ in range(args.rounds):
                    size = {"conversations": max(4, 2 * level), "turns": 10, "concurrency": level}
                    ours.append(bench.deskhand(url, **size, **options))
                    plain.append(bench.yardstick(url, **size, **options))
            row(f"turns, {name}, {level} at once: deskhand", middle(ours))
            row(f"turns, {name}, {level} at once: yardstick", middle(plain))
            if (name, level) == ("HTTP", 64):
                mark("CPU a turn at 64 not above the yardstick's",
                     middle(ours)["cpu_ms_per_turn"] <= middle(plain)["cpu_ms_per_turn"])


def stream_level(bench, count, token_ms, run, server=(), **options):
    """COUNT conversations that all stream at once: each for longer than the ramp takes, which
    leaves each beginning the time that a turn's own work needs."""
    ramp = max(1000, 5 * count)
    tokens = (ramp + max(5000, ramp // 5)) // token_ms
    with bench.server("--token-ms", str(token_ms), "--tokens", str(tokens), "--processes", "2",
                      *server) as url:
        return run(url, conversations=count, turns=1, concurrency=count, ramp_ms=ramp, **options)


def holds(line, memory=True):
    lag = line.get("token_ms_p99")
    return (not line["errors"] and lag is not None and lag < 50 and
            (not memory or line["rss_kb_per_conversation"] <= 20))


def part_streams(bench, _):
    """CPU a token, lag and memory, at 1,000 and 10,000 streams."""
    ours = stream_level(bench, 1000, 20, bench.deskhand)
    row("1,000 streams, 20 ms a token: deskhand", ours)
    plain = stream_level(bench, 1000, 20, bench.yardstick)
    row("1,000 streams, 20 ms a token: yardstick", plain)
    mark("half the yardstick's CPU a token",
         ours["cpu_us_per_token"] <= plain["cpu_us_per_token"] / 2)
    mark("no error, lag p99 under 50 ms, 20 KB each", holds(ours))
    many = stream_level(bench, 10000, 200, bench.deskhand)
    row("10,000 streams, 200 ms a token: deskhand", many)
    mark("no error, lag p99 under 50 ms, 20 KB each", holds(many))
    tls = bench.certificate()
    if tls:
        row("1,000 streams, 20 ms, TLS: deskhand",
            stream_level(bench, 1000, 20, bench.deskhand, tls[0], **tls[1]))
        row("1,000 streams, 20 ms, TLS: yardstick",
            stream_level(bench, 1000, 20, bench.yardstick, tls[0], **tls[1]))


def part_most(bench, _):
    """The most streams at 200 ms a token that hold, to a tenth."""
    good, bad, level = 0, None, 2000
    while bad is None or bad - good > good // 10:
        line = stream_level(bench, level, 200, bench.deskhand)
        row(f"{level} streams, 200 ms a token", line)
        if holds(line, memory=False):
            good = level
        else:
            bad = level
        if bad is None and level >= 19000:
            break  # more sockets than a process may have
        level = (good + bad) // 2 if bad else min(2 * level, 19000)
        if level < 100:
            break
    print(f"  the most that held: {good} streams at 200 ms a token")


def part_start(bench, _):
    """From exec to the answer, a process a question."""
    with bench.server("--tokens", "1") as url:
        bench.deskhand(url, conversations=1, turns=1, model="mock.text")
        ask = [bench.programs.deskhand, "--desk", bench.path("desk"), "ask", "Do you sell lamps?"]
        plain = [*bench.yardstick_command(url), "--model", "mock.text", "--once"]
        times = {"deskhand": timed(ask), "yardstick": timed(plain)}
    for name, ms in times.items():
        print(f"first answer: {name:10} {statistics.median(ms):6.1f} ms after exec (median of "
              f"{len(ms)}; the quickest {min(ms):.1f})")
    mark("first answer within 15 ms", statistics.median(times["deskhand"]) <= 15)


def timed(command):
    """Milliseconds from exec to the first bytes on stdout, some times over."""
    times = []
    for _ in range(21):
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.read(1)
            times.append((time.monotonic() - begun) * 1000)
            process.stdout.read()
        if process.returncode:
            sys.exit(f"turns.py: {' '.join(command)}: exit status {process.returncode}")
    return times


# ---- The short form -----------------------------------------------------------------------------

def case(name, line):
    missing = [key for key in KEYS if key not in line]
    good = not missing and not line["errors"]
    print(f"{'ok' if good else 'not ok'} {name}", flush=True)
    if not good:
        FAILED.append(name)
        print(f"#   missing {missing}: {line}", file=sys.stderr)


def short(bench):
    size = {"conversations": 16, "turns": 2, "concurrency": 8, "ramp_ms": 100}
    with bench.server("--tokens", "5", "--token-ms", "1") as url:
        for provider in ("openai", "anthropic", "bedrock"):
            case(f"bench turns, {provider}", bench.deskhand(url, provider, **size))
        case("yardstick", bench.yardstick(url, **size))
    with bench.server() as url:
        refused = bench.deskhand(url, model="mock.access", **size)
        refused["errors"] = 0 if refused.get("errors") == 16 and refused["first_error"] else 1
        case("bench turns counts a server's refusals", refused)
    return 1 if FAILED else 0


def main():
    parts = {"turns": part_turns, "streams": part_streams, "most": part_most, "start": part_start}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--parts", default=",".join(parts), help="some of: " + ", ".join(parts))
    parser.add_argument("--catalog", help="the catalogue to search; else the sample shop's")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement of turns")
    parser.add_argument("--state", help="the folder to make desks in; its disk is measured")
    parser.add_argument("--short", action="store_true", help="look for errors only")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-", dir=args.state) as folder:
        bench = Bench(Programs(args.build), folder, args.catalog)
        bench.copy_request()
        if args.short:
            return short(bench)
        machine()
        heading()
        for name in args.parts.split(","):
            parts[name](bench, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
