#!/usr/bin/env python3
"""`deskhand ask` killed, short of memory and with a failing disk at every point of its way.

The whole program, as people run it, on a sample desk: first killed at each point of base/fault.h,
then each of its own allocations and I/O calls fails once, then each allocation of the libraries
that have no hook of their own (preload-malloc.c). After each run: it succeeded, or said one line
that says why; doctor finds the desk sound, no tool use is without its one result, and the next
question is answered.
"""
import json
import os
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
from faults import (POINTS_MAX, SANITIZED, Desks, Wrong, case, check_sane, passed,  # noqa: E402
                    run, said)

PRELOAD = os.environ["DESKHAND_PRELOAD"]
# How far apart the allocations that fail: SQLite makes thousands of one kind.
LIBRARIES = {"libjson-c": 3, "libsqlite3": 29, "libevent": 1, "libyaml": 1}
LOOK_EVERY = 20  # runs between two looks with doctor, where every run is on the same desk

QUESTIONS = [("trouble", "my hub won't pair with my phone", "answered"),
             ("a hand-over", "I want to talk to a human", "handed_over")]


def check_end(done, outcome):
    """It answered, said why it did not in one line, or met a limit: a timer without memory is over
    at once (loop_timer_start), and the customer is told that it took too long."""
    lines = [line for line in said(done) if line.startswith("deskhand: ")]
    check_sane(done)
    if done.returncode in (0, 4):
        answer = json.loads(done.stdout)
        # What the failure of one tool may turn an answer into, in all honesty.
        fine = ("limit",) if done.returncode == 4 else (outcome, "answered", "handed_over")
        if answer["outcome"] not in fine or not answer["reply"] or lines:
            raise Wrong(f"exit {done.returncode}, {answer['outcome']}: {done.stderr}")
        return
    if done.returncode != 1:
        raise Wrong(f"exit {done.returncode}: {done.stderr}")
    if len(lines) != 1 or len(lines[0]) < len("deskhand: x: y"):
        raise Wrong(f"not one line that says why: {done.stderr!r}")
    if done.stdout:
        json.loads(done.stdout)


def check_history(desk, conversation):
    done = run(desk, "conversations", "export", conversation)
    if done.returncode != 0:
        raise Wrong(f"export: {done.stderr}")
    uses, results = [], []
    for message in json.loads(done.stdout)["messages"]:
        for block in message["content"]:
            if "toolUse" in block:
                uses.append(block["toolUse"]["toolUseId"])
            if "toolResult" in block:
                results.append(block["toolResult"]["toolUseId"])
    if uses != results:
        raise Wrong(f"tool uses {uses}, results {results}")


def check_desk(desk, conversation):
    """Going on in CONVERSATION works, and the desk is sound."""
    done = run(desk, "ask", "--json", "-c", conversation, "thanks")
    if done.returncode != 0:
        raise Wrong(f"the next question: exit {done.returncode}: {done.stderr}")
    check_history(desk, conversation)
    done = run(desk, "doctor")
    if done.returncode != 0:
        raise Wrong(f"doctor: {done.stdout}{done.stderr}")


def kill_everywhere(desks, text, outcome):
    for n in range(1, POINTS_MAX):
        desk = desks.fresh()
        done = run(desk, "ask", "--json", "-c", desks.conversation, text,
                   DESKHAND_FAULT=f"kill:{n}")
        try:
            if done.returncode != -signal.SIGKILL:
                check_end(done, outcome)
            check_desk(desk, desks.conversation)
        except Wrong as why:
            raise Wrong(f"kill:{n}: {why}") from why
        if done.returncode != -signal.SIGKILL:
            return n - 1
    raise Wrong("it never ends")


def fail_everywhere(desks, text, outcome, settings, step=1):
    """SETTINGS(n) are the environment in which the n-th one fails. On one desk: what one run leaves
    behind is the next one's to live with."""
    desk = desks.fresh()
    for n in range(1, POINTS_MAX, step):
        done = run(desk, "ask", "--json", text, **settings(n))
        try:
            check_end(done, outcome)
            if n // step % LOOK_EVERY == 0 or passed(done) < n:
                check_desk(desk, desks.conversation)
        except Wrong as why:
            raise Wrong(f"{settings(n)}: {why}") from why
        if passed(done) < n:
            return passed(done)
    raise Wrong("it never ends")


def hooked(kind):
    return lambda n: {"DESKHAND_FAULT": f"{kind}:{n}"}


def preloaded(library):
    return lambda n: {"LD_PRELOAD": PRELOAD, "DESKHAND_FAIL_FROM": library,
                      "DESKHAND_FAIL_AT": str(n)}


def main():
    failed = 0
    killed = []
    with tempfile.TemporaryDirectory(prefix="deskhand-fault-") as scratch:
        desks = Desks(scratch)
        for name, text, outcome in QUESTIONS:
            failed += case(f"ask, {name}, killed",
                           lambda t=text, o=outcome: kill_everywhere(desks, t, o), killed)
            for kind, what in (("alloc", "memory"), ("io", "the disk")):
                failed += case(f"ask, {name}, without {what}",
                               lambda t=text, o=outcome, k=kind:
                               fail_everywhere(desks, t, o, hooked(k)))
        print(f"kill points: {sum(killed)} over {len(QUESTIONS)} questions to the program")
        for library, step in LIBRARIES.items():
            title = f"ask, trouble, without memory for {library}"
            if SANITIZED:
                print(f"skip {title}: the sanitizer has an allocator of its own")
                continue
            failed += case(title, lambda lib=library, by=step: fail_everywhere(
                desks, QUESTIONS[0][1], QUESTIONS[0][2], preloaded(lib), by))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
