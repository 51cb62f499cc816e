//! Run folders: whole or marked.

use std::fs;

use report::record::{Command, Results, Status};
use report::{Bulk, BulkWriter, Format, Run, RunFolder, RunRecord};

use crate::{fixture, support};

#[test]
fn a_folder_has_its_name_only_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let begun = RunFolder::create(&out).unwrap();
    assert!(!out.exists());
    let partial = begun.path().to_path_buf();
    drop(begun);
    let error = Run::open(&partial).unwrap_err().to_string();
    assert!(error.contains("did not end"), "{error}");
    fixture::simulate(&out);
    assert!(!partial.exists() && !out.join("UNFINISHED").exists());
    assert_eq!(Run::open(&out).unwrap().record.status, Status::Complete);
}

#[test]
fn an_earlier_run_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    fixture::simulate(&out);
    fixture::load(&out);
    assert_eq!(Run::open(&out).unwrap().record.command, Command::Load);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let own = folder.path().join("letters");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("letter.txt"), "Dear").unwrap();
    let error = RunFolder::create(&own).unwrap_err().to_string();
    assert!(error.contains("letters holds files that are no run folder"), "{error}");
}

#[test]
fn an_earlier_page_is_replaced_unless_something_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Run::open_all(&fixture::simulate(&folder.path().join("run"))).unwrap();
    let out = folder.path().join("page");
    let write = || {
        let begun = RunFolder::create(&out)?;
        report::write_page(&runs, begun.path())?;
        begun.finish()
    };
    write().unwrap();
    write().unwrap();
    assert!(out.join("index.html").is_file());
    fs::write(out.join("letter.txt"), "Dear").unwrap();
    assert!(write().unwrap_err().to_string().contains("no run folder"));
    fs::remove_file(out.join("letter.txt")).unwrap();
    fs::write(out.join("index.html"), "<title>My own page</title>").unwrap();
    assert!(write().unwrap_err().to_string().contains("no run folder"));
}

#[test]
fn equal_tables_have_equal_descriptions() {
    let folder = tempfile::tempdir().unwrap();
    let described = |name: &str, typed: &str| {
        let begun = RunFolder::create(&folder.path().join(name)).unwrap();
        fs::write(begun.tables().join("days.csv"), "day\n").unwrap();
        let record = fixture::record(Command::Simulate, Results::default(), None);
        begun.write_record(&RunRecord { command_line: typed.into(), ..record }).unwrap();
        fs::read_to_string(begun.path().join("datapackage.json")).unwrap()
    };
    assert_eq!(described("a", "lockgate simulate --out a"), described("b", "lockgate simulate --out b"));
}

#[test]
fn a_stopped_run_judges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Run::open(&fixture::load(&folder.path().join("whole"))).unwrap().record;
    assert!(whole.verdict.is_some() && whole.sentence.starts_with("holds: the replay kept"), "{}", whole.sentence);
    let begun = RunFolder::create(&folder.path().join("load")).unwrap();
    let stopped = whole.stopped();
    assert_eq!((stopped.status, stopped.verdict), (Status::Partial, None));
    assert!(stopped.sentence.starts_with("stopped early: the replay asked "), "{}", stopped.sentence);
    begun.write_record(&stopped).unwrap();
    let run = begun.finish().unwrap();
    support::keeps_the_promise(&run);
    let page = fs::read_to_string(report::write_page(&Run::open_all(&run).unwrap(), &run).unwrap()).unwrap();
    assert!(page.contains("Stopped early</span> the replay asked ") && !page.contains("Holds"));
}

#[test]
fn what_is_no_run_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Run::open(&folder.path().join("nowhere")).unwrap_err().to_string();
    assert!(error.ends_with("no run.json; the folder does not exist"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = RunFolder::create(&folder.path().join("file/run")).unwrap_err().to_string();
    assert!(error.contains("file") && error.contains("not a folder"), "{error}");
}

#[test]
fn a_full_disk_and_a_read_only_place_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let begun = RunFolder::create(&folder.path().join("run")).unwrap();
    // Writing to this device fails as on a full disk.
    std::os::unix::fs::symlink("/dev/full", begun.tables().join("checks.csv")).unwrap();
    let error = BulkWriter::create(&begun, &Bulk::all(Format::Csv), &[], 1).err().unwrap().to_string();
    assert!(error.contains("checks.csv") && error.contains("disk is full"), "{error}");
    // Nobody may create a folder here, the system's administrator included.
    let error = RunFolder::create(std::path::Path::new("/proc/run")).unwrap_err().to_string();
    assert!(error.contains("/proc/run.partial"), "{error}");
}

#[test]
fn a_record_without_its_promise_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = fixture::simulate(&folder.path().join("run"));
    let path = out.join("run.json");
    let json = fs::read_to_string(&path).unwrap().replace("\"fingerprint\"", "\"mark\"");
    fs::write(&path, json).unwrap();
    let error = Run::open(&out).unwrap_err().to_string();
    assert!(error.contains("run.json") && error.contains("fingerprint"), "{error}");
}

#[test]
fn records_keep_the_promise() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fixture::demo(&folder.path().join("demo"));
    for part in ["", "simulate", "capacity", "load"] {
        support::keeps_the_promise(&demo.join(part));
    }
    support::tables_are_described(&demo.join("simulate"));
}

#[test]
fn records_read_back() {
    let record = fixture::record(Command::Demo, Results::default(), None);
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(RunRecord::parse(&json), Ok(record));
}
