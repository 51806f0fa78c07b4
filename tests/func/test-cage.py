#!/usr/bin/env python3
"""A desk whose plugin or command runs in a child, on systems that lack a part of the cage: it works
as far as it can, and `doctor` names what is open. A system without Landlock and seccomp is made
here by a filter of our own, which lets these calls fail as an old kernel or a container does. And a
command dies with its desk."""
import ctypes
import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
import time

DESKHAND = os.environ["DESKHAND"]
PLUGINS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(DESKHAND))), "plugins")

# landlock_create_ruleset and seccomp; the first is the same number everywhere
NUMBERS = {"x86_64": (444, 317), "aarch64": (444, 277)}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, NOT_THERE = 0x7FFF0000, 0x00050000 | 38
NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2


def enter():
    """From here on this process and its children have neither of the two."""
    lines = [(LOAD, 0, 0, 0)]
    for number in NUMBERS[platform.machine()]:
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, NOT_THERE)]
    lines += [(RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0:
        sys.exit(77)


def run(desk, *words, lacking=False):
    """stdout, stderr and the exit status of deskhand's."""
    command = [DESKHAND, "--desk", desk, *words]
    if lacking:
        command = [sys.executable, __file__, "--enter", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout, done.stderr, done.returncode


def say(name, good, seen):
    print(f"{'ok' if good else 'not ok'} {name}")
    if not good:
        print(f"# seen: {seen}", file=sys.stderr)
    return good


def check(desk):
    good = True
    seen = run(desk, "doctor")
    good &= say("a plugin in a child is sound",
                seen[2] == 0 and "plugin: template" in seen[0], seen)
    if platform.machine() not in NUMBERS:
        print("skip a system that lacks parts: no numbers for this machine")
        return good
    seen = run(desk, "doctor", lacking=True)
    if seen[2] == 77:
        print("skip a system that lacks parts: this one takes no filter")
        return good
    good &= say("without Landlock and seccomp nothing is refused", seen[2] == 0, seen)
    for part, loss in (("Landlock", "read every file"), ("seccomp", "open sockets")):
        line = [t for t in seen[0].splitlines() if f"runs without {part}" in t]
        good &= say(f"the lack of {part} is named once, with what is open",
                    len(line) == 1 and loss in line[0], seen)
    seen = run(desk, "plugins", "list", lacking=True)
    good &= say("and the plugin is there", seen[2] == 0 and "say_hello" in seen[0], seen)
    return good


def check_command(desk):
    """The same for a tool that is a program: what it cannot be kept from is said, and it runs."""
    good = True
    seen = run(desk, "doctor")
    good &= say("a command is sound", "command: hello: ./tools/hello.sh" in seen[0], seen)
    if platform.machine() not in NUMBERS:
        return good
    seen = run(desk, "doctor", lacking=True)
    if seen[2] == 77:
        return good
    for part in ("Landlock", "seccomp"):
        good &= say(f"a command without {part} is named",
                    f"hello runs without {part}" in seen[0], seen)
    seen = run(desk, "plugins", "call", "hello", lacking=True)
    good &= say("and it answers", seen[0] == '{"hello":true}\n', seen)
    return good


def check_around(desk):
    """Who lies around the desk's folder does not read it by the way."""
    with open(os.path.join(desk, "..", "peek.sh"), "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nif cat desk.yaml >/dev/null; then echo 1; else echo 0; fi\n")
    os.chmod(os.path.join(desk, "..", "peek.sh"), 0o755)
    with open(os.path.join(desk, "desk.yaml"), "a", encoding="utf-8") as f:
        f.write("  peek:\n    command: [../peek.sh]\n    description: Looks around.\n"
                "    input: {type: object}\n")
    os.chmod(os.path.join(desk, "desk.yaml"), 0o644)  # only the cage is in its way
    if "peek runs without Landlock" in run(desk, "doctor")[0]:
        print("skip what lies around a command: this system has no Landlock")
        return True
    seen = run(desk, "plugins", "call", "peek")
    return say("a program around the desk does not read it", seen[0] == "0\n", seen)


def sleepers(seconds):
    """Processes that sleep that long."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if f.read() == b"sleep\0" + seconds.encode() + b"\0":
                    found.append(int(pid))
        except OSError:
            pass
    return found


def until(condition):
    """Is it so within ten seconds?"""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def check_end(desk):
    """A desk that is killed takes the command that it runs along."""
    seconds = f"61.{os.getpid()}"
    with open(os.path.join(desk, "tools", "hello.sh"), "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\nexec sleep {seconds}\n")
    caller = subprocess.Popen([DESKHAND, "--desk", desk, "plugins", "call", "hello"],
                              stderr=subprocess.DEVNULL)
    good = say("a command runs", until(lambda: len(sleepers(seconds)) == 1), sleepers(seconds))
    caller.kill()
    caller.wait()
    return say("a command dies with its desk", until(lambda: not sleepers(seconds)),
               sleepers(seconds)) and good


def main():
    with tempfile.TemporaryDirectory(prefix="deskhand-cage-") as scratch:
        desk = os.path.join(scratch, "desk")
        subprocess.run([DESKHAND, "init", desk], stdout=subprocess.DEVNULL, timeout=60, check=True)
        shutil.copy(os.path.join(PLUGINS, "template.so"), scratch)
        with open(os.path.join(desk, "desk.yaml"), "w", encoding="utf-8") as f:
            f.write("plugins:\n  - path: ../template.so\n")
        good = check(desk)
        os.chmod(scratch, 0o755)  # a child of root's is somebody else
        program = os.path.join(desk, "tools", "hello.sh")
        os.mkdir(os.path.dirname(program))
        with open(program, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\necho '{\"hello\": true}'\n")
        os.chmod(program, 0o755)
        with open(os.path.join(desk, "desk.yaml"), "w", encoding="utf-8") as f:
            f.write("plugins: []\ncommands:\n  hello:\n    command: [./tools/hello.sh]\n"
                    "    description: Says hello.\n    input: {type: object}\n")
        good &= check_command(desk)
        good &= check_around(desk)
        return 0 if check_end(desk) and good else 1


if len(sys.argv) > 2 and sys.argv[1] == "--enter":
    enter()
    os.execv(sys.argv[2], sys.argv[2:])
sys.exit(main())
