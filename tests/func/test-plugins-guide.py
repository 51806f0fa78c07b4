#!/usr/bin/env python3
"""docs/plugins.md, followed to the letter.

A block under a line `**NAME**` is written to that file; of a console block each `$ command` is run
in order and must succeed and print what follows it. `...` stands for anything, several spaces for
a tab. Ids differ from run to run: where the page shows one, whatever stands in its place is what
later commands mean by it. Then come the cases that the page does not show, and the promises of the
flags are looked for in the file that was built.
"""
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile

SOURCE = os.environ["DESKHAND_SOURCE"]
PROGRAM = os.environ["DESKHAND"]
MOCK = os.environ["MOCK_MODEL"]
BLOCK = re.compile(r"(?:^\*\*([\w./]+)\*\*\n\n)?^```(\w+)\n(.*?)^```$", re.S | re.M)
ID = re.compile(r"\bc-[0-9a-z]{14}\b")
passed = failed = 0


def case(name, fits, seen=""):
    global passed, failed
    print(("ok " if fits else "not ok ") + name)
    if fits:
        passed += 1
    else:
        failed += 1
        print("".join(f"#   {line}\n" for line in str(seen).splitlines()), end="", file=sys.stderr)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


class Follower:
    """Somebody who does what the page says."""

    def __init__(self, home):
        self.cwd = home
        self.port = free_port()
        self.ids = {}
        self.server = None
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("DESKHAND")}
        self.env["HOME"] = home
        self.env["PATH"] = os.pathsep.join(
            [os.path.dirname(PROGRAM), os.path.dirname(MOCK), self.env["PATH"]])
        os.symlink(SOURCE, os.path.join(home, "deskhand"))

    def write(self, name, text):
        with open(os.path.join(self.cwd, name), "w", encoding="utf-8") as f:
            f.write(text.replace("8099", self.port))

    def run(self, command):
        """(exit code, output) of COMMAND; one that ends in `cd FOLDER` moves the next ones."""
        for shown, actual in self.ids.items():
            command = command.replace(shown, actual)
        command = command.replace("8099", self.port)
        if command.endswith("&"):
            self.server = subprocess.Popen(shlex.split(command[:-1]), env=self.env, cwd=self.cwd,
                                           stdout=subprocess.PIPE, text=True)
            return (0, "") if "listening" in self.server.stdout.readline() else (1, "no server")
        done = subprocess.run(["sh", "-c", command], env=self.env, cwd=self.cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)
        moved = re.search(r"\bcd (\S+)$", command)
        if moved and done.returncode == 0:
            self.cwd = os.path.join(self.cwd, moved.group(1))
        return done.returncode, done.stdout

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=10)


def expected(lines):
    """(the pattern of an output, the ids that it shows)"""
    text = "\n".join(lines)
    pattern = re.escape(text).replace(re.escape("..."), ".*")
    pattern = re.sub(r"(?:\\ ){2,}", r"\\s+", pattern)
    shown = ID.findall(text)
    for number, name in enumerate(shown):
        pattern = pattern.replace(re.escape(name), rf"(?P<id{number}>c-[0-9a-z]{{14}})")
    return re.compile(pattern + r"\s*", re.S), shown


def steps(block):
    command, lines = None, []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, lines
            command, lines = line[2:], []
        else:
            lines.append(line)
    if command:
        yield command, lines


def follow(page, who):
    for name, language, text in BLOCK.findall(page):
        if name:
            who.write(name, text)
            continue
        if language != "console":
            continue
        for command, lines in steps(text):
            code, output = who.run(command)
            pattern, shown = expected(lines)
            match = pattern.fullmatch(output) if lines else True
            case("guide: " + command[:70], code == 0 and match, f"exit {code}\n{output}")
            for number, name in enumerate(shown):
                if match and name not in who.ids:
                    who.ids[name] = match.group(f"id{number}")


def result_of(who, question):
    """What the model got to read after QUESTION."""
    code, output = who.run(f"deskhand --desk desk ask --json {shlex.quote(question)}")
    found = ID.search(output)
    if code != 0 or not found:
        return output
    return who.run(f"deskhand --desk desk conversations show {found.group()} --memory")[1]


def beyond(who):
    for name, question, want in [
            ("a field in quotes", "A-1003", '"status":"returned, the refund is on its way"'),
            ("fields that are empty", "A-1002", '{"order":"A-1002","status":"being packed"}'),
            ("part of a number", "A-10", "There is no such order")]:
        seen = result_of(who, question)
        case("beyond: " + name, want in seen, seen)
    listed = who.run("deskhand --desk desk plugins list --json")[1]
    case("beyond: it runs in a child", '"isolation":"child"' in listed, listed)
    with open(os.path.join(who.cwd, "orders.csv"), "w", encoding="utf-8") as f:
        f.write('"A ""quoted"" one",x,' + "y" * 5000 + "\nA-1,late")
    case("beyond: quotes in a field", '"status":"x"' in result_of(who, 'A "quoted" one'))
    case("beyond: a last line without its end", '"status":"late"' in result_of(who, "A-1"))
    os.chmod(os.path.join(who.cwd, "orders.csv"), 0)
    case("beyond: no right to the file", "cannot be read just now" in result_of(who, "A-1001"))


def commands(who):
    """Programs as tools: how they fail, and what is said of them before they are called."""
    def call(words, want, status):
        code, output = who.run("deskhand --desk shop plugins call " + words)
        return code == status and want in output, output

    case("commands: no day yet", *call("""delivery_date '{"order":"A-1002"}'""", '"day":null', 0))
    case("commands: an error of its own",
         *call("""delivery_date '{"order":"A-9"}'""", "There is no such order", 1))
    case("commands: the schema guards",
         *call("""opening_hours '{"day":"someday"}'""", "/day", 1))
    listed = who.run("deskhand --desk shop plugins list --json")[1]
    case("commands: who brings it", '"isolation":"command"' in listed, listed)
    doctor = who.run("deskhand --desk shop doctor")[1]
    case("commands: they can be started", doctor.count(" command: ") >= 2 and
         "problem command" not in doctor, doctor)
    yaml = os.path.join(who.cwd, "shop/desk.yaml")
    with open(yaml, encoding="utf-8") as f:
        settings = f.read()
    who.run("mv shop/warehouse/deliveries.csv shop/away.csv")
    code, output = who.run("""deskhand --desk shop plugins call delivery_date '{"order":"A-1"}'""")
    case("commands: the file is gone", code == 1 and "Offer a human" in output and
         "delivery_date wrote: " in output, output)
    who.run("chmod 666 shop/tools/opening.sh; chmod 644 shop/tools/delivery.py")
    for name, words in (("doctor", "problem command"), ("plugins list", "trouble")):
        seen = who.run(f"deskhand --desk shop {name}")[1]
        case(f"commands: files that cannot be used, in {name}",
             "everybody may change" in seen and "chmod +x" in seen and seen.count(words) >= 2, seen)
    for name, old, new, want in [
            ("a setting", "timeout: 5s", "tmeout: 5s", "tmeout"),
            ("a name", "  opening_hours:", "  opening hours:", "opening hours"),
            ("a time", "timeout: 5s", "timeout: 700m", "timeout"),
            ("an input that is no object", "type: object", "type: array", "object"),
            ("an input that is no schema", "maxLength: 40", "maxLength: -1", "maxLength"),
            ("a secret that is not there", "timeout: 5s", "env: {KEY: 'file:nokey'}",
             "commands.delivery_date.env.KEY")]:
        who.write("shop/desk.yaml", settings.replace(old, new, 1))
        code, output = who.run("deskhand --desk shop plugins list")
        line = "desk.yaml:" in output or "secret" in name
        case(f"commands: a mistake in {name}", code != 0 and want in output and line, output)


def flags(page, who):
    """A function named like one of the host's library stays the plugin's own."""
    build = next(c for _, language, text in BLOCK.findall(page) if language == "console"
                 for c, _ in steps(text) if c.startswith("cc "))
    case("flags: no warning", who.run(build.replace("cc ", "cc -Werror -Wshadow ", 1))[0] == 0)
    with open(os.path.join(who.cwd, "order_status.c"), encoding="utf-8") as f:
        code = f.read()
    clash = ("const char *json_object_get(const char *p);\n"
             "const char *json_object_get(const char *p) { return p; }\n")
    who.write("clash.c", clash + code.replace("fopen(o->file,", "fopen(json_object_get(o->file),"))
    code, output = who.run(build.replace("order_status.c", "clash.c")
                           .replace("order_status.so", "clash.so"))
    case("flags: a clashing name builds", code == 0, output)
    exported = who.run("nm -D --defined-only clash.so")[1]
    case("flags: one symbol is exported", exported.split()[2:] == ["deskhand_plugin"], exported)
    bound = who.run("readelf -rW clash.so")[1]
    case("flags: it is bound inside", "json_object_get" not in bound, bound)
    case("flags: the host takes it",
         who.run("""deskhand plugins check clash.so --config '{"file":"x"}'""")[0] == 0)


def main():
    with open(os.path.join(SOURCE, "docs/plugins.md"), encoding="utf-8") as f:
        page = f.read()
    with open(os.path.join(SOURCE, "plugins/sdk/deskhand_plugin.h"), encoding="utf-8") as f:
        header = f.read()
    offered = re.findall(r'^#define DH_\w+ "(dh\.\w+/\d+)"', header, re.M)
    missing = [i for i in offered if f"| `{i}` |" not in page]
    case("page: every extension of the header is listed", offered and not missing, missing)
    with tempfile.TemporaryDirectory(prefix="deskhand-guide-") as home:
        os.chmod(home, 0o755)  # a child of root's is somebody else
        who = Follower(home)
        try:
            follow(page, who)
            beyond(who)
            commands(who)
            flags(page, who)
        finally:
            who.stop()
    print(f"# test-plugins-guide.py: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
