"""Compares the instructions that Callgrind counted (target/gungraun) with those written down (benches/instructions.csv)."""

import csv
import json
import sys
from pathlib import Path

WRITTEN = Path("benches/instructions.csv")
TOLERANCE = 0.05


def counted():
    """The instructions of each benchmark of the last run."""
    found = {}
    for path in sorted(Path("target/gungraun").rglob("summary.json")):
        summary = json.loads(path.read_text())
        name = "/".join(part for part in (summary["group"] if "group" in summary else "", summary["function_name"], summary.get("id")) if part)
        found[name] = summary["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"]
    return found


def main():
    found = counted()
    if not found:
        sys.exit("no benchmark was counted")
    if sys.argv[1:] == ["--update"]:
        with WRITTEN.open("w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["benchmark", "instructions"])
            rows.writerows(sorted(found.items()))
        return
    with WRITTEN.open(newline="") as file:
        written = {row["benchmark"]: int(row["instructions"]) for row in csv.DictReader(file)}
    faults = [f"{name} stands in {WRITTEN} and was not counted" for name in written.keys() - found.keys()]
    faults += [f"{name} does not stand in {WRITTEN}; run .ci/instructions --update" for name in found.keys() - written.keys()]
    for name in sorted(written.keys() & found.keys()):
        change = found[name] / written[name] - 1
        print(f"{name:40} {written[name]:>14,} {found[name]:>14,} {change:+7.2%}")
        if change > TOLERANCE:
            faults.append(f"{name} takes {change:.1%} more instructions than {WRITTEN} says: {found[name]:,} instead of {written[name]:,}")
        elif change < -TOLERANCE:
            print(f"  {-change:.1%} fewer: write it down with .ci/instructions --update")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
