"""What the tests of this folder share: the program, run once with something made to fail."""
import json
import os
import shutil
import subprocess
import sys

PROGRAM = os.environ["DESKHAND"]
POINTS_MAX = 20000
SANITIZED = os.environ.get("DESKHAND_SANITIZED", "none") != "none"


class Wrong(Exception):
    pass


def run(desk, *words, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("DESKHAND_")}
    env.update(more)
    return subprocess.run([PROGRAM, "--desk", desk, *words], env=env, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8")


def passed(done):
    """How many points went by; the line that says so is not the program's own."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("passed ")]
    return int(lines[-1].split()[1]) if lines else POINTS_MAX


def said(done):
    lines = done.stderr.splitlines()
    return [line for line in lines if not line.startswith("passed ")]


def check_sane(done):
    if done.returncode < 0 or "Sanitizer" in done.stderr or "runtime error:" in done.stderr:
        raise Wrong(f"exit {done.returncode}: {done.stderr}")


def case(name, body, found=None):
    try:
        points = body()
        print(f"ok {name}: {points} points", flush=True)
        if found is not None:
            found.append(points)
        return 0
    except (Wrong, subprocess.TimeoutExpired, ValueError, KeyError) as why:
        print(f"not ok {name}", flush=True)
        print(f"# {type(why).__name__}: {why}", file=sys.stderr, flush=True)
        return 1


class Desks:
    """A sample desk with one conversation, and fresh copies of it."""

    def __init__(self, scratch):
        self.first = os.path.join(scratch, "first")
        self.copy = os.path.join(scratch, "copy")
        done = run(self.first, "init", self.first, "--sample")
        if done.returncode != 0:
            raise Wrong(f"init: {done.stderr}")
        done = run(self.first, "ask", "--json", "hello")
        self.conversation = json.loads(done.stdout)["conversation"]

    def fresh(self):
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.first, self.copy)
        return self.copy
