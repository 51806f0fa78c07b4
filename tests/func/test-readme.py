#!/usr/bin/env python3
"""The README's tour, run as it stands.

Every `$ command` of a console block is run in order in a scratch folder; it must succeed and print
the lines that follow it. Ids, times and token counts differ from run to run: where the README shows
an id, whatever stands in its place is what later commands mean by it. A block may show only the
first lines of a long output.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

SOURCE = os.environ["DESKHAND_SOURCE"]
PROGRAM = os.environ["DESKHAND"]
ID = re.compile(r"\b[cmtkxefop]-[0-9a-z]{14}\b")
VARIES = re.compile(r'"(?:ms|input_tokens|output_tokens)":\d+|file bytes: \d+'
                    r'|\d{4}-\d\d-\d\d \d\d:\d\d')


def steps(text):
    """(command, expected lines) of every console block."""
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
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


def same(want, got, ids):
    """Are two lines alike but for what varies? Learns the ids on the way."""
    wanted, found = ID.findall(want), ID.findall(got)
    if len(wanted) != len(found):
        return False
    ids.update(zip(wanted, found))
    blank = lambda line: VARIES.sub("#", ID.sub("ID", line)).rstrip()
    return blank(want) == blank(got)


def run(command, cwd, ids):
    for known, actual in ids.items():
        command = command.replace(known, actual)
    words = shlex.split(command)
    if words[0] == "cd":
        return os.path.join(cwd, words[1]), []
    assert words[0] == "deskhand", f"the tour runs only deskhand: {command}"
    env = {k: v for k, v in os.environ.items() if not k.startswith("DESKHAND_")}
    env["PATH"] = os.path.dirname(PROGRAM) + ":" + env["PATH"]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr.strip()}")
    return cwd, done.stdout.splitlines()


def manual_names_every_command():
    """Names of commands that the manual page does not have."""
    done = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True)
    commands = re.findall(r"^  ([a-z]+) ", done.stdout, re.M)
    with open(os.path.join(SOURCE, "docs/man/deskhand.1.scd"), encoding="utf-8") as f:
        manual = f.read()
    if len(commands) <= 5:
        return ["(the program names hardly any)"]
    return [c for c in commands if f"*{c}*" not in manual]


def main():
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as f:
        text = f.read()
    failed, ran, ids = 0, 0, {}
    with tempfile.TemporaryDirectory() as scratch:
        cwd = scratch
        for command, want in steps(text):
            ran += 1
            try:
                cwd, got = run(command, cwd, ids)
                for i, line in enumerate(want):
                    if i >= len(got) or not same(line, got[i], ids):
                        shown = got[i] if i < len(got) else "(nothing)"
                        raise AssertionError(f"line {i + 1}: want {line!r}, got {shown!r}")
                print(f"ok {command}")
            except (AssertionError, OSError, subprocess.TimeoutExpired) as e:
                failed += 1
                print(f"not ok {command}: {e}")
    missing = manual_names_every_command()
    print("not ok" if missing else "ok", "the manual page has every command", *missing)
    failed += bool(missing)
    if ran < 8:
        failed += 1
        print(f"not ok the tour: only {ran} commands found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
