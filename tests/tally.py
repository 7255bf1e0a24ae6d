"""Adds up the TAP subtests in Meson's testlog.json and names those that failed.

usage: tally.py TESTLOG; prints "PASSED FAILED SKIPPED" on standard output, failures on standard error.
A test that says nothing in TAP counts as one; a test that died counts as a failure more than it reported.
"""
import json
import re
import sys

POINT = re.compile(r"^(not )?ok\b[ \d]*(?:- )?([^#]*)(?:#\s*(SKIP|TODO)?(.*))?$", re.IGNORECASE)


def subtests(output):
    """Yields (passed | failed | skipped, name, reason) for each TAP line of a test's output."""
    for line in output.splitlines():
        match = POINT.match(line)
        if not match:
            continue
        directive = (match[3] or "").upper()
        if directive:
            outcome = "skipped"
        else:
            outcome = "failed" if match[1] else "passed"
        yield outcome, match[2].strip(), (match[4] or "").strip()


def tally(path):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with open(path, encoding="utf-8") as log:
        tests = [json.loads(line) for line in log]
    for test in tests:
        seen = list(subtests(test.get("stdout", "")))
        for outcome, name, reason in seen:
            counts[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {test['name']}: {name} {reason}".rstrip(), file=sys.stderr)
        good = test["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
        if not good and not any(outcome == "failed" for outcome, _, _ in seen):
            counts["failed"] += 1
            print(f"failed: {test['name']}: {test['result']}, exit status {test['returncode']}",
                  file=sys.stderr)
        elif good and not seen:
            counts["skipped" if test["result"] == "SKIP" else "passed"] += 1
    return counts


if __name__ == "__main__":
    total = tally(sys.argv[1])
    print(total["passed"], total["failed"], total["skipped"])
