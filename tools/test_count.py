"""Counts test cases in what `meson test` logged, for tools/test. Two uses:

    test_count.py names BUILD PART [--suite S | --no-suite S]...  the tests whose name holds PART
    test_count.py count LOG.json TITLE COUNTS VECTORS             what failed, on stdout

COUNTS gets a line `passed failed skipped`; VECTORS, unless it is empty, gets the lines in which
tests say how much of a public test suite they passed. A case is a test of a cmocka program (read
from the XML it prints), a line `ok`, `not ok` or `skip` of a script, else the whole program. A
program that died or failed without a failed case is one failed case more.
"""
import json
import re
import subprocess
import sys

TESTCASE = re.compile(r'<testcase name="([^"]*)"[^>]*?(?:/>|>(.*?)</testcase>)', re.S)
LINE = re.compile(r"^(ok|not ok|skip) (\S.*)$", re.M)
VECTOR_LINE = re.compile(r"^(?:JSONTestSuite|JSON Schema|mustache|kill points)\b.*$", re.M | re.I)
SHOWN_LINES = 25


def cases_of(test):
    """[(name, 'passed' | 'failed' | 'skipped', details)] of one program."""
    out = test.get("stdout", "")
    cases = []
    for name, inside in TESTCASE.findall(out):
        result = ("failed" if "<failure" in inside or "<error" in inside else
                  "skipped" if "<skipped" in inside else "passed")
        details = re.sub(r"<!\[CDATA\[|\]\]>|</?\w+[^>]*>", "", inside).strip()
        cases.append((name, result, details))
    if not cases:
        words = {"ok": "passed", "not ok": "failed", "skip": "skipped"}
        cases = [(name, words[word], "") for word, name in LINE.findall(out)]
    if not cases and test["result"] in ("OK", "SKIP"):
        cases = [(test["name"], "passed" if test["result"] == "OK" else "skipped", "")]
    if test["result"] not in ("OK", "SKIP") and not any(r == "failed" for _, r, _ in cases):
        why = f"{test['result']}, exit code {test.get('returncode')}"
        cases.append(("(the program itself)", "failed", why))
    return cases


def tail(text):
    return text.strip().split("\n")[-SHOWN_LINES:]


def show_failure(title, test, cases):
    for name, result, details in cases:
        if result == "failed":
            print(f"FAILED {title}: {test['name'].split(' / ')[-1]}: {name}")
            for line in tail(details) if details else []:
                print("    " + line)
    said = test.get("stderr", "").strip()
    if not TESTCASE.search(test.get("stdout", "")):
        said = re.sub(r"^ok .*\n", "", test.get("stdout", ""), flags=re.M) + said
    for line in tail(said) if said else []:
        print("    | " + line)


def count(log, title, counts_file, vectors_file):
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    vectors = []
    with open(log, encoding="utf-8") as f:
        tests = [json.loads(line) for line in f if line.strip()]
    for test in tests:
        cases = cases_of(test)
        for _, result, _ in cases:
            totals[result] += 1
        if any(result == "failed" for _, result, _ in cases):
            show_failure(title, test, cases)
        # Short ones: the names of accepted files, say, stay in the log.
        vectors += [v for v in VECTOR_LINE.findall(test.get("stdout", "")) if len(v) <= 200]
    with open(counts_file, "w", encoding="utf-8") as f:
        f.write("{passed} {failed} {skipped}\n".format(**totals))
    if vectors_file:
        with open(vectors_file, "w", encoding="utf-8") as f:
            f.write("".join(v + "\n" for v in sorted(set(vectors))))


def names(build, part, *options):
    told = subprocess.run(["meson", "introspect", "--tests", build], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    asked = list(zip(options[::2], options[1::2]))
    wanted = {suite for option, suite in asked if option == "--suite"}
    unwanted = {suite for option, suite in asked if option == "--no-suite"}
    for test in json.loads(told):
        suites = {s.split(":")[-1] for s in test["suite"]}
        if part in test["name"] and not suites & unwanted and (suites & wanted or not wanted):
            print(test["name"])


if __name__ == "__main__":
    {"names": names, "count": count}[sys.argv[1]](*sys.argv[2:])
