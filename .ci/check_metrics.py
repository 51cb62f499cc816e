"""Reads /metrics as Prometheus' own client library does, and holds it against the table in docs/api.md.

usage: check_metrics.py DOCUMENT < METRICS
"""

import re
import sys

from prometheus_client.parser import text_string_to_metric_families

families = {family.name: family for family in text_string_to_metric_families(sys.stdin.read())}
assert families, "no metrics"
for family in families.values():
    assert family.documentation and family.type in ("counter", "gauge", "histogram"), f"{family.name} is not explained"
    assert family.samples, f"{family.name} has no samples"

# The library leaves off the `_total` of counters.
told = {name.removesuffix("_total") for name in re.findall(r"^\| `((?:lockgate|process)_\w+)`", open(sys.argv[1]).read(), re.M)}
told.discard("lockgate_faults_injected")  # in rehearsals only
assert told == families.keys(), f"not told: {sorted(families.keys() - told)}; not there: {sorted(told - families.keys())}"

for name in ("lockgate_request_duration_seconds", "lockgate_store_writes_per_commit"):
    series = {}
    for sample in families[name].samples:
        labels = dict(sample.labels)
        bound = labels.pop("le", None)
        one = series.setdefault(tuple(sorted(labels.items())), {"buckets": []})
        if sample.name.endswith("_bucket"):
            one["buckets"].append((float(bound), sample.value))
        else:
            one[sample.name.rsplit("_", 1)[1]] = sample.value
    for labels, one in series.items():
        counts = [count for _, count in sorted(one["buckets"])]
        assert counts == sorted(counts) and counts[-1] == one["count"], f"{name}{labels} is no histogram: {one}"
print(f"{len(families)} metrics, read by Prometheus' client library")
