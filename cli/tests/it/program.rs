//! Runs the real program in a folder of its own.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A small region of 20,000 residents in two places and villages, under the launch's policy.
pub(crate) const SMALL: &str = r#"title = "A small region"
seed = 7

[calendar]
start = "2020-04-02"
days = 2
utc_offset_min = 180

[region]
places = "places.csv"
residents = 20_000

[policy]
from = "2020-04-02T00:00"
until = "2020-06-12T00:00"

[policy.purposes]
groceries = { validity_min = 180 }
pharmacy = { validity_min = 180 }
doctor = { validity_min = 180 }
pet = { validity_min = 60 }
rubbish = { validity_min = 30 }
work = { validity_min = 720 }

[capacity]
start_per_s = 400
step_s = 1
max_per_s = 800
beyond_step_s = 0.5
sweep_step_s = 0.2

[replay]
window_s = 3
"#;

pub(crate) const PLACES: &str = "geonames_id,name,latitude_deg,longitude_deg,population
1,Town,56.3,44.0,12000
2,Village,56.4,44.2,5000
";

/// A folder with the small scenario in it.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Bench::with(SMALL)
    }

    /// A bench whose `scenario.toml` has this text.
    pub(crate) fn with(scenario: &str) -> Self {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        bench.write("scenario.toml", scenario);
        bench.write("places.csv", PLACES);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The `run.json` of the run folder `name`.
    pub(crate) fn record(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(&format!("{name}/run.json"))).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lockgate"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        // No test may find the database of whoever runs it.
        command.env_remove("LOCKGATE_DATABASE_URL");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the program and expects exit code 0.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text_of(&output.stderr));
        text_of(&output.stdout)
    }

    /// Runs the program, expects this exit code and gives what it complained of.
    pub(crate) fn fail(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = text_of(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }
}

pub(crate) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running `lockgate serve` that ends with this value.
pub(crate) struct Server {
    process: Child,
    /// What it prints.
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) url: String,
}

impl Server {
    /// Starts a server on a free port for the scenario of `bench`, its clock at nine on the first morning.
    pub(crate) fn start(bench: &Bench, more: &[&str]) -> Self {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--scenario", "scenario.toml", "--now", "2020-04-02T09:00"];
        let arguments: Vec<&str> = fixed.iter().chain(more).copied().collect();
        let mut process = bench.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = said(&mut lines, "listening on ");
        Server { process, lines, url }
    }

    /// Where officers are served who have an address of their own (`--listen-officers`).
    pub(crate) fn officers(&mut self) -> String {
        said(&mut self.lines, "officers at ")
    }

    /// Ends the server with no chance to tidy up.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
    }
}

/// What stands behind `words` in the next line.
fn said(lines: &mut Lines<BufReader<ChildStdout>>, words: &str) -> String {
    let line = lines.next().map(Result::unwrap).unwrap_or_default();
    line.strip_prefix(words).unwrap_or_else(|| panic!("the server said {line:?}")).to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only the process that this value started; it may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All files below `folder` with their content, by their path in it.
pub(crate) fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Waits for something that another process does; it fails after a minute rather than hang.
pub(crate) fn wait_until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "waited for a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
}
