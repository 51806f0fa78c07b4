#!/usr/bin/env python3
"""tools/test counts cases, not programs; and what died counts as failed."""
import json
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("DESKHAND_SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

XML = """JSON Schema: 3 of 3
<testsuites>
  <testsuite name="x" time="0.1" tests="3" failures="1" errors="0" skipped="1" >
    <testcase name="test_a" time="0.0" >
    </testcase>
    <testcase name="test_b" time="0.0" >
      <failure><![CDATA[0x1 != 0x2]]></failure>
    </testcase>
    <testcase name="test_c" time="0.0" >
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>
"""
SOUND = XML.replace("<failure><![CDATA[0x1 != 0x2]]></failure>", "")

# name, what the program printed, meson's word, its exit code, passed, failed, skipped
ROWS = [
    ("cases of a cmocka program", XML, "FAIL", 1, 1, 1, 1),
    ("a program that dies after its cases", SOUND, "FAIL", -11, 2, 1, 1),
    ("a program that dies before them", "", "FAIL", -9, 0, 1, 0),
    ("a program that never ends", "", "TIMEOUT", -15, 0, 1, 0),
    ("lines of a script", "ok a\nok b c\nskip d: why\nokay\n", "OK", 0, 2, 0, 1),
    ("a failed line of a script", "ok a\nnot ok b\n", "FAIL", 1, 1, 1, 0),
    ("a script that ends early", "ok a\n", "FAIL", 1, 1, 1, 0),
    ("a program without cases", "nothing to see\n", "OK", 0, 1, 0, 0),
    ("a program that skips", "", "SKIP", 77, 0, 0, 1),
]


def count(folder, rows):
    log, counts, vectors = (os.path.join(folder, n) for n in ("log.json", "counts", "vectors"))
    with open(log, "w", encoding="utf-8") as f:
        for name, out, word, code, *_ in rows:
            f.write(json.dumps({"name": "deskhand:unit / " + name, "stdout": out, "result": word,
                                "returncode": code, "stderr": "why it died"}) + "\n")
    done = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "test_count.py"), "count",
                           log, "gcc", counts, vectors], stdout=subprocess.PIPE, text=True,
                          timeout=60, check=True)
    with open(counts, encoding="utf-8") as c, open(vectors, encoding="utf-8") as v:
        return [int(n) for n in c.read().split()], v.read(), done.stdout


def say(name, good, seen):
    print(f"{'ok' if good else 'not ok'} {name}")
    if not good:
        print(f"# seen: {seen}", file=sys.stderr)
    return good


def main():
    results = []
    with tempfile.TemporaryDirectory(prefix="deskhand-count-") as folder:
        for row in ROWS:
            got, vectors, shown = count(folder, [row])
            results.append(say(row[0], got == list(row[4:]), got))
        got, vectors, shown = count(folder, ROWS)
        results.append(say("all together", got == [sum(r[i] for r in ROWS) for i in (4, 5, 6)],
                           got))
        results.append(say("counts of suites are kept once", vectors == "JSON Schema: 3 of 3\n",
                           vectors))
        results.append(say("a failure is shown with its words",
                           "test_b" in shown and "0x1 != 0x2" in shown, shown))
        results.append(say("a death is shown with its last words",
                           "exit code -11" in shown and "why it died" in shown, shown))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
