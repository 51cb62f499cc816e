//! The page and its pictures.

use std::fs;
use std::path::{Path, PathBuf};

use loadgen::{Change, Direction, Kind};
use report::record::{Command, Results, SideRecord, Verdict};
use report::{Comparison, Run, RunFolder, RunRecord};

use crate::simulated::{CALENDAR, simulate};
use crate::{fixture, support};

/// The page with each inline picture cut to its name: pictures have golden files of their own.
fn without_pictures(page: &str) -> String {
    let mut parts = page.split("<svg ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (picture, rest) = part.split_once("</svg>").unwrap();
        text += &format!("<svg {}...</svg>{rest}", &picture[..picture.find("viewBox").unwrap()]);
    }
    text
}

/// Compares `page`, without its pictures, with its golden file, and keeps it whole where a folder is named for that: a browser looks at it
/// there (`.ci/pages`).
fn page_matches_golden(name: &str, page: &str) {
    matches_golden(name, &without_pictures(page));
    if let Some(folder) = std::env::var_os("REPORT_PAGES") {
        fs::write(Path::new(&folder).join(name), page).unwrap();
    }
}

/// Compares with the golden file, or writes it when asked to.
fn matches_golden(name: &str, text: &str) {
    support::equals_file(text, &format!("tests/golden/{name}"));
}

#[test]
fn page_and_pictures_are_as_agreed() {
    let folder = tempfile::tempdir().unwrap();
    let out = fixture::demo(&folder.path().join("demo"));
    page_matches_golden("index.html", &fs::read_to_string(out.join("index.html")).unwrap());
    assert_eq!(pictures_are_as_agreed(&out), 13);
}

/// Compares each picture of the page in `out`; returns how many there are.
fn pictures_are_as_agreed(out: &Path) -> usize {
    let mut pictures: Vec<PathBuf> =
        fs::read_dir(out.join("plots")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pictures.sort();
    let svgs = pictures.iter().filter(|path| path.extension().is_some_and(|extension| extension == "svg"));
    for svg in svgs.clone() {
        matches_golden(svg.file_name().unwrap().to_str().unwrap(), &fs::read_to_string(svg).unwrap());
        assert!(svg.with_extension("png").is_file());
    }
    svgs.count()
}

/// The searches for the capacity of three schemes' servers.
fn searches(folder: &Path) -> [PathBuf; 3] {
    let of =
        |scheme, usable_per_s| fixture::capacity_of(Some((scheme, "embedded")), usable_per_s, &folder.join(scheme));
    [
        of("lookup", [6_100.0, 14_200.0, 6_700.0]),
        of("signed", [5_200.0, 15_100.0, 5_900.0]),
        of("blind", [420.0, 6_300.0, 470.0]),
    ]
}

#[test]
fn schemes_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let simulated = Run::open(&fixture::simulate(&folder.path().join("simulate"))).unwrap();
    let searches = searches(folder.path()).map(|run| Run::open(&run).unwrap());
    let out = folder.path().join("page");
    let runs: Vec<Run> = [simulated].into_iter().chain(searches.clone()).collect();
    let page = fs::read_to_string(report::write_page(&runs, &out).unwrap()).unwrap();
    assert!(
        page.contains("lookup holds with 13.5 times headroom") && page.contains("blind breaks: 0.944 times headroom")
    );
    // Without the simulation, whose pictures have golden files already, and with what each server learns.
    let ledger = Run::open(&fixture::ledger(&folder.path().join("ledger"))).unwrap();
    let page = report::write_page(&[&searches[..], &[ledger]].concat(), &folder.path().join("searches")).unwrap();
    let text = fs::read_to_string(&page).unwrap().replace(&folder.path().display().to_string(), "FOLDER");
    page_matches_golden("schemes.html", &text);
    assert_eq!(pictures_are_as_agreed(page.parent().unwrap()), 3);
    // Two stores of one scheme are two servers, each with its own name.
    let postgres =
        fixture::capacity_of(Some(("lookup", "postgres")), [4_000.0, 9_000.0, 5_000.0], &folder.path().join("other"));
    let stores = [searches[0].clone(), Run::open(&postgres).unwrap()];
    let page = fs::read_to_string(report::write_page(&stores, &folder.path().join("stores")).unwrap()).unwrap();
    assert!(page.contains("lookup on embedded holds with") && page.contains("lookup on postgres holds with"), "{page}");
    let twins = [&searches[..], &searches[..1]].concat();
    let error = report::write_page(&twins, &out).unwrap_err().to_string();
    assert!(error.contains("both runs of capacity"), "{error}");
}

/// Two load runs of which the second is slower, as a finished comparison.
fn load_comparison(out: &Path) -> PathBuf {
    let before = Run::open(&fixture::load(&out.join("before"))).unwrap();
    let folder = RunFolder::create(&out.join("compared")).unwrap();
    let change = |kind, quantity, before: f64, ratio: f64, direction| Change {
        kind,
        quantity,
        before,
        after: before * ratio,
        ratio,
        interval: (ratio * 0.93, ratio * 1.1),
        direction,
    };
    let changes = [
        change(Kind::Issue, "response_time_p50", 4_400.0, 1.01, Direction::Same),
        change(Kind::Issue, "response_time_p99", 12_320.0, 2.4, Direction::Worse),
        change(Kind::Issue, "goodput", 300.0, 0.62, Direction::Worse),
        change(Kind::Verify, "response_time_p99", 3_360.0, 0.7, Direction::Better),
    ];
    let written = report::write_changes(&folder, [&before, &before], 0.1, &changes).unwrap();
    let results = Results { load_comparison: Some(written.clone()), ..Results::default() };
    let record = RunRecord {
        sentence: "regression: worse by more than 10 %: issue response_time_p99, issue goodput".into(),
        verdict: Some(Verdict::Failed),
        ..fixture::record(Command::Compare, results, None)
    };
    folder.write_record(&record).unwrap();
    report::write_load_comparison_page(&written, &record, folder.path()).unwrap();
    folder.finish().unwrap()
}

#[test]
fn scenarios_are_compared_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut comparison = Comparison::default();
    // Other people instead of another policy: what a page looks like is the question.
    for seeds in [[1, 2], [3, 4]] {
        let [before, after] = seeds.map(|seed| simulate(seed, &mut ()));
        comparison.add(&before, &after, &CALENDAR).unwrap();
    }
    let out = RunFolder::create(&folder.path().join("compared")).unwrap();
    let side = |overrides: &[&str]| SideRecord {
        scenario: "bor".into(),
        overrides: overrides.iter().map(|text| (*text).to_owned()).collect(),
    };
    let written = comparison.write(&out, [side(&[]), side(&["seed=2"])]).unwrap();
    let results = Results { comparison: Some(written.clone()), ..Results::default() };
    let sentence = report::comparison_sentence(&comparison.differences());
    let record = RunRecord { sentence, ..fixture::record(Command::Compare, results, None) };
    out.write_record(&record).unwrap();
    report::write_comparison_page(&comparison, &written, &record, out.path()).unwrap();
    let out = out.finish().unwrap();
    support::keeps_the_promise(&out);
    support::tables_are_described(&out);
    page_matches_golden("compared-scenarios.html", &fs::read_to_string(out.join("index.html")).unwrap());
    assert_eq!(pictures_are_as_agreed(&out), 1);
}

#[test]
fn load_runs_are_compared_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = load_comparison(folder.path());
    support::keeps_the_promise(&out);
    support::tables_are_described(&out);
    page_matches_golden("compared-loads.html", &fs::read_to_string(out.join("index.html")).unwrap());
    assert_eq!(pictures_are_as_agreed(&out), 1);
    let error = report::write_page(&[Run::open(&out).unwrap()], &folder.path().join("page")).unwrap_err().to_string();
    assert!(error.contains("page"), "{error}");
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let folder = tempfile::tempdir().unwrap();
    let out = fixture::demo(&folder.path().join("demo"));
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    for foreign in ["<script", "<link", "<img", "@import", "url(", "src="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("holds") || page.contains("Holds"));
}

#[test]
fn a_part_tells_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let page_of = |run: PathBuf| {
        let runs = Run::open_all(&run).unwrap();
        fs::read_to_string(report::write_page(&runs, &run).unwrap()).unwrap()
    };
    let simulate = page_of(fixture::simulate(&folder.path().join("simulate")));
    assert!(
        simulate.contains("Simulated</span>") && !simulate.contains("<h2>The replay") && !simulate.contains("can bear")
    );
    let load = page_of(fixture::load(&folder.path().join("load")));
    assert!(load.contains("<h2>The replay") && !load.contains("Demand over the days"));
    let capacity = page_of(fixture::capacity(&folder.path().join("capacity")));
    assert!(capacity.contains("can bear") && !capacity.contains("<h2>The replay"));
}

#[test]
fn runs_apart_tell_one_story() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let runs = [fixture::simulate(&at("a")), fixture::capacity(&at("b"))].map(|run| Run::open(&run).unwrap());
    let page = fs::read_to_string(report::write_page(&runs, &at("page")).unwrap()).unwrap();
    assert!(page.contains("13.5 times"), "the tightest path's headroom");
    let twins = [runs[0].clone(), Run::open(&fixture::simulate(&at("c"))).unwrap()];
    let error = report::write_page(&twins, &at("page")).unwrap_err().to_string();
    assert!(error.contains("both runs of simulate"), "{error}");
}

#[test]
fn strangers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let simulated = Run::open(&fixture::simulate(&at("simulated"))).unwrap();
    for measured in [fixture::capacity(&at("capacity")), fixture::load(&at("load"))] {
        let told = |change: fn(&mut RunRecord)| {
            let mut measured = Run::open(&measured).unwrap();
            change(&mut measured.record);
            report::write_page(&[simulated.clone(), measured], &at("page")).map_err(|error| error.to_string())
        };
        for (change, words) in [
            ((|record| record.scenario = Some("omsk".into())) as fn(&mut RunRecord), "scenario omsk"),
            (|record| record.seed = Some(8), "seed 20200402 and seed 8"),
            (|record| record.calendar.as_mut().unwrap().days = 9, "9 days from 2020-04-02"),
            (
                |record| record.overrides = vec!["behaviour.obey_share=1".into()],
                "nothing set and behaviour.obey_share=1",
            ),
        ] {
            let error = told(change).unwrap_err();
            assert!(error.contains("do not belong together") && error.contains(words), "{error}");
            assert!(error.contains("simulated and "), "{error}");
        }
        assert!(told(|_| ()).is_ok());
        assert!(told(|record| record.overrides = vec!["slo.response_time_ms=100".into()]).is_ok());
        assert!(told(|record| (record.scenario, record.seed, record.calendar) = (None, Some(8), None)).is_ok());
    }
}

#[test]
fn hostile_titles_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let out = fixture::simulate(&folder.path().join("run"));
    let mut run = Run::open(&out).unwrap();
    run.record.title = Some("</title><script>alert(1)</script>".into());
    run.record.warnings = vec!["<img src=x onerror=alert(1)>".into()];
    let page = fs::read_to_string(report::write_page(&[run], &out).unwrap()).unwrap();
    assert!(!page.contains("<script") && !page.contains("<img"));
}
