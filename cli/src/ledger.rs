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
use std::path::Path;

use anyhow::Context;
use demand::Request;
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

/// Removing comes by schedule, every hour at most: so long after a time everything of before is gone.
const AFTER_S: i64 = 2 * 3_600;

/// Plays a day against a server of each design, and counts.
pub(crate) fn run(arguments: &args::Ledger, stop: &Stop) -> anyhow::Result<Ending> {
    let mut scenario = Scenario::read(&arguments.scenario, &changes(arguments))?;
    let whole = u64::from(scenario.settings.region.residents);
    scenario.shrunk_to = Some(arguments.residents).filter(|residents| u64::from(*residents) < whole);
    let residents = scenario.shrunk_to.map_or(whole, u64::from);
    let session = Session::begin(Command::Ledger, stop);
    let trace = simulate::trace(&scenario, &session)?;
    if trace.requests().is_empty() && !stop.asked() {
        return Err(bad_input(format!(
            "{} asks nothing of a server on {}; name another day with --set calendar.start=2020-04-04, or more --residents",
            scenario.name(),
            scenario.calendar.start
        )));
    }
    let (out, record) = in_folder(&session.output(arguments.output.out.as_deref()), |folder| {
        let results = LedgerResults { residents, rows: Vec::new() };
        all(&scenario, &arguments.schemes, trace.requests(), results, folder, &session)
    })?;
    print!("{}", terminal::summary(&record));
    println!("{}", out.display());
    Ok(ending(&record))
}

/// What the arguments change of the scenario: it is one day, the first.
fn changes(arguments: &args::Ledger) -> Vec<Change> {
    let seed = arguments.seed.map(|seed| Change::option("--seed", &["seed"], seed));
    let day = Change::option("lockgate ledger", &["calendar", "days"], 1);
    arguments.changes.set.iter().cloned().chain(seed).chain([day]).collect()
}

/// Counts design by design and writes everything into `folder`.
fn all(
    scenario: &Scenario,
    designs: &[Design],
    requests: &[Request],
    mut results: LedgerResults,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let runtime = Runtime::new().context("cannot start threads for the servers")?;
    let day = Day::new(scenario, requests);
    let mut complete = true;
    for design in designs {
        if session.stop.asked() {
            complete = false;
            break;
        }
        let counting = Counting { scenario, day: &day, design: *design, dir: folder.path(), stop: &session.stop };
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
        let shown = Progress::start(format!("{name}: the auditor learns"));
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
        let end_s = self.day.end_s();
        let retained_s = played.until_s.max(end_s) + retention.passes_s + AFTER_S;
        let sunset_s = retained_s.max(retention.residents_until_s + retention.passes_s) + AFTER_S;
        let mut rows = Vec::new();
        let mut before: Option<Snapshot> = None;
        for (moment, now_s) in Moment::ALL.into_iter().zip([end_s, retained_s, sunset_s]) {
            let _shown = Progress::start(format!("{name}: {}", moment.words()));
            match moment {
                // What was removed in the course of the day was removed by schedule.
                Moment::EndOfDay => site.move_to_when_due(now_s).await?,
                Moment::AfterRetention | Moment::AfterSunset => site.move_to(now_s).await?,
            }
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
