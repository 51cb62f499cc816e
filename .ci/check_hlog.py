"""Reads the interval logs of load runs with the HdrHistogram tools of another language, and holds them to run.json and the tables.

    python check_hlog.py RUN...

For each measure and kind: the intervals of the log, added up, hold as many values as requests were answered or timed out, and give the
percentiles of run.json within the histogram's 0.1 %; the log's intervals are those of tables/intervals.csv; the .hgrm file ends at the
same maximum.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

LONGEST_NS, DIGITS = 3_600_000_000_000, 3
# Two roundings to three digits, and the tables' own.
TOLERANCE = 2.5e-3
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99_9": 99.9, "max": 100.0}


def read(path):
    """The histogram of each kind over the whole log, and the seconds of which it has intervals."""
    reader = HistogramLogReader(str(path), HdrHistogram(1, LONGEST_NS, DIGITS))
    whole = defaultdict(lambda: HdrHistogram(1, LONGEST_NS, DIGITS))
    seconds = set()
    while (interval := reader.get_next_interval_histogram()) is not None:
        kind = interval.get_tag()
        whole[kind].add(interval)
        since = interval.get_start_time_stamp() / 1000 - reader.get_start_time_sec()
        seconds.add((round(since), kind))
    return whole, seconds


def near(found, expected, what):
    assert abs(found - expected) <= TOLERANCE * max(expected, 1), f"{what}: {found} in the log, {expected} in run.json"


def between(histogram, percentile, expected, what):
    """Tools round the rank of a percentile up or to the nearest: that is one value more or less."""
    step = 100 / histogram.get_total_count()
    low = histogram.get_value_at_percentile(max(percentile - step, 0)) / 1000
    high = histogram.get_value_at_percentile(min(percentile + step, 100)) / 1000
    sound = low * (1 - TOLERANCE) <= expected <= high * (1 + TOLERANCE)
    assert sound, f"{what}: {low} to {high} in the log, {expected} in run.json"


def check(run):
    record = json.loads((run / "run.json").read_text())
    with open(run / "tables" / "intervals.csv", newline="") as table:
        rows = [row for row in csv.DictReader(table) if int(row["answered"]) + int(row["timed_out"]) > 0]
    for measure in ["response_time", "service_time", "send_lag"]:
        logged, seconds = read(run / "hlog" / f"{measure}.hlog")
        assert logged, f"{run}: {measure}.hlog is empty"
        for kind, counts in record["kinds"].items():
            told = counts[f"{measure}_us"]
            if told["p50"] is None:
                continue
            for name, percentile in PERCENTILES.items():
                if told[name] is not None:
                    between(logged[kind], percentile, told[name], f"{run}: {kind} {measure} {name}")
            hgrm = (run / "hgrm" / f"{measure}-{kind}.hgrm").read_text().splitlines()
            last = [line.split() for line in hgrm if line and not line.startswith("#")][-1]
            near(float(last[0]) * 1000, told["max"], f"{run}: {kind} {measure} of the .hgrm file")
            assert int(last[2]) == logged[kind].get_total_count(), f"{run}: {kind} {measure}: counts differ"
    logged, seconds = read(run / "hlog" / "response_time.hlog")
    for kind, counts in record["kinds"].items():
        count = logged[kind].get_total_count()
        assert count == counts["answered"] + counts["timed_out"], f"{run}: {count} response times of {kind}"
    assert seconds == {(int(row["second"]), row["kind"]) for row in rows}, f"{run}: the seconds of the log are not the table's"
    print(f"{run}: logs, tables and run.json say the same")


for folder in sys.argv[1:]:
    check(Path(folder))
