# What a simulation says, with pandas: python load_run.py RUN
import json, pathlib, sys
import pandas as pd

run = pathlib.Path(sys.argv[1])
record = json.loads((run / "run.json").read_text())
days = pd.read_csv(run / "tables/days.csv", parse_dates=["date"])
demand = pd.read_csv(run / "tables/demand_by_minute.csv", parse_dates=["at_local"])
busiest = demand.loc[demand.groupby("kind")["requests"].idxmax(), ["kind", "at_local", "rate_per_s"]]
print(record["title"], "- seed", record["seed"], "- fingerprint", record["fingerprint"])
print(days[["date", "trips", "trips_without_pass", "passes", "checks"]], busiest, sep="\n")
