# What a parameter study says, with plain R: Rscript load_sweep.R RUN
run <- commandArgs(trailingOnly = TRUE)[1]
sweep <- read.csv(file.path(run, "tables/sweep.csv"), check.names = FALSE)
days <- read.csv(file.path(run, "tables/quantiles_days.csv"), check.names = FALSE)
columns <- names(sweep)
parameters <- columns[seq_len(match("run", columns) - 1)]
print(aggregate(sweep[c("trips", "passes", "peak_mix_per_s")], sweep[parameters], mean), row.names = FALSE)
print(days[days$measure == "passes", c(parameters, "date", "runs", "p05", "p50", "p95")], row.names = FALSE)
