//! Load runs read back: their counts by second and their interval logs.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use loadgen::{Counts, Kind, Limit, LoggedInterval, Measure, Part, read_hlog};

use crate::record::{KindRecord, LimitedBy, LoadResults, Status};
use crate::tables::{self, Table};
use crate::{ReportError, Run};

impl Run {
    /// The load run's part of `run.json`.
    pub(crate) fn load(&self) -> Result<&LoadResults, ReportError> {
        let message = "it is no load run; name runs of lockgate load".to_owned();
        self.record.results.load.as_ref().ok_or(ReportError::Record { path: self.folder.join("run.json"), message })
    }

    fn log_path(&self, measure: Measure) -> PathBuf {
        self.folder.join(format!("hlog/{}.hlog", measure.name()))
    }

    /// Whether the interval log of `measure` is there.
    pub(crate) fn has_log(&self, measure: Measure) -> bool {
        self.log_path(measure).is_file()
    }

    /// The interval log of `measure`.
    pub(crate) fn log(&self, measure: Measure) -> Result<Vec<LoggedInterval>, ReportError> {
        let path = self.log_path(measure);
        let log = fs::read(&path).map_err(ReportError::read(&path))?;
        read_hlog(&log).map_err(ReportError::read(&path))
    }

    /// What became of each kind in each second.
    pub(crate) fn seconds(&self) -> Result<BTreeMap<(u32, Kind), Counts>, ReportError> {
        let folder = self.folder.join("tables");
        let Some(table) = Table::read_csv(&tables::INTERVALS, &folder)? else {
            let path = folder.join("intervals.csv");
            return Err(ReportError::Read { path, source: std::io::ErrorKind::NotFound.into() });
        };
        let column = |name| table.numbers(name);
        let (seconds, kinds) = (column("second")?, table.texts("kind")?);
        let counted = COUNTS.iter().map(|(name, _)| column(name)).collect::<Result<Vec<_>, _>>()?;
        let row = |row: usize| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == kinds[row])?;
            let mut counts = Counts::default();
            for ((_, place), column) in COUNTS.iter().zip(&counted) {
                *place(&mut counts) = column[row] as u64;
            }
            Some(((seconds[row] as u32, kind), counts))
        };
        Ok((0..table.rows()).filter_map(row).collect())
    }

    /// The run as a part of a schedule that several generators share.
    pub(crate) fn part(&self) -> Result<Part, ReportError> {
        let load = self.load()?;
        let kind = |name: &str| Kind::ALL.into_iter().find(|kind| kind.name() == name);
        Ok(Part {
            started_at: load.first_due_at.unwrap_or(self.record.started_at).into(),
            complete: self.record.status == Status::Complete,
            duration_s: load.measured_s.unwrap_or(self.record.duration_s),
            limited_by: load.limited_by.map(|limit| match limit {
                LimitedBy::Generator => Limit::Generator,
                LimitedBy::Target => Limit::Target,
            }),
            throughput_per_s: load.throughput_per_s.unwrap_or(0.0),
            goodput_per_s: load.goodput_per_s.unwrap_or(0.0),
            generator_cpu_s: load.generator_cpu_s,
            phones_cpu_s: load.phones_cpu_s,
            kinds: load.kinds.iter().filter_map(|(name, record)| Some((kind(name)?, counts_of(record)))).collect(),
            seconds: self.seconds()?,
            logs: Measure::ALL.into_iter().map(|measure| self.log(measure)).collect::<Result<_, _>>()?,
        })
    }
}

/// A count, and where it stands in [`Counts`].
type Count = (&'static str, fn(&mut Counts) -> &mut u64);

/// The columns of counts in the table of intervals.
const COUNTS: [Count; 11] = [
    ("asked", |counts| &mut counts.asked),
    ("sent", |counts| &mut counts.sent),
    ("answered", |counts| &mut counts.answered),
    ("right", |counts| &mut counts.right),
    ("dropped", |counts| &mut counts.dropped),
    ("refused", |counts| &mut counts.refused),
    ("overloaded", |counts| &mut counts.overloaded),
    ("wrong", |counts| &mut counts.wrong),
    ("failed", |counts| &mut counts.failed),
    ("timed_out", |counts| &mut counts.timed_out),
    ("without_pass", |counts| &mut counts.without_pass),
];

fn counts_of(record: &KindRecord) -> Counts {
    let &KindRecord { asked, sent, answered, right, dropped, refused, overloaded, wrong, failed, timed_out, .. } =
        record;
    let &KindRecord { without_pass, abandoned, .. } = record;
    Counts {
        asked,
        sent,
        answered,
        right,
        dropped,
        refused,
        overloaded,
        wrong,
        failed,
        timed_out,
        without_pass,
        abandoned,
    }
}
