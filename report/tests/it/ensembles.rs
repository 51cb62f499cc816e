//! Many simulations in one folder.

use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, SerReader};
use report::record::{Command, ParameterKind, Results};
use report::tables::{Cells, DAYS, SWEEP};
use report::{Ensemble, Format, Mark, Parameter, Run, RunFolder, RunRecord};
use serde_json::Value;

use crate::simulated::{CALENDAR, simulate};
use crate::{fixture, support};

/// Two scenarios of two runs each. What the parameters say is not simulated: tables only carry it.
fn ensemble(out: &Path) -> PathBuf {
    let folder = RunFolder::create(out).unwrap();
    let parameters = vec![
        Parameter { key: "behaviour.obey_share".into(), values: Cells::Numbers(vec![0.5, 1.0]) },
        Parameter { key: "title".into(), values: Cells::texts(["first, and last"]) },
    ];
    let mut ensemble = Ensemble::create(&folder, parameters, 2, Format::Parquet);
    for point in 0..2 {
        for run in 0..2 {
            let seed = 7 + u64::from(run);
            let mark = Mark { point, values: vec![point, 0], run, seed };
            ensemble.add(&mark, &simulate(seed, &mut ()), &CALENDAR).unwrap();
        }
    }
    let results = Results { ensemble: Some(ensemble.finish(2, 1 << 20).unwrap()), ..Results::default() };
    folder.write_record(&RunRecord::new(fixture::heading(Command::Ensemble), 0.5, results, None)).unwrap();
    folder.finish().unwrap()
}

fn parquet(path: &Path) -> DataFrame {
    ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap()
}

#[test]
fn every_table_is_stacked_and_described() {
    let folder = tempfile::tempdir().unwrap();
    let run = ensemble(&folder.path().join("run"));
    support::keeps_the_promise(&run);
    let package: Value = serde_json::from_str(&fs::read_to_string(run.join("datapackage.json")).unwrap()).unwrap();
    let resources = package["resources"].as_array().unwrap();
    let files = fs::read_dir(run.join("tables")).unwrap().count();
    assert_eq!(resources.len(), files, "every file is described");
    let mut stacked = 0;
    for resource in resources {
        let path = run.join(resource["path"].as_str().unwrap());
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        let key = resource["schema"]["primaryKey"].as_array().unwrap();
        assert!(key.iter().all(|key| names.contains(&key.as_str().unwrap())), "{}", path.display());
        assert_eq!(names[..3], ["point", "behaviour.obey_share", "title"]);
        if path.extension().unwrap() == "csv" {
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.lines().next().unwrap(), names.join(","), "{}", path.display());
            let frame = parquet(&path.with_extension("parquet"));
            assert_eq!(frame.get_column_names(), names);
            assert_eq!(frame.height() + 1, text.lines().count(), "{}", path.display());
            stacked += usize::from(names[3..5] == ["run", "seed"]);
        }
    }
    assert_eq!(stacked * 4, files, "each table has its quantiles, and both formats");
    let days = parquet(&run.join("tables/days.parquet"));
    assert_eq!(days.height(), 2 * 2 * usize::from(CALENDAR.days));
    assert_eq!(days.width(), 5 + DAYS.columns.len());
    assert!(fs::read_to_string(run.join("tables/sweep.csv")).unwrap().contains("\n1,1.0,\"first, and last\",1,8,"));
}

#[test]
fn the_record_tells_the_ranges() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::open(&ensemble(&folder.path().join("run"))).unwrap();
    let told = run.record.results.ensemble.as_ref().unwrap();
    assert_eq!((told.points, told.runs, told.runs_done), (2, 2, 4));
    assert_eq!(
        told.parameters.iter().map(|one| one.kind).collect::<Vec<_>>(),
        [ParameterKind::Number, ParameterKind::Text]
    );
    assert_eq!(told.measures.len(), SWEEP.measures().len());
    let trips = [7, 8].map(|seed| simulate(seed, &mut ()).trips as f64);
    let range = told.measures["trips"];
    assert_eq!((range.min, range.max), (trips[0].min(trips[1]), trips[0].max(trips[1])));
    assert!(run.record.sentence.starts_with("4 runs of 2 scenarios, 2 of each: "), "{}", run.record.sentence);
    let error = report::write_page(&[run], folder.path()).unwrap_err().to_string();
    assert!(error.contains("is an ensemble"), "{error}");
}

#[test]
fn an_ensemble_without_runs_is_readable() {
    let folder = tempfile::tempdir().unwrap();
    let begun = RunFolder::create(&folder.path().join("run")).unwrap();
    let written = Ensemble::create(&begun, Vec::new(), 3, Format::Csv).finish(1, 0).unwrap();
    let results = Results { ensemble: Some(written), ..Results::default() };
    let record = RunRecord::new(fixture::heading(Command::Ensemble), 0.5, results, None).stopped();
    begun.write_record(&record).unwrap();
    let run = begun.finish().unwrap();
    support::keeps_the_promise(&run);
    assert_eq!(Run::open(&run).unwrap().record, record);
    assert_eq!(record.sentence, "stopped early: 0 runs");
}
