#!/usr/bin/env python3
"""Sixty customers talk to the embedded assistant on the sample desk.

Each script of talks/*.yaml (talks/scripts.py explains them) is one conversation in one process.
What was called, said and decided is read back from the record and held against the script; and
nothing any of them says may be a statement that no tool returned (talks/truth.py, which proves on
doctored conversations that it would notice). One line a talk, then the score.

    test-talks.py [-v] [WORD...]    only talks whose file name holds a WORD; -v: whole conversations
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TALKS = os.path.join(HERE, "talks")
sys.path.insert(0, TALKS)
import doctored  # noqa: E402
import record  # noqa: E402
import scripts  # noqa: E402
import truth  # noqa: E402

SOURCE = os.environ.get("DESKHAND_SOURCE") or os.path.join(HERE, "..", "..")
PROGRAM = os.environ["DESKHAND"]
AT_ONCE = 2
SECONDS = 60  # one conversation, in a slow build on a busy machine

TALKS_WANTED = 60
PASSES_WANTED = 55


def run(desk, *words, text=None):
    done = subprocess.run([PROGRAM, "--desk", desk, *words], input=text, capture_output=True,
                          text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"deskhand {' '.join(words)}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def talk_to(desk, name, talk):
    """The whole recorded conversation of one customer."""
    run(desk, "chat", "--customer", name, text="".join(t["say"] + "\n" for t in talk["turns"]))
    listed = run(desk, "conversations", "list", "--customer", name, "--json").splitlines()
    if len(listed) != 1:
        raise RuntimeError(f"{name}: {len(listed)} conversations on record")
    return json.loads(run(desk, "conversations", "export", json.loads(listed[0])["conversation"]))


def examine(desk, name, talk, known):
    """Why the talk fails (None: it passes), the statements nothing backs, and the record."""
    try:
        export = talk_to(desk, name, talk)
    except (RuntimeError, subprocess.TimeoutExpired) as why:
        return str(why), [], None
    return record.judge(talk, export), truth.violations(record.turns_of(export), known), export


def show(export):
    for turn in record.turns_of(export):
        print(f"    customer: {turn.said}")
        for name, arguments in turn.calls:
            print(f"      {name} {json.dumps(arguments, ensure_ascii=False)}")
        for line in turn.reply().splitlines():
            print(f"      | {line}")
        print(f"      = {turn.outcome}")


def say_self_test(known):
    """Does the check of statements find what is not true, and nothing else?"""
    slips = doctored.self_test(known)
    for slip in slips:
        print(f"# {slip}", file=sys.stderr)
    print(f"{'not ok' if slips else 'ok'} invented statements are noticed")
    return not slips


def load_all(chosen):
    files = sorted(f for f in os.listdir(TALKS) if f.endswith(".yaml"))
    names = [f[:-len(".yaml")] for f in files]
    try:
        return {n: scripts.load(os.path.join(TALKS, n + ".yaml")) for n in names
                if not chosen or any(word in n for word in chosen)}
    except scripts.Bad as why:
        sys.exit(f"not ok {why}")


def hold_all(talks, known):
    """{name: what examine says}, all on one desk."""
    with tempfile.TemporaryDirectory(prefix="deskhand-talks-") as scratch:
        desk = os.path.join(scratch, "desk")
        subprocess.run([PROGRAM, "init", desk, "--sample"], check=True, timeout=SECONDS,
                       stdout=subprocess.DEVNULL)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = {n: pool.submit(examine, desk, n, t, known) for n, t in talks.items()}
            return {name: job.result() for name, job in jobs.items()}


def report(talks, results, enough, verbose):
    """A talk that fails is `not ok`; as long as ENOUGH of the others pass, it is only `missed`."""
    for name, (why, untrue, export) in results.items():
        word = "ok" if not why and not untrue else "missed" if enough and not untrue else "not ok"
        print(f"{word} {name}: {talks[name]['name']}" + (f" -- {why}" if why else ""))
        for statement in untrue:
            print(f"  no tool returned: {statement}")
        if verbose and export:
            show(export)


def main():
    verbose = "-v" in sys.argv[1:]
    chosen = [word for word in sys.argv[1:] if word != "-v"]
    known = truth.Known(SOURCE)
    sound = say_self_test(known)
    talks = load_all(chosen)
    started = time.monotonic()
    results = hold_all(talks, known)
    passed = sum(why is None for why, _, _ in results.values())
    true = sum(not untrue and export is not None for _, untrue, export in results.values())
    wanted = len(talks) if chosen else PASSES_WANTED
    report(talks, results, passed >= wanted, verbose)
    whole = bool(chosen) or len(talks) == TALKS_WANTED
    if not whole:
        print(f"not ok there are {len(talks)} talks, {TALKS_WANTED} are wanted")
    held = "in all" if true == len(talks) else f"in {true} only"
    print(f"talks: {passed} of {len(talks)} pass, truth held {held}"
          f" (at least {wanted} have to; {time.monotonic() - started:.1f} s)")
    return 0 if sound and whole and true == len(talks) and passed >= wanted else 1


if __name__ == "__main__":
    sys.exit(main())
