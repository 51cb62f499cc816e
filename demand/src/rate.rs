//! How many requests come in each minute.

use crate::{Request, RequestKind, SimTime};

/// Milliseconds of a bin.
const MINUTE_MS: u64 = 60_000;

/// Requests counted by minute and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateSeries {
    minutes: Vec<[u32; RequestKind::ALL.len()]>,
}

/// The busiest minute of something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// When the minute begins.
    pub at: SimTime,
    /// Requests per second, the mean over the minute.
    pub rate_per_s: f64,
}

impl RateSeries {
    /// Counts `requests`, which may be in any order.
    pub fn new<'a>(requests: impl IntoIterator<Item = &'a Request>) -> Self {
        let mut minutes: Vec<[u32; RequestKind::ALL.len()]> = Vec::new();
        for request in requests {
            let minute = (request.at.ms() / MINUTE_MS) as usize;
            if minute >= minutes.len() {
                minutes.resize(minute + 1, Default::default());
            }
            minutes[minute][request.kind as usize] += 1;
        }
        RateSeries { minutes }
    }

    /// Adds requests of each kind to the minute that is so many after the first midnight.
    pub fn count_at(&mut self, minute: usize, counts: &[u32; RequestKind::ALL.len()]) {
        if counts.iter().all(|count| *count == 0) {
            return;
        }
        if minute >= self.minutes.len() {
            self.minutes.resize(minute + 1, Default::default());
        }
        self.minutes[minute].iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }

    /// Adds the requests of `other`, minute by minute.
    pub fn add(&mut self, other: &RateSeries) {
        other.minutes.iter().enumerate().for_each(|(minute, counts)| self.count_at(minute, counts));
    }

    /// The minutes from the first midnight on, each with its count of each kind (indexed by `kind as usize`).
    pub fn minutes(&self) -> &[[u32; RequestKind::ALL.len()]] {
        &self.minutes
    }

    /// The busiest minute of one kind of request; `None` when there is none of it.
    pub fn peak(&self, kind: RequestKind) -> Option<Peak> {
        self.busiest(|minute| minute[kind as usize])
    }

    /// The busiest minute of all requests together; `None` when there is none.
    pub fn peak_of_all(&self) -> Option<Peak> {
        self.busiest(|minute| minute.iter().sum())
    }

    /// How many requests of `kind` there are in all.
    pub fn total(&self, kind: RequestKind) -> u64 {
        self.minutes.iter().map(|minute| u64::from(minute[kind as usize])).sum()
    }

    fn busiest(&self, count: impl Fn(&[u32; RequestKind::ALL.len()]) -> u32) -> Option<Peak> {
        let mut best: Option<(usize, u32)> = None;
        for (index, minute) in self.minutes.iter().enumerate() {
            let here = count(minute);
            if here > best.map_or(0, |(_, most)| most) {
                best = Some((index, here));
            }
        }
        best.map(|(index, most)| Peak {
            at: SimTime::from_ms(index as u64 * MINUTE_MS),
            rate_per_s: f64::from(most) / 60.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_busiest_minute_is_the_peak() {
        let request = |ms, kind| Request { at: SimTime::from_ms(ms), resident: 0, place: 0, kind, purpose: None };
        let issue = |ms| request(ms, RequestKind::Issue);
        let series = RateSeries::new(&[
            issue(60_000),
            issue(119_999),
            issue(120_000),
            issue(180_000),
            issue(180_001),
            request(5, RequestKind::Verify),
        ]);
        let peak = series.peak(RequestKind::Issue).unwrap();
        assert_eq!(peak, Peak { at: SimTime::from_ms(60_000), rate_per_s: 2.0 / 60.0 });
        assert_eq!(series.total(RequestKind::Issue), 5);
        assert_eq!(series.peak(RequestKind::Cancel), None);
        assert_eq!(series.peak_of_all().map(|peak| peak.at.ms()), Some(60_000));
    }
}
