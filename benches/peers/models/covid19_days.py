"""OpenABM-Covid19 as it comes: `covid19_days.py RESIDENTS DAYS`."""

import sys

import COVID19.model

residents, days = map(int, sys.argv[1:])
COVID19.model.Model(params={"n_total": residents, "end_time": days}).run()
