//! A private PostgreSQL server, for as long as the tests run.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reference_server::StoreKind;

/// Set where these tests must run, as in CI: there a missing PostgreSQL is a failure.
const REQUIRED: &str = "TESTS_REQUIRE_POSTGRES";
/// The user `nobody` and its group: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// Runs until its standard input closes, which it does when the tests end, however they end; then stops the server by its own id (a test
/// may have ended while it hung) and removes its folder.
const KEEPER: &str = r#"
    "$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c max_connections=200 >"$2/log" 2>&1 &
    server=$!
    cat >/dev/null
    kill -CONT $server $(cat /proc/$server/task/$server/children) 2>/dev/null
    kill -INT $server
    wait $server
    [ -e "$2/keep" ] || rm -rf "$2"
"#;

/// A server that listens on a socket in a folder of its own.
pub(crate) struct Cluster {
    programs: PathBuf,
    dir: PathBuf,
    keeper: Option<Child>,
    databases: AtomicUsize,
}

impl Cluster {
    /// The server that all tests share; `None` where PostgreSQL is not installed, which is said once.
    pub(crate) fn shared() -> Option<&'static Cluster> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Cluster::start_if_installed).as_ref()
    }

    /// A server for one test alone, which may stop it.
    pub(crate) fn start_if_installed() -> Option<Cluster> {
        let programs = programs();
        // Past the capture of tests that succeed: whoever reads the output shall know.
        let mut out = std::io::stderr();
        let Some(programs) = programs else {
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and there is no PostgreSQL");
            let _ = writeln!(out, "PostgreSQL is not installed: the tests of its store do NOT run");
            return None;
        };
        let _ = writeln!(out, "the tests of the PostgreSQL store run on {}", programs.display());
        // The keeper removes it.
        let dir = tempfile::tempdir().unwrap().keep();
        if is_root() {
            chown(&dir, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut cluster = Cluster { programs, dir, keeper: None, databases: AtomicUsize::new(0) };
        let data = cluster.dir.join("data");
        cluster
            .run("initdb", &["-D", data.to_str().unwrap(), "-U", "lockgate", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        cluster.start();
        Some(cluster)
    }

    pub(crate) fn start(&mut self) {
        let _ = fs::remove_file(self.dir.join("keep"));
        let mut keeper = self.as_nobody("sh");
        let server = self.programs.join("postgres");
        keeper.arg("-c").arg(KEEPER).arg("keeper").arg(server).arg(&self.dir).stdin(Stdio::piped());
        self.keeper = Some(keeper.spawn().unwrap());
        for _ in 0..600 {
            let ready = self.as_nobody(self.programs.join("pg_isready")).arg("-q").arg("-h").arg(&self.dir).status();
            if ready.unwrap().success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL did not start within 30 seconds: {}", self.log());
    }

    /// Stops the server and keeps its folder.
    pub(crate) fn stop(&mut self) {
        fs::write(self.dir.join("keep"), "").unwrap();
        let mut keeper = self.keeper.take().unwrap();
        drop(keeper.stdin.take());
        keeper.wait().unwrap();
    }

    /// The URL of a new, empty database.
    pub(crate) fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("createdb", &["-h", self.dir.to_str().unwrap(), "-U", "lockgate", &name]);
        format!("postgres:///{name}?user=lockgate&host={}", self.dir.display())
    }

    /// A store in a new database, whose tables are made.
    pub(crate) fn store(&self) -> StoreKind {
        let kind = StoreKind::Postgres { url: self.database() };
        assert_eq!(kind.migrate().unwrap(), Some((0, 2)));
        kind
    }

    /// Says `sql` to the database of `kind`; what it answers.
    pub(crate) fn say(&self, kind: &StoreKind, sql: &str) -> String {
        self.run("psql", &["-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url(kind), "-c", sql])
    }

    /// A session of the database of `kind` in a transaction that holds what `lock` locks.
    pub(crate) fn hold(&self, kind: &StoreKind, lock: &str) -> Held {
        let mut psql = self.as_nobody(self.programs.join("psql"));
        psql.args(["-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url(kind)]);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(psql.stdin.as_mut().unwrap(), "BEGIN; {lock}; SELECT 'held';").unwrap();
        let mut said = String::new();
        BufReader::new(psql.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "held\n", "{lock}");
        Held(psql)
    }

    /// Stops all processes of the server where they are, as a machine that hangs does, until the value is dropped.
    pub(crate) fn hang(&self) -> Hung {
        let server = fs::read_to_string(self.dir.join("data/postmaster.pid")).unwrap();
        let server = server.lines().next().unwrap().to_owned();
        // Once it is stopped itself, it has no new children.
        signal("-STOP", std::slice::from_ref(&server));
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        let children: Vec<String> = children.split_whitespace().map(str::to_owned).collect();
        signal("-STOP", &children);
        Hung([children, vec![server]].concat())
    }

    /// The folder of the tables' files.
    pub(crate) fn tables(&self) -> PathBuf {
        self.dir.join("data/base")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.as_nobody(self.programs.join(program)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn as_nobody(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.dir);
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// A transaction that holds its locks until this is dropped.
pub(crate) struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        // At the end of its input psql leaves, and the database rolls back.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Processes that are stopped and go on when this is dropped.
pub(crate) struct Hung(Vec<String>);

impl Drop for Hung {
    fn drop(&mut self) {
        signal("-CONT", &self.0);
    }
}

fn signal(signal: &str, processes: &[String]) {
    let _ = Command::new("kill").arg(signal).args(processes).status();
}

fn url(kind: &StoreKind) -> &str {
    let StoreKind::Postgres { url } = kind else { panic!("{kind:?}") };
    url
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The folder of PostgreSQL's programs: where Debian and its relatives install the newest version, or on the PATH.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    installed.sort();
    let newest = installed.pop().map(|(_, programs)| programs);
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
    })
}
