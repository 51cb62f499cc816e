# What a simulation says, with plain R: Rscript load_run.R RUN
run <- commandArgs(trailingOnly = TRUE)[1]
days <- read.csv(file.path(run, "tables/days.csv"))
demand <- read.csv(file.path(run, "tables/demand_by_minute.csv"))
days$date <- as.Date(days$date)
busiest <- do.call(rbind, lapply(split(demand, demand$kind), function(kind) kind[which.max(kind$requests), ]))
print(days[c("date", "trips", "trips_without_pass", "passes", "checks")])
print(busiest[c("kind", "at_local", "rate_per_s")], row.names = FALSE)
