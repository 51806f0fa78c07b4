#!/usr/bin/env python3
"""A plugin's file and configuration change under a running chat: `deskhand plugins reload` brings
them in, and what cannot be loaded stays outside. The plugin is tests/abi/fixtures/changing.c.
One that crashes (tests/abi/bad) is quarantined, every program knows, and reload ends it."""
import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.environ["DESKHAND"]
MOCK = os.environ["MOCK_MODEL"]
MODULES = os.environ["DESKHAND_TEST_PLUGINS"]
WAIT_S = 30
passed = failed = 0


def case(name, fits, seen=""):
    global passed, failed
    print(("ok " if fits else "not ok ") + name)
    if fits:
        passed += 1
    else:
        failed += 1
        print("".join(f"#   {line}\n" for line in str(seen).splitlines()), end="", file=sys.stderr)


class Desk:
    def __init__(self, home, port, isolation):
        self.home = home
        self.port = port
        self.isolation = isolation
        self.file = os.path.join(home, "plugin", "changing.so")
        os.mkdir(os.path.join(home, "plugin"), 0o755)

    def put(self, module):
        fresh = self.file + ".new"
        shutil.copy(os.path.join(MODULES, module + ".so"), fresh)
        os.replace(fresh, self.file)

    def write(self, word, plugins=True):
        entry = {"path": "plugin/changing.so", "isolation": self.isolation}
        if word is not None:
            entry["config"] = {"word": word}
        desk = {"plugins": [entry] if plugins else [], "model": "mock", "models": {"mock": {
            "provider": "openai", "id": "mock.tool", "key": "${MOCK_KEY}",
            "base_url": f"http://127.0.0.1:{self.port}/v1"}}, "log.level": "info"}
        path = os.path.join(self.home, "desk.yaml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(desk, f)
        os.chmod(path, 0o600)

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("DESKHAND")}
        env.update(HOME=self.home, MOCK_KEY="not-a-secret", TERM="xterm")
        # The library that reads lines at a terminal keeps two of them for itself.
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return env

    def run(self, *words):
        return subprocess.run([PROGRAM, "--desk", self.home, *words], env=self.environment(),
                              capture_output=True, text=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL)

    def results(self):
        """What the calls of all turns came to, in their order."""
        path = os.path.join(self.home, "desk.db")
        if not os.path.exists(path):
            return []
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            rows = db.execute("SELECT name, result FROM tool_call WHERE status <> 'open' "
                              "ORDER BY started_at, rowid").fetchall()
        except sqlite3.OperationalError:
            return []  # it is being made
        finally:
            db.close()
        return rows


class Chat:
    """At a terminal: only there a chat looks up while nobody writes."""

    def __init__(self, desk, log):
        self.ours, theirs = pty.openpty()
        with open(log, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen([PROGRAM, "--desk", desk.home, "chat"], stdin=theirs,
                                            stdout=theirs, stderr=errors, env=desk.environment(),
                                            start_new_session=True)
        os.close(theirs)
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        try:
            while os.read(self.ours, 4096):
                pass
        except OSError:
            pass  # the other end is gone

    def write(self, text):
        os.write(self.ours, text.encode())

    def end(self):
        self.write("/quit\r")
        return self.process.wait(timeout=WAIT_S)


def wait_for(what):
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def ask(desk, chat, count, want):
    """Another message in CHAT: its call, the COUNT-th, says WANT."""
    chat.write("which one are you?\r")
    wait_for(lambda: len(desk.results()) >= count)
    rows = desk.results()
    return len(rows) == count and want in rows[-1][1].replace('\\"', '"'), rows


def loaded_anew(log, times):
    def seen():
        with open(log, encoding="utf-8") as f:
            return f.read().count("loaded anew") >= times
    return wait_for(seen)


def check(home, port, isolation):
    desk = Desk(home, port, isolation)
    desk.put("changing-1")
    desk.write("one")
    log = os.path.join(home, "log")
    chat = Chat(desk, log)
    where = f", {isolation}"
    case("the first edition answers" + where,
         *ask(desk, chat, 1, '"edition":1,"word":"one"'))
    desk.put("changing-2")
    desk.write("two")
    done = desk.run("plugins", "reload")
    case("reload says what it does" + where, done.returncode == 0 and
         done.stdout.startswith("changing 2\n") and "within a second" in done.stdout,
         done.stdout + done.stderr)
    case("the chat loads it anew" + where, loaded_anew(log, 1), open(log, encoding="utf-8").read())
    case("the second edition answers" + where,
         *ask(desk, chat, 2, '"edition":2,"word":"two"'))
    desk.write("x" * 5 + '"')
    with open(os.path.join(home, "desk.yaml"), "r+", encoding="utf-8") as f:
        text = f.read().replace('"config"', '"confug"')
        f.seek(0)
        f.write(text)
    done = desk.run("plugins", "reload", "changing")
    case("a mistake in desk.yaml is said" + where, done.returncode == 1 and "confug" in done.stderr,
         done.stderr)
    desk.write("three")
    done = desk.run("plugins", "reload", "none-such")
    case("so is a name that is none" + where, done.returncode == 3 and "none-such" in done.stderr,
         done.stderr)
    case("and the chat keeps what it has" + where,
         *ask(desk, chat, 3, '"edition":2,"word":"two"'))
    done = desk.run("plugins", "reload", "changing", "--json")
    said = json.loads(done.stdout or "{}")
    case("--json names it" + where, said.get("name") == "changing" and said.get("version") == "2",
         done.stdout + done.stderr)
    loaded_anew(log, 2)
    case("a word changes alone" + where, *ask(desk, chat, 4, '"edition":2,"word":"three"'))
    case("the chat ends well" + where, chat.end() == 0, open(log, encoding="utf-8").read())


def trouble(desk):
    done = desk.run("plugins", "list", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return rows[0].get("trouble") if rows else done.stderr


def check_quarantine(home, port):
    desk = Desk(home, port, "child")
    desk.put("bad-segfault")
    desk.write(None)
    chat = Chat(desk, os.path.join(home, "log"))
    for count in range(1, 6):
        ask(desk, chat, count, "")
    rows = desk.results()
    case("five crashes, five answers", len(rows) == 5 and all("lost" in row[1] for row in rows),
         rows)
    fits, rows = ask(desk, chat, 6, "quarantined after 5 faults")
    case("the model is told that the tool is unavailable", fits, rows)
    case("plugins list of another program says why", "quarantined after 5 faults" in
         str(trouble(desk)), trouble(desk))
    done = desk.run("ask", "--json", "hello?")
    case("and another program leaves it alone", "quarantined after 5 faults" in
         desk.results()[-1][1], done.stdout + done.stderr)
    other = desk.file + ".touched"
    shutil.copy(desk.file, other)
    os.utime(other, (1, 1))
    os.replace(other, desk.file)
    case("another file is another plugin", trouble(desk) is None, trouble(desk))
    done = desk.run("plugins", "reload", "bad")
    case("reload ends it", done.returncode == 0, done.stdout + done.stderr)
    loaded_anew(os.path.join(home, "log"), 1)
    fits, rows = ask(desk, chat, 8, "was lost")
    case("also in the chat", fits, rows)
    chat.end()


def put_command(desk):
    """A tool that is a program, and crashes."""
    program = os.path.join(desk.home, "plugin", "crash.sh")
    with open(program + ".new", "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nkill -SEGV $$\n")
    os.chmod(program + ".new", 0o755)
    os.replace(program + ".new", program)
    desk.write(None, plugins=False)
    path = os.path.join(desk.home, "desk.yaml")
    with open(path, encoding="utf-8") as f:
        entries = json.load(f)
    entries["commands"] = {"crash": {"command": ["./plugin/crash.sh"], "description": "Crashes.",
                                     "input": {"type": "object"}}}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(entries, f)


def check_command(home, port):
    """The same for a command; and a program that runs already knows, too."""
    desk = Desk(home, port, "child")
    put_command(desk)
    log = os.path.join(home, "log")
    chat = Chat(desk, log)
    ask(desk, chat, 1, "")
    other = Chat(desk, log + ".other")
    for count in range(2, 6):
        ask(desk, chat, count, "")
    rows = desk.results()
    case("a command crashes five times", len(rows) == 5 and
         all("killed by a signal" in row[1] for row in rows), rows)
    wait_for(lambda: trouble(desk))
    case("plugins list of another program says why, of a command",
         "quarantined after 5 faults" in str(trouble(desk)), trouble(desk))
    time.sleep(1)
    fits, rows = ask(desk, other, 6, "quarantined after 5 faults")
    case("a program that runs leaves it alone", fits, rows)
    put_command(desk)
    case("another program is another tool", trouble(desk) is None, trouble(desk))
    done = desk.run("plugins", "reload", "crash")
    case("reload pardons a command", done.returncode == 0 and "crash" in done.stdout,
         done.stdout + done.stderr)
    time.sleep(1)
    fits, rows = ask(desk, chat, 7, "killed by a signal")
    case("in each program", fits, rows)
    fits, rows = ask(desk, other, 8, "killed by a signal")
    case("in the other, too", fits, rows)
    chat.end()
    other.end()


def main():
    mock = subprocess.Popen([MOCK, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(mock.stdout.readline().split(":")[-1].split("/")[0])
        for isolation in ("child", "worker"):
            with tempfile.TemporaryDirectory(prefix="deskhand-reload-") as home:
                os.chmod(home, 0o755)
                check(home, port, isolation)
        with tempfile.TemporaryDirectory(prefix="deskhand-reload-") as home:
            os.chmod(home, 0o755)
            check_quarantine(home, port)
        with tempfile.TemporaryDirectory(prefix="deskhand-reload-") as home:
            os.chmod(home, 0o755)
            check_command(home, port)
    finally:
        mock.send_signal(signal.SIGTERM)
        mock.wait()
    print(f"# {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
