#!/usr/bin/env python3
"""The program's other commands, with each allocation and each I/O call failing once.

Each run succeeds or says in one line why it did not; none crashes, and doctor finds the desk sound
afterwards. (`deskhand ask`, where more is promised, has test-ask-faults.py.) Under a sanitizer,
where each run takes five times as long, every third point: the plain builds try all of them.
"""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
from faults import (POINTS_MAX, SANITIZED, Desks, Wrong, case, check_sane, passed,  # noqa: E402
                    run, said)

# Words of the command; CONV, FILE and ROWS stand for a conversation, an export and a catalogue.
# FRESH: each run on a desk of its own, for what can be done only once. REPORTS: what it finds wrong
# is its output, not its failure.
FRESH, REPORTS = 1, 2
COMMANDS = [
    (["conversations", "export", "CONV"], 0),
    (["conversations", "list", "--json"], 0),
    (["conversations", "import", "FILE"], FRESH),
    (["tickets", "list", "--json"], 0),
    (["tickets", "claim", "1"], FRESH),
    (["tickets", "export"], 0),
    (["prompts", "list"], 0),
    (["prompts", "check"], REPORTS),
    (["plugins", "list"], 0),
    (["catalog", "search", "hub", "--json"], 0),
    (["articles", "search", "pair", "--json"], 0),
    (["catalog", "import", "ROWS"], FRESH),
    (["catalog", "stats"], 0),
    (["doctor"], REPORTS),
]


def check_end(done, flags):
    check_sane(done)
    if done.returncode not in (0, 1):
        raise Wrong(f"exit {done.returncode}: {done.stderr}")
    lines = [line for line in said(done) if line.startswith("deskhand: ")]
    if done.returncode == 1 and len(lines) != 1 and not flags & REPORTS:
        raise Wrong(f"not one line that says why: {done.stderr!r}")


def fail_everywhere(desks, words, flags, kind):
    desk = desks.fresh()
    for n in range(1, POINTS_MAX, 3 if SANITIZED else 1):
        if flags & FRESH:
            desk = desks.fresh()
        done = run(desk, *words, DESKHAND_FAULT=f"{kind}:{n}")
        try:
            check_end(done, flags)
        except Wrong as why:
            raise Wrong(f"{kind}:{n}: {why}") from why
        if passed(done) < n:
            break
    done = run(desk, "doctor")
    if done.returncode != 0:
        raise Wrong(f"doctor: {done.stdout}{done.stderr}")
    return n - 1


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="deskhand-fault-") as scratch:
        desks = Desks(scratch)
        run(desks.first, "ask", "I want to talk to a human")
        names = {"CONV": desks.conversation, "FILE": os.path.join(scratch, "conversation.json"),
                 "ROWS": os.path.join(scratch, "rows.csv")}
        with open(names["FILE"], "w", encoding="utf-8") as f:
            exported = run(desks.first, "conversations", "export", desks.conversation).stdout
            f.write(exported.replace(desks.conversation, "c-00000000000001"))
        with open(names["ROWS"], "w", encoding="utf-8") as f:
            f.write("id,name,price\na1,Lamp,3.50\na2,Hub,9.99\n")
        for words, flags in COMMANDS:
            given = [names.get(word, word) for word in words]
            for kind, what in (("alloc", "memory"), ("io", "the disk")):
                failed += case(f"{' '.join(words)}, without {what}",
                               lambda g=given, f=flags, k=kind: fail_everywhere(desks, g, f, k))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
