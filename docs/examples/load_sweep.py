# What a parameter study says, with pandas: python load_sweep.py RUN
import json, pathlib, sys
import pandas as pd

run = pathlib.Path(sys.argv[1])
parameters = [one["key"] for one in json.loads((run / "run.json").read_text())["ensemble"]["parameters"]]
sweep = pd.read_csv(run / "tables/sweep.csv")
days = pd.read_csv(run / "tables/quantiles_days.csv", parse_dates=["date"])
passes = days[days["measure"] == "passes"]
print(sweep.groupby(["point", *parameters])[["trips", "passes", "peak_mix_per_s"]].agg(["mean", "std"]).to_string())
print(passes[[*parameters, "date", "runs", "p05", "p50", "p95"]].to_string(index=False))
