//! `lockgate ledger`: how many linkable facts the servers of several designs hold of one simulated day.
//!
//! For each design a server of our own is started on an empty folder, twice. On the first an experiment teaches the auditor what the store
//! means (`trial`); on the second the day is played (`day`) and counted when it is over, after retention and after the sunset. Why so:
//! `docs/decisions/0028-an-auditor-who-knows-nothing.md`.

mod answers;
mod auditor;
mod day;
mod design;
mod people;
mod site;
mod trial;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use passes::SchemeKind;
use report::record::{Command, LedgerResults, LedgerRow, LinkedFacts, Moment, Results};
use report::{RunFolder, RunRecord, terminal, write_ledger};
use tokio::runtime::Runtime;

pub(crate) use self::design::Design;

use self::auditor::{Facts, Kinds, Ledger, Snapshot, count, remnants, standing};
use self::day::{Day, Played};
use self::people::Service;
use self::site::{Look, Plan, Site};
use self::trial::Trial;
use crate::args;
use crate::failure::{Ending, bad_input};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_report};
use crate::simulate;
use crate::source::Change;
use crate::stop::Stop;

/// A region of so many residents is enough to see who can be linked with what.
pub(crate) const RESIDENTS: u32 = 5_000;
/// Removing comes by schedule, every hour at most: so long after a time everything of before is gone.
const AFTER_S: i64 = 2 * 3_600;

/// Plays a day against a server of each design, and counts.
pub(crate) fn run(arguments: &args::Ledger, stop: &Stop) -> anyhow::Result<Ending> {
    let scenario = Scenario::read(&arguments.scenario, &changes(arguments))?;
    let session = Session::begin(Command::Ledger, stop);
    let out = session.output(arguments.output.out.as_deref());
    let Some((out, record)) = write(&scenario, arguments.residents, &arguments.schemes, &out, &session)? else {
        let (name, residents) = (scenario.name(), arguments.residents);
        return Err(bad_input(format!(
            "{name} asks nothing of a server, at least not with {residents} residents; give it more --residents"
        )));
    };
    print!("{}", terminal::summary(&record));
    println!("{}", out.display());
    Ok(ending(&record))
}

/// Counts a day of `scenario`, shrunk to so many `residents` if it has more, under each of `designs`, into a run folder at `out`; none when
/// nobody then asks anything of a server.
pub(crate) fn write(
    scenario: &Scenario,
    residents: u32,
    designs: &[Design],
    out: &Path,
    session: &Session,
) -> anyhow::Result<Option<(PathBuf, RunRecord)>> {
    let whole = scenario.settings.region.residents;
    let scenario = Scenario { shrunk_to: Some(residents).filter(|residents| *residents < whole), ..scenario.clone() };
    let trace = simulate::trace(&scenario, session)?;
    let Some(day) = Day::busiest(&scenario, &trace) else { return Ok(None) };
    let written = in_folder(out, |folder| {
        let results = LedgerResults { residents: u64::from(residents.min(whole)), rows: Vec::new() };
        all(&scenario, designs, &day, results, folder, session)
    })?;
    Ok(Some(written))
}

/// What the arguments change of the scenario.
fn changes(arguments: &args::Ledger) -> Vec<Change> {
    let seed = arguments.seed.map(|seed| Change::option("--seed", &["seed"], seed));
    arguments.changes.set.iter().cloned().chain(seed).collect()
}

/// Counts design by design and writes everything into `folder`.
fn all(
    scenario: &Scenario,
    designs: &[Design],
    day: &Day<'_>,
    mut results: LedgerResults,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let runtime = Runtime::new().context("cannot start threads for the servers")?;
    let mut complete = true;
    for design in designs {
        if session.stop.asked() {
            complete = false;
            break;
        }
        let counting = Counting { scenario, day, design: *design, dir: folder.path(), stop: &session.stop };
        let counted = runtime.block_on(counting.count())?;
        results.rows.extend(counted.rows);
        complete &= counted.complete;
    }
    write_ledger(folder, &results).map_err(of_report)?;
    let record = session.record(scenario, Results { ledger: Some(results), ..Results::default() }, None, complete);
    close_folder(folder, scenario, &record)?;
    Ok(record)
}

/// One design to be counted.
struct Counting<'a> {
    scenario: &'a Scenario,
    day: &'a Day<'a>,
    design: Design,
    dir: &'a Path,
    stop: &'a Stop,
}

/// The rows of a design, and whether its day was played to the end.
struct Counted {
    rows: Vec<LedgerRow>,
    complete: bool,
}

impl Counting<'_> {
    async fn count(&self) -> anyhow::Result<Counted> {
        match self.design {
            Design::None => Ok(self.without_server()),
            Design::Server { scheme, log_checks } => self.with_server(scheme, log_checks).await,
        }
    }

    /// Nothing is kept anywhere; that is counted like anything else.
    fn without_server(&self) -> Counted {
        let trial = Trial::default();
        let played = Played { checks: self.day.checks(), ..Played::default() };
        let nothing = Look { snapshot: Snapshot::default(), rows: 0, files: Vec::new() };
        let rows = Moment::ALL.map(|moment| self.row(moment, &trial, &played, &nothing, 0));
        Counted { rows: rows.into(), complete: true }
    }

    async fn with_server(&self, scheme: SchemeKind, log_checks: bool) -> anyhow::Result<Counted> {
        let name = self.design.to_string();
        let shown = Progress::part(format!("{name}: the auditor learns"));
        let trial = trial::hold(self.scenario, scheme, log_checks, &self.dir.join("trial-data")).await?;
        drop(shown);
        let (rules, officers, start_s) = (self.scenario.rules(), self.day.officers(), self.day.start_s);
        let plan = Plan { scenario: self.scenario, rules, scheme, log_checks, officers, start_s };
        let site = Site::start(plan, &self.dir.join("server-data")).await?;
        let mut service = Service { caller: site.caller.clone(), scheme, tells_place: log_checks, keys: Vec::new() };
        let played = self.day.play(&site, &mut service, &format!("{name}: the day"), self.stop).await?;
        let rows = if played.complete { self.moments(&site, &trial, &played, &name).await? } else { Vec::new() };
        site.end().await?;
        Ok(Counted { rows, complete: played.complete })
    }

    /// Looks at the store at each moment.
    async fn moments(&self, site: &Site, trial: &Trial, played: &Played, name: &str) -> anyhow::Result<Vec<LedgerRow>> {
        let retention = site.transparency().await?.retention;
        let end_s = self.day.end_s;
        let retained_s = end_s + self.scenario.rules().longest_pass_s() + retention.passes_s + AFTER_S;
        let sunset_s = retained_s.max(retention.residents_until_s + retention.passes_s) + AFTER_S;
        let mut rows = Vec::new();
        let mut before: Option<Snapshot> = None;
        for (moment, now_s) in Moment::ALL.into_iter().zip([end_s, retained_s, sunset_s]) {
            let _shown = Progress::start(format!("{name}: {}", moment.words()));
            site.move_to(now_s).await?;
            let look = site.look().await?;
            let left = before.as_ref().map_or(0, |before| remnants(before, &look.snapshot, &look.files));
            rows.push(self.row(moment, trial, played, &look, left));
            before = Some(look.snapshot);
        }
        Ok(rows)
    }

    fn row(&self, moment: Moment, trial: &Trial, played: &Played, look: &Look, remnants: u64) -> LedgerRow {
        let ledger = count(&trial.lessons, &look.snapshot);
        let (scheme, log_checks) = match self.design {
            Design::None => ("none", false),
            Design::Server { scheme, log_checks } => (scheme.name(), log_checks),
        };
        LedgerRow {
            scheme: scheme.to_owned(),
            log_checks,
            moment,
            passes: played.passes,
            checks: played.checks,
            persons: ledger.persons,
            rows: look.rows,
            linked: linked(ledger.total()),
            by_kind: by_kind(&ledger),
            remnants,
            clear_texts: standing(played.secrets.iter().map(String::as_bytes), &look.files),
            proves: trial.proves,
        }
    }
}

fn by_kind(ledger: &Ledger) -> BTreeMap<String, LinkedFacts> {
    let name = |kinds: &Kinds| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join("+");
    ledger.facts.iter().map(|(kinds, facts)| (name(kinds), linked(*facts))).collect()
}

fn linked(Facts { person_time, person_place_time, officer_person }: Facts) -> LinkedFacts {
    LinkedFacts { person_time, person_place_time, officer_person }
}
