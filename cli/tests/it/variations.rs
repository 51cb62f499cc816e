//! Scenarios varied: keys set on the command line, ensembles over seeds, sweeps over values.

use std::process::Stdio;

use crate::program::{Bench, SMALL, files_below, wait_until};

const SWEEP: &str = r#"
[sweep]
"behaviour.obey_share" = [0.5, 1] # in quotes
policy.purposes.groceries.validity_min = [60, 180] # without
"#;

/// The cells of a table without quotes, its header first.
fn rows(bench: &Bench, table: &str) -> Vec<Vec<String>> {
    bench.read(table).lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A column of it.
fn column(rows: &[Vec<String>], name: &str) -> Vec<String> {
    let place = rows[0].iter().position(|column| column == name).unwrap_or_else(|| panic!("{name}: {:?}", rows[0]));
    rows[1..].iter().map(|row| row[place].clone()).collect()
}

#[test]
fn a_key_set_is_a_key_written() {
    let bench = Bench::new();
    let set =
        ["--set", "policy.purposes.groceries.validity_min=60", "--set", "behaviour.obey_share=1", "--set", "seed=9"];
    bench.succeed(&[&["simulate", "scenario.toml", "--out", "set"], &set[..]].concat());
    let written = SMALL.replace("groceries = { validity_min = 180 }", "groceries = { validity_min = 60 }");
    bench.write("written.toml", &(written.replace("seed = 7", "seed = 9") + "\n[behaviour]\nobey_share = 1\n"));
    bench.succeed(&["simulate", "written.toml", "--out", "written"]);
    let (set, written) = (bench.record("set"), bench.record("written"));
    assert_eq!(set["fingerprint"], written["fingerprint"]);
    assert_eq!(written["overrides"], serde_json::json!([]));
    let overrides = ["policy.purposes.groceries.validity_min=60", "behaviour.obey_share=1"];
    assert_eq!(set["overrides"], serde_json::json!(overrides), "the seed stands in the record by itself");
    assert_eq!(set["seed"], 9);
    // The scenario that the folder keeps makes the run again.
    std::fs::copy(bench.path("set/scenario.toml"), bench.path("kept.toml")).unwrap();
    bench.succeed(&["simulate", "kept.toml", "--format", "none", "--out", "kept"]);
    assert_eq!(bench.record("kept")["fingerprint"], set["fingerprint"]);
    assert_ne!(bench.read("set/scenario.toml"), SMALL);
}

#[test]
fn seed_and_days_of_the_command_line_are_kept_in_the_scenario() {
    let bench = Bench::new();
    bench.succeed(&["simulate", "scenario.toml", "--seed", "8", "--days", "1", "--format", "none", "--out", "run"]);
    assert_eq!(bench.read("run/scenario.toml"), SMALL.replace("seed = 7", "seed = 8").replace("days = 2", "days = 1"));
    assert!(bench.fail(2, &["simulate", "scenario.toml", "--days", "0"]).contains("--days 0: "));
}

#[test]
fn a_fault_of_a_set_value_is_told_there() {
    let bench = Bench::with(&SMALL.replace("rubbish = { validity_min = 30 }", "rubbish = { validity_min = -30 }"));
    let set = ["--set", "behaviour.obey=0.5", "--set", "behaviour.obey_share=1.5", "--set", "policy.advance_h=soon"];
    for command in ["check", "simulate", "capacity"] {
        let said = bench.fail(2, &[&[command, "scenario.toml"], &set[..]].concat());
        assert!(said.contains("--set behaviour.obey=0.5: there is no key `obey`"), "{command}: {said}");
        assert!(said.contains("--set behaviour.obey_share=1.5: 1.5 is not a share"), "{command}: {said}");
        assert!(said.contains("--set policy.advance_h=soon: this is a wrong kind of value"), "{command}: {said}");
        let line = 1 + SMALL.lines().position(|line| line.starts_with("rubbish")).unwrap();
        assert!(said.contains(&format!("scenario.toml:{line}: policy.purposes.rubbish")), "{command}: {said}");
    }
    let said = bench.fail(2, &["check", "scenario.toml", "--set", "behaviour"]);
    assert!(said.contains("KEY=VALUE"), "{said}");
}

#[test]
fn an_ensemble_stacks_what_single_runs_say() {
    let bench = Bench::new();
    bench.succeed(&["simulate", "scenario.toml", "--runs", "3", "--out", "runs"]);
    for run in 0..3 {
        let (seed, single) = ((7 + run).to_string(), format!("single-{run}"));
        bench.succeed(&["simulate", "scenario.toml", "--seed", &seed, "--format", "none", "--out", &single]);
        // What is taken as given is no result of a run.
        let results = files_below(&bench.path(&single).join("tables")).into_iter();
        for (name, text) in results.filter(|(name, _)| !name.ends_with("assumptions.csv")) {
            let stacked = bench.read(&format!("runs/tables/{}", name.display()));
            let mark = format!("0,{run},{seed},");
            let of_run: Vec<&str> = stacked.lines().skip(1).filter_map(|line| line.strip_prefix(&mark)).collect();
            let alone: Vec<&str> = std::str::from_utf8(&text).unwrap().lines().collect();
            assert_eq!(stacked.lines().next(), Some(format!("point,run,seed,{}", alone[0]).as_str()));
            assert!(of_run == alone[1..], "{} differs in run {run}", name.display());
        }
    }
    assert!(!bench.path("runs/runs").exists(), "trips were not asked for");
    let record = bench.record("runs");
    assert_eq!(record["command"], "ensemble");
    assert_eq!(record["ensemble"]["runs_done"], 3);
    // The median of three is the middle one.
    let trips = column(&rows(&bench, "runs/tables/sweep.csv"), "trips");
    let mut trips: Vec<f64> = trips.iter().map(|cell| cell.parse().unwrap()).collect();
    trips.sort_by(f64::total_cmp);
    let quantiles = rows(&bench, "runs/tables/quantiles_sweep.csv");
    let of_trips = column(&quantiles, "measure").iter().position(|measure| measure == "trips").unwrap();
    for (name, value) in [("min", trips[0]), ("p50", trips[1]), ("max", trips[2]), ("p25", (trips[0] + trips[1]) / 2.0)]
    {
        assert_eq!(column(&quantiles, name)[of_trips].parse::<f64>().unwrap(), value, "{name}");
    }
}

#[test]
fn a_sweep_has_a_column_a_parameter_and_a_row_a_run() {
    let bench = Bench::with(&format!("{SMALL}{SWEEP}"));
    let said = bench.succeed(&["check", "scenario.toml"]);
    assert!(said.contains("Sweep: 4 scenarios") && said.contains("behaviour.obey_share: 0.5, 1"), "{said}");
    bench.succeed(&["simulate", "scenario.toml", "--runs", "2", "--out", "swept"]);
    let sweep = rows(&bench, "swept/tables/sweep.csv");
    assert_eq!(column(&sweep, "point"), ["0", "0", "1", "1", "2", "2", "3", "3"]);
    assert_eq!(column(&sweep, "run"), ["0", "1", "0", "1", "0", "1", "0", "1"]);
    assert_eq!(column(&sweep, "behaviour.obey_share"), ["0.5", "0.5", "0.5", "0.5", "1.0", "1.0", "1.0", "1.0"]);
    let validity = column(&sweep, "policy.purposes.groceries.validity_min");
    assert_eq!(validity, ["60", "60", "180", "180", "60", "60", "180", "180"]);
    // A point is the scenario with its values set.
    let set =
        ["--set", "sweep={}", "--set", "behaviour.obey_share=1", "--seed", "8", "--out", "one", "--format", "none"];
    bench.succeed(&[&["simulate", "scenario.toml"], &set[..]].concat());
    assert_eq!(column(&sweep, "trips")[7], bench.record("one")["trips"].to_string());
    assert_eq!(column(&rows(&bench, "swept/tables/quantiles_purposes.csv"), "runs")[0], "2");
    // More than once in one folder, and to the byte.
    bench.succeed(&["simulate", "scenario.toml", "--runs", "2", "--threads", "1", "--out", "again"]);
    assert!(files_below(&bench.path("swept/tables")) == files_below(&bench.path("again/tables")));
    assert!(bench.fail(2, &["report", "swept", "--out", "page"]).contains("is an ensemble"));
}

#[test]
fn every_fault_of_every_point_is_told_at_once() {
    let text = format!("{SMALL}{SWEEP}\"behaviour.obey\" = [1, 2]\nseed = [3, 4]\n");
    let bench = Bench::with(&text);
    let line = |start: &str| 1 + text.lines().position(|line| line.starts_with(start)).unwrap();
    let said = bench.fail(2, &["simulate", "scenario.toml", "--out", "run"]);
    assert!(said.contains(&format!("scenario.toml:{}: sweep.seed: ", line("seed = ["))), "{said}");
    bench.write("scenario.toml", &text.replace("seed = [3, 4]\n", "").replace("[0.5, 1]", "[0.5, 1.5]"));
    let said = bench.fail(2, &["check", "scenario.toml"]);
    let told = |start, rest: &str| said.contains(&format!("scenario.toml:{}: {rest}", line(start)));
    assert!(told("\"behaviour.obey\"", "behaviour.obey = 1: there is no key"), "{said}");
    assert!(told("\"behaviour.obey\"", "behaviour.obey = 2: there is no key"), "{said}");
    assert!(told("\"behaviour.obey_share\"", "behaviour.obey_share = 1.5: 1.5 is not a share"), "{said}");
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(!bench.path("run").exists());
}

#[test]
fn a_command_that_takes_one_scenario_says_so() {
    let bench = Bench::with(&format!("{SMALL}{SWEEP}"));
    for command in [
        &["capacity", "scenario.toml"][..],
        &["load", "scenario.toml", "--target", "http://127.0.0.1:9"],
        &["serve", "--scenario", "scenario.toml"],
        &["demo", "--scenario", "scenario.toml"],
    ] {
        let said = bench.fail(2, command);
        assert!(said.contains("[sweep] makes 4 scenarios") && said.contains("--set sweep={}"), "{command:?}: {said}");
    }
    assert!(bench.succeed(&["check", "scenario.toml", "--set", "sweep={}"]).contains("can be used"));
}

#[test]
fn trips_of_an_ensemble_are_written_when_asked_for() {
    let bench = Bench::new();
    bench.succeed(&["simulate", "scenario.toml", "--runs", "2", "--format", "parquet", "--out", "runs"]);
    for run in ["point-0-run-0", "point-0-run-1"] {
        assert!(bench.path(&format!("runs/runs/{run}/tables/trips.parquet")).exists(), "{run}");
        assert_eq!(bench.record(&format!("runs/runs/{run}"))["status"], "complete");
    }
    assert!(bench.path("runs/tables/quantiles_days.parquet").exists());
    // What one run of it left can be read and made again like any other.
    bench.succeed(&["report", "runs/runs/point-0-run-1", "--out", "page"]);
    let seed = bench.record("runs/runs/point-0-run-1")["seed"].to_string();
    bench.succeed(&["simulate", "scenario.toml", "--seed", &seed, "--format", "none", "--out", "alone"]);
    assert_eq!(bench.record("alone")["fingerprint"], bench.record("runs/runs/point-0-run-1")["fingerprint"]);
}

#[test]
fn seeds_that_do_not_exist_are_refused() {
    let bench = Bench::new();
    let last = i64::MAX.to_string();
    let said = bench.fail(2, &["simulate", "scenario.toml", "--seed", &last, "--runs", "2"]);
    assert!(said.contains("--runs 2"), "{said}");
    assert!(bench.fail(2, &["simulate", "scenario.toml", "--runs", "0"]).contains("--runs"));
}

#[test]
fn a_stopped_ensemble_is_marked_and_holds_whole_runs() {
    let bench = Bench::new();
    let arguments = ["simulate", "scenario.toml", "--runs", "100000", "--out", "run"];
    let mut process = bench.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
    let table = bench.path("run.partial/tables/sweep.csv");
    wait_until(|| std::fs::read_to_string(&table).is_ok_and(|text| text.lines().count() > 2));
    let killed = std::process::Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(process.wait().unwrap().code(), Some(3));
    let record = bench.record("run");
    assert_eq!(record["status"], "partial", "{record}");
    let runs = column(&rows(&bench, "run/tables/sweep.csv"), "run");
    assert_eq!(record["ensemble"]["runs_done"], runs.len());
    let days = column(&rows(&bench, "run/tables/days.csv"), "run");
    assert_eq!(days.len(), 2 * runs.len());
    assert_eq!(column(&rows(&bench, "run/tables/quantiles_sweep.csv"), "runs")[0], runs.len().to_string());
}

#[test]
fn two_policies_are_compared_on_the_same_people() {
    let bench = Bench::new();
    let short = ["--set", "policy.purposes.groceries.validity_min=60"];
    let said = bench.succeed(&[&["compare", "scenario.toml", "--runs", "3", "--out", "shorter"], &short[..]].concat());
    assert!(said.contains("95 % interval") && said.contains("requests to issue"), "{said}");
    let record = bench.record("shorter");
    assert_eq!(record["status"], "complete", "{record}");
    let comparison = &record["comparison"];
    assert_eq!((&comparison["runs"], &comparison["after"]["overrides"]), (&3.into(), &serde_json::json!([short[1]])));
    // What a run of its own says is the mean of these; the residents want the same trips under both.
    let passes = |side: &str| comparison["measures"]["passes"][side].as_f64().unwrap();
    let single = |seed: &str, set: &[&str], out: &str| {
        let common = ["simulate", "scenario.toml", "--seed", seed, "--format", "none", "--out", out];
        bench.succeed(&[&common[..], set].concat());
        bench.record(out)["passes"].as_f64().unwrap()
    };
    let mean = |set: &[&str], name: &str| {
        ["7", "8", "9"].map(|seed| single(seed, set, &format!("{name}-{seed}"))).iter().sum::<f64>() / 3.0
    };
    assert!((mean(&[], "before") - passes("before")).abs() < 1e-9, "{comparison}");
    assert!((mean(&short, "after") - passes("after")).abs() < 1e-9, "{comparison}");
    let table = rows(&bench, "shorter/tables/scenario_comparison.csv");
    let place = column(&table, "measure").iter().position(|measure| measure == "passes").unwrap();
    let number = |name: &str| column(&table, name)[place].parse::<f64>().unwrap();
    assert!((number("difference") - (passes("after") - passes("before"))).abs() < 1e-6);
    assert!(number("interval_low") <= number("difference") && number("difference") <= number("interval_high"));
    let page = bench.read("shorter/index.html");
    assert!(page.contains("<svg") && page.contains(short[1]) && !page.contains("<script"), "{page}");
}

#[test]
fn a_scenario_compared_with_itself_differs_in_nothing() {
    let bench = Bench::new();
    bench.succeed(&["compare", "scenario.toml", "scenario.toml", "--runs", "2", "--out", "same"]);
    let record = bench.record("same");
    assert_eq!(record["sentence"], "nothing that matters differs");
    for (measure, difference) in record["comparison"]["measures"].as_object().unwrap() {
        assert_eq!(difference["before"], difference["after"], "{measure}");
        assert_eq!(difference["interval"], serde_json::json!([0.0, 0.0]), "{measure}");
    }
}

#[test]
fn what_cannot_be_compared_is_told() {
    let bench = Bench::new();
    assert!(bench.fail(2, &["compare", "scenario.toml"]).contains("--set KEY=VALUE"));
    let said = bench.fail(2, &["compare", "scenario.toml", "scenario.toml", "--set", "calendar.days=1"]);
    assert!(said.contains("give both the same [calendar]"), "{said}");
    assert!(bench.fail(2, &["compare", "scenario.toml", "none.toml"]).contains("none.toml"));
    assert!(bench.fail(2, &["compare", "scenario.toml", "scenario.toml", "--margin", "0.1"]).contains("--margin"));
}

#[test]
fn schemes_are_set_side_by_side() {
    let bench = Bench::new();
    // How much it is depends on the machine, and whether it is enough is no failure of the comparison.
    let said = bench.succeed(&["compare", "scenario.toml", "--schemes", "lookup,signed", "--out", "schemes"]);
    let record = bench.record("schemes");
    for scheme in ["lookup", "signed"] {
        assert!(said.contains(scheme), "{said}");
        assert_eq!(record["schemes"][scheme]["paths"].as_object().unwrap().len(), 3, "{record}");
        assert_eq!(bench.record(&format!("schemes/{scheme}"))["command"], "capacity");
    }
    assert!(record["sentence"].as_str().unwrap().contains("headroom") || said.contains("no load held"), "{record}");
    let table = rows(&bench, "schemes/tables/scheme_comparison.csv");
    assert_eq!(column(&table, "scheme"), ["lookup", "lookup", "lookup", "signed", "signed", "signed"]);
    assert_eq!(column(&table, "path"), ["issue", "verify", "mix", "issue", "verify", "mix"]);
    let page = bench.read("schemes/index.html");
    assert!(page.contains("Capacity curves of issue by scheme") && !page.contains("<script"), "{page}");
    // The demand that they were held against is told on the same page, and kept.
    assert_eq!(bench.record("schemes/simulate")["command"], "simulate");
    assert!(
        page.contains("What happens to residents") && page.contains("simulate/tables/demand_by_minute.csv"),
        "{page}"
    );
    let said = bench.fail(2, &["compare", "scenario.toml", "--schemes", "lookup", "--runs", "3"]);
    assert!(said.contains("--schemes takes one scenario"), "{said}");
}

#[test]
fn a_server_that_logs_checks_tells_what_others_do_not() {
    let bench = Bench::new();
    bench.succeed(&["ledger", "scenario.toml", "--schemes", "none,lookup,lookup+log", "--out", "ledger"]);
    let record = bench.record("ledger");
    assert_eq!((&record["command"], &record["status"]), (&"ledger".into(), &"complete".into()));
    let table = rows(&bench, "ledger/tables/privacy_ledger.csv");
    let designs: Vec<(String, String)> =
        column(&table, "scheme").into_iter().zip(column(&table, "log_checks")).collect();
    let facts = |name: &str, design: (&str, &str)| -> Vec<u64> {
        let of_design = designs.iter().zip(column(&table, name));
        let of_design = of_design.filter(|((scheme, log), _)| (scheme.as_str(), log.as_str()) == design);
        of_design.map(|(_, count)| count.parse().unwrap()).collect()
    };
    // At the end of the day, after retention, after the sunset.
    assert_eq!(facts("person_time", ("none", "false")), [0, 0, 0]);
    let [day, after, sunset] = facts("person_time", ("lookup", "false"))[..] else { panic!("{designs:?}") };
    assert!(day > 0 && after == 0 && sunset == 0, "{day} {after} {sunset}");
    assert_eq!(facts("person_place_time", ("lookup", "false")), [0, 0, 0]);
    let checks = facts("checks", ("lookup", "true"))[0];
    assert!(checks > 0, "a day without checks shows nothing");
    let [day, after, sunset] = facts("person_place_time", ("lookup", "true"))[..] else { panic!("{designs:?}") };
    assert!((1..=checks).contains(&day) && after == 0 && sunset == 0, "{day} of {checks} checks, {after}, {sunset}");
}
