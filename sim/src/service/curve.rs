//! A service that answers as a measured one did.

use std::io::Read;

use csv::StringRecord;
use demand::{RequestKind, RowFault};

use super::seconds::{Seconds, second};
use super::{Answer, Seen};
use crate::quantiles::Quantiles;
use crate::uptake::Ms;

/// What is read of the table `capacity_steps.csv`, which has more columns.
const COLUMNS: [&str; 8] = [
    "path",
    "offered_per_s",
    "duration_s",
    "asked",
    "goodput_per_s",
    "response_time_p50_us",
    "response_time_p99_us",
    "limited_by",
];
/// The path that stands for the service as a whole, where it was measured.
const WHOLE: &str = "mix";
/// What limited a step that says nothing about the service.
const GENERATOR: &str = "generator";
/// One, in the table of excess times.
const EXCESS_ONE: f64 = 65_536.0;

/// How a measured service answers at a given load: the share of requests answered rightly within its objective, and how long answers
/// take. Linear between the loads that were tried. Below the least of them it is as at the least; beyond the greatest the goodput
/// stays, and is shared among more.
#[derive(Clone, Debug, PartialEq)]
pub struct CapacityCurve {
    /// By offered load, which rises strictly; at least one.
    points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    offered_per_s: f64,
    share: f64,
    p50_us: f64,
    p99_us: f64,
}

/// A capacity curve cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CurveError {
    /// Its content is wrong; all faults, at most [`RowFault::MOST`].
    #[error("{}", RowFault::lines(.0))]
    Faults(Vec<RowFault>),
    /// It cannot be read at all.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// The scenario asks for one and it was not given.
    #[error(
        "service.curve: the service follows a capacity curve, and there is none; name the table of a run of `lockgate capacity`"
    )]
    Missing,
}

/// One step of the search for capacity.
struct Step {
    path: String,
    offered_per_s: f64,
    asked: f64,
    /// Answered rightly and in time.
    good: f64,
    /// Median and 99th percentile of the response time; none when nothing was answered.
    times_us: Option<[f64; 2]>,
}

/// Reads the table `capacity_steps.csv` of a run folder of `lockgate capacity`. Of its paths it takes the mixture of the day, or else
/// the one with the least goodput at best. Steps that the load generator limited do not count.
///
/// # Errors
/// [`CurveError::Faults`] with every broken row by line and column, or [`CurveError::Csv`] when the file is no CSV.
pub fn read_capacity_curve(from: impl Read) -> Result<CapacityCurve, CurveError> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(from);
    let header = reader.headers()?.clone();
    let line = header.position().map_or(1, csv::Position::line);
    let columns = COLUMNS.map(|column| header.iter().position(|name| name == column));
    let missing: Vec<&str> =
        COLUMNS.into_iter().zip(columns).filter(|(_, found)| found.is_none()).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        let message = format!("no column {}; take capacity_steps.csv of `lockgate capacity`", missing.join(", "));
        return Err(CurveError::Faults(vec![RowFault { line, column: "", message }]));
    }
    let columns = columns.map(Option::unwrap_or_default);
    let (mut steps, mut faults) = (Vec::new(), Vec::new());
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? && faults.len() < RowFault::MOST {
        steps.extend(step(&record, columns, &mut faults));
    }
    if faults.is_empty() && steps.is_empty() {
        let message = "no step in which the service reached its limit or held; measure it again".to_owned();
        faults.push(RowFault { line, column: "", message });
    }
    if faults.is_empty() { Ok(CapacityCurve::of(steps)) } else { Err(CurveError::Faults(faults)) }
}

/// The step of one row; `None` when it does not count, or has a fault, which is noted.
fn step(record: &StringRecord, columns: [usize; COLUMNS.len()], faults: &mut Vec<RowFault>) -> Option<Step> {
    let line = record.position().map_or(0, csv::Position::line);
    let cells = columns.map(|column| record.get(column).unwrap_or_default());
    let [path, .., limited_by] = cells;
    if limited_by == GENERATOR {
        return None;
    }
    let mut number = |column: usize, least: f64| {
        let value = cells[column].parse().ok().filter(|value: &f64| value.is_finite() && *value >= least);
        if value.is_none() {
            let message = format!("'{}' is no number from {least}", cells[column]);
            faults.push(RowFault { line, column: COLUMNS[column], message });
        }
        value
    };
    let (offered_per_s, duration_s, asked) = (number(1, 0.001), number(2, 0.001), number(3, 1.0));
    let goodput_per_s = number(4, 0.0);
    let times_us = if goodput_per_s == Some(0.0) && cells[5].is_empty() {
        None
    } else {
        let (p50_us, p99_us) = (number(5, 0.0), number(6, 0.0));
        Some([p50_us?, p99_us?])
    };
    let good = goodput_per_s? * duration_s?;
    Some(Step { path: path.to_owned(), offered_per_s: offered_per_s?, asked: asked?, good, times_us })
}

impl CapacityCurve {
    /// The curve of the one path among those of `steps` (not empty) that stands for the service.
    fn of(mut steps: Vec<Step>) -> Self {
        let path = governing(&steps);
        steps.retain(|step| step.path == path);
        steps.sort_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s));
        let mut points: Vec<Point> = Vec::new();
        for same in steps.chunk_by(|a, b| a.offered_per_s == b.offered_per_s) {
            let sum = |part: fn(&Step) -> f64| same.iter().map(part).sum::<f64>();
            // A load that was tried twice takes the slower times; one at which nothing was answered, those of the load before.
            let [p50_us, p99_us] = same
                .iter()
                .filter_map(|step| step.times_us)
                .reduce(|[p50, p99], [other_p50, other_p99]| [p50.max(other_p50), p99.max(other_p99)])
                .unwrap_or_else(|| points.last().map_or([0.0; 2], |point| [point.p50_us, point.p99_us]));
            points.push(Point {
                offered_per_s: same[0].offered_per_s,
                // Of what was asked, rather than of what was meant to be: random arrivals are a few more or less.
                share: (sum(|step| step.good) / sum(|step| step.asked)).min(1.0),
                p50_us,
                p99_us: p99_us.max(p50_us),
            });
        }
        CapacityCurve { points }
    }

    /// How it answers at a load.
    fn at(&self, offered_per_s: f64) -> Point {
        let above = self.points.partition_point(|point| point.offered_per_s <= offered_per_s);
        match (above.checked_sub(1).map(|below| self.points[below]), self.points.get(above)) {
            (Some(below), Some(above)) => {
                let way = (offered_per_s - below.offered_per_s) / (above.offered_per_s - below.offered_per_s);
                let between = |below: f64, above: f64| below + (above - below) * way;
                Point {
                    offered_per_s,
                    share: between(below.share, above.share),
                    p50_us: between(below.p50_us, above.p50_us),
                    p99_us: between(below.p99_us, above.p99_us),
                }
            }
            (Some(last), None) => {
                Point { offered_per_s, share: last.share * last.offered_per_s / offered_per_s, ..last }
            }
            (None, first) => first.copied().unwrap_or(Point { offered_per_s, share: 0.0, p50_us: 0.0, p99_us: 0.0 }),
        }
    }
}

/// The name of the path that stands for the service: the mixture, or else the one that gives out first.
fn governing(steps: &[Step]) -> String {
    let best = |path: &str| {
        let goodput = |step: &Step| step.good / step.asked * step.offered_per_s;
        steps.iter().filter(|step| step.path == path).map(goodput).fold(0.0, f64::max)
    };
    let mut paths: Vec<&str> = steps.iter().map(|step| step.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    let slowest = paths.iter().copied().min_by(|a, b| best(a).total_cmp(&best(b)));
    paths.into_iter().find(|path| *path == WHOLE).or(slowest).unwrap_or_default().to_owned()
}

/// A service that answers along a curve. The offered load is what was asked in the last thousand milliseconds, the requests of the
/// second before counting by the part of it that is still within. Requests of the evening before, which come after it was resolved,
/// meet all that was asked in their second then, and of each other what was asked in the last thousand milliseconds.
///
/// The luck of a request says whether it is answered, and how long that takes: half of the answers take the median time of the load;
/// those above it exceed it by an exponential time such that one answer of a hundred takes longer than the 99th percentile. A
/// request that is not answered rightly learns so after as long a time, or at its time-out.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    curve: CapacityCurve,
    asked: Seconds,
    /// Of these, what was asked in the batch at hand, in seconds that had been resolved before it.
    late: Seconds,
    /// How far above the median, where 1 is the 99th percentile, for the slower half.
    excess: Quantiles,
}

impl Curve {
    pub(super) fn new(curve: &CapacityCurve) -> Self {
        // Of the slower half one in fifty is beyond the 99th percentile.
        let excess = Quantiles::exponential(EXCESS_ONE / libm::log(50.0), 0..=u32::MAX);
        Curve { curve: curve.clone(), asked: Seconds::new(), late: Seconds::new(), excess }
    }

    /// Counts a request; returns the load that it meets, itself apart.
    fn meets_per_s(&mut self, at_ms: Ms) -> f64 {
        let second = second(at_ms);
        let part_before = 1.0 - at_ms.rem_euclid(1_000) as f64 / 1_000.0;
        // A batch is in the order of time, so what lies behind was resolved before it.
        let before = if second < self.asked.newest() {
            self.late.reach(second, |_| 0);
            count(&mut self.late, second);
            self.late.get(second - 1)
        } else {
            self.asked.get(second - 1)
        };
        self.asked.reach(second, |_| 0);
        f64::from(before) * part_before + f64::from(count(&mut self.asked, second))
    }
}

impl Seen for Curve {
    // Sums, products and quotients of f64 are the same on every machine.
    fn ask(&mut self, at_ms: Ms, _: RequestKind, luck: u32, time_out_ms: Ms) -> Answer {
        let offered_per_s = self.meets_per_s(at_ms);
        let point = self.curve.at(offered_per_s);
        let luck = f64::from(luck) / 4_294_967_296.0;
        let is_answered = luck < point.share;
        let rank = if is_answered { luck / point.share } else { (luck - point.share) / (1.0 - point.share) };
        let slower = ((2.0 * rank - 1.0) * 4_294_967_296.0) as u32;
        let excess = f64::from(self.excess.at(slower)) / EXCESS_ONE;
        let takes_ms = ((point.p50_us + (point.p99_us - point.p50_us) * excess) / 1_000.0).round() as Ms;
        match Answer::after(at_ms, takes_ms, time_out_ms) {
            Answer::Answered { at_ms } if !is_answered => Answer::Failed { at_ms },
            answer => answer,
        }
    }

    fn begin_batch(&mut self) {
        self.late = Seconds::new();
    }
}

/// Counts one more in `second`; returns how many there were.
fn count(seconds: &mut Seconds, second: i64) -> u32 {
    let before = seconds.get(second);
    seconds.set(second, before.saturating_add(1));
    before
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::philox::Stream;

    /// A service that gives 100 right answers a second at best and less when pressed.
    pub(in crate::service) const TABLE: &str = "\
path,step,phase,offered_per_s,duration_s,asked,goodput_per_s,response_time_p50_us,response_time_p99_us,held,limited_by,why
verify,0,bracket,50.0,10.0,500,5.0,1.0,1.0,false,target,slow
mix,0,bracket,100.0,10.0,1000,100.0,2000.0,40000.0,true,,\"held, all of it\"
mix,2,bisect,400.0,10.0,4000,60.0,500000.0,2500000.0,false,target,
mix,1,bracket,200.0,10.0,2000,100.0,100000.0,1000000.0,false,target,
mix,3,bisect,300.0,10.0,3000,300.0,1.0,1.0,true,generator,
";

    fn curve() -> CapacityCurve {
        read_capacity_curve(TABLE.as_bytes()).unwrap()
    }

    #[test]
    fn it_is_linear_between_steps_and_keeps_its_goodput_beyond() {
        let curve = curve();
        let offered: Vec<f64> = curve.points.iter().map(|point| point.offered_per_s).collect();
        assert_eq!(offered, [100.0, 200.0, 400.0], "one path, in order, without what the generator limited");
        let at = |load| (curve.at(load).share, curve.at(load).p50_us, curve.at(load).p99_us);
        assert_eq!(at(0.0), (1.0, 2_000.0, 40_000.0));
        assert_eq!(at(150.0), (0.75, 51_000.0, 520_000.0));
        assert_eq!(at(200.0), (0.5, 100_000.0, 1_000_000.0));
        assert_eq!(at(1_200.0), (0.05, 500_000.0, 2_500_000.0));
    }

    #[test]
    fn without_a_mixture_the_slowest_path_counts() {
        let curve = read_capacity_curve(TABLE.replace("mix", "issue").as_bytes()).unwrap();
        assert_eq!(curve.points.len(), 1);
        assert_eq!(curve.at(50.0).share, 0.1);
    }

    #[test]
    fn the_share_answered_is_goodput_over_offered_load() {
        for (gap_ms, wanted) in [(10, 1.0), (5, 0.5), (4, 0.4125), (1, 0.06)] {
            let mut service = Curve::new(&curve());
            let mut luck = Stream::new([0; 4], [3, 3]);
            let mut taken_ms = Vec::new();
            for number in 0..100_000 {
                let at_ms = number * gap_ms;
                // The first second is not yet under load.
                match service.ask(at_ms, RequestKind::Issue, luck.next_u32(), 600_000) {
                    Answer::Answered { at_ms: answered_ms } if at_ms >= 1_000 => taken_ms.push(answered_ms - at_ms),
                    _ => (),
                }
            }
            let share = taken_ms.len() as f64 / (100_000 - 1_000 / gap_ms) as f64;
            assert!((share - wanted).abs() < 0.005, "every {gap_ms} ms: {share} for {wanted}");
            taken_ms.sort_unstable();
            let point = service.curve.at(1_000.0 / gap_ms as f64);
            let at = |share: f64| taken_ms[(share * taken_ms.len() as f64) as usize] as f64 * 1_000.0;
            assert_eq!(at(0.3), point.p50_us.round());
            assert!((at(0.99) / point.p99_us - 1.0).abs() < 0.1, "every {gap_ms} ms: 99 % within {} us", at(0.99));
        }
    }

    #[test]
    fn the_evening_before_is_loaded_already() {
        let mut service = Curve::new(&curve());
        for number in 0..10_000 {
            service.ask(number * 5, RequestKind::Issue, 0, 1_000);
        }
        service.begin_batch();
        assert_eq!(service.meets_per_s(20_500), 200.0);
        assert_eq!(service.meets_per_s(20_500), 201.0);
    }

    #[test]
    fn stragglers_load_each_other_as_much_as_anyone() {
        let mut service = Curve::new(&curve());
        for number in 0..10_000 {
            service.meets_per_s(number * 5);
        }
        for _ in 0..2 {
            service.begin_batch();
            let loads: Vec<f64> = (0..1_000).map(|number| service.meets_per_s(20_000 + number * 10)).collect();
            let settled = &loads[100..];
            let mean = settled.iter().sum::<f64>() / settled.len() as f64;
            let others = f64::from(service.asked.get(25)) - 100.0;
            assert!((mean - (others + 100.0)).abs() < 1.0, "{mean} a second, where {others} and 100 ask");
        }
    }

    #[test]
    fn every_fault_is_told() {
        let broken =
            TABLE.replace("200.0,10.0", "x,-1").replace("mix,2,bisect,400.0,10.0,4000", "mix,2,bisect,400.0,10.0,0");
        let message = read_capacity_curve(broken.as_bytes()).unwrap_err().to_string();
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(lines[0], "line 4, column asked: '0' is no number from 1");
        assert_eq!(lines[1], "line 5, column offered_per_s: 'x' is no number from 0.001");
        assert_eq!(lines[2], "line 5, column duration_s: '-1' is no number from 0.001");
        assert_eq!(lines.len(), 3);
        let message = read_capacity_curve("path,usable_per_s\n".as_bytes()).unwrap_err().to_string();
        assert!(message.contains("no column offered_per_s, duration_s"), "{message}");
        let spoiled = TABLE.replace("target", "generator").replace("true,,", "true,generator,");
        assert!(read_capacity_curve(spoiled.as_bytes()).unwrap_err().to_string().contains("no step"));
    }
}
