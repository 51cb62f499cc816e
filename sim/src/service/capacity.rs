//! So many requests a second; the others wait.

use demand::RequestKind;

use super::seconds::{Seconds, second};
use super::{Answer, Seen};
use crate::settings::Service;
use crate::uptake::Ms;

const PS_PER_MS: u64 = 1_000_000_000;
const PS_PER_S: f64 = 1e12;

/// One queue in order of arrival, each request taking equally long. Who has waited for the time-out goes away, but the service does
/// not know that and does the work all the same: this is how a retry storm leaves a busy service without anyone it serves.
///
/// Batches: requests of the evening before, resolved with those of the next day, come when the evening has been resolved already.
/// What the evening found cannot be changed any more, so they meet the longer of two queues: the one found then, as it was in each
/// second, and what is left of the one in which they themselves stand. They delay each other but not those resolved before, and so
/// the load of a second in which both ask is underestimated. That is a small error while few ask on the evening before, or while the
/// service is far from its limit or far beyond.
#[derive(Clone, Debug)]
pub(super) struct Capacity {
    latency_ms: Ms,
    /// The work that one request makes.
    service_ps: u64,
    /// A request that finds more work than this is turned away.
    room_ps: u64,
    /// The queue of this batch.
    queue: Work,
    /// The queue after the last request of the batch before.
    before: Work,
    /// The waiting time found in each second, in milliseconds: the longest of it.
    waits_ms: Seconds,
}

/// Work to be done, counted in the time it takes. Picoseconds: at 30,000 requests a second the service time is right to `1e-8`.
#[derive(Clone, Copy, Debug)]
struct Work {
    ps: u64,
    /// The instant at which there is so much.
    at_ms: Ms,
}

impl Work {
    const NONE: Work = Work { ps: 0, at_ms: Ms::MIN };

    /// What is left of it at `at_ms`.
    fn left_ps(self, at_ms: Ms) -> u64 {
        let done_ms = at_ms.saturating_sub(self.at_ms).max(0) as u64;
        self.ps.saturating_sub(done_ms.saturating_mul(PS_PER_MS))
    }
}

impl Capacity {
    pub(super) fn new(settings: &Service) -> Self {
        let service_ps = (PS_PER_S / settings.rate_per_s).round() as u64;
        Capacity {
            latency_ms: settings.latency_ms.round() as Ms,
            service_ps,
            // One is served and `queue` wait when there is more work than that of `queue` requests.
            room_ps: service_ps.saturating_mul(settings.queue.into()),
            queue: Work::NONE,
            before: Work::NONE,
            waits_ms: Seconds::new(),
        }
    }

    /// The service starts anew at `at_ms`; what waited before is lost.
    pub(super) fn restart(&mut self, at_ms: Ms) {
        if self.queue.at_ms < at_ms {
            self.remember(at_ms - 1);
            self.queue.ps = 0;
        }
        if self.before.at_ms < at_ms {
            self.before.ps = 0;
        }
    }

    /// The work that a request of `at_ms` finds before it.
    fn found_ps(&self, at_ms: Ms) -> u64 {
        let before_ps = if at_ms < self.before.at_ms {
            u64::from(self.waits_ms.get(second(at_ms))) * PS_PER_MS
        } else {
            self.before.left_ps(at_ms)
        };
        self.queue.left_ps(at_ms).max(before_ps)
    }

    /// Notes the waiting times up to `at_ms`, unless it was resolved with the batch before.
    fn remember(&mut self, at_ms: Ms) {
        if at_ms < self.before.at_ms {
            return;
        }
        let (queue, before) = (self.queue, self.before);
        let found_ms = |at_ms| u32::try_from(ms(queue.left_ps(at_ms).max(before.left_ps(at_ms)))).unwrap_or(u32::MAX);
        self.waits_ms.reach(second(at_ms), |second| found_ms(second * 1_000));
        let longest_ms = found_ms(at_ms).max(self.waits_ms.get(second(at_ms)));
        self.waits_ms.set(second(at_ms), longest_ms);
    }
}

impl Seen for Capacity {
    fn ask(&mut self, at_ms: Ms, _: RequestKind, _: u32, time_out_ms: Ms) -> Answer {
        self.remember(at_ms);
        let found_ps = self.found_ps(at_ms);
        if found_ps > self.room_ps {
            return Answer::Failed { at_ms };
        }
        self.queue = Work { ps: found_ps.saturating_add(self.service_ps), at_ms };
        Answer::after(at_ms, ms(found_ps) as Ms + self.latency_ms, time_out_ms)
    }

    fn begin_batch(&mut self) {
        if self.queue.at_ms >= self.before.at_ms {
            self.before = self.queue;
        }
        self.queue = Work::NONE;
    }
}

/// To the nearest millisecond.
const fn ms(ps: u64) -> u64 {
    ps.saturating_add(PS_PER_MS / 2) / PS_PER_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::philox::Stream;
    use crate::quantiles::Quantiles;
    use crate::uptake::DAY_MS;

    fn capacity(rate_per_s: f64, queue: u32) -> Capacity {
        Capacity::new(&Service { rate_per_s, queue, latency_ms: 20.0, ..Service::default() })
    }

    fn ask(capacity: &mut Capacity, at_ms: Ms, time_out_ms: Ms) -> Answer {
        capacity.ask(at_ms, RequestKind::Issue, 0, time_out_ms)
    }

    fn wait_ms(capacity: &mut Capacity, at_ms: Ms) -> Ms {
        ask(capacity, at_ms, DAY_MS).at_ms() - at_ms - 20
    }

    /// The mean waiting time of M/D/1 is `rho / (2 (1 - rho))` service times (Pollaczek 1930, Khinchin 1932).
    #[test]
    fn random_arrivals_wait_as_theory_says() {
        for load in [0.5, 0.8] {
            let mut service = capacity(5.0, u32::MAX);
            let gaps = Quantiles::exponential(200.0 / load, 0..=u32::MAX);
            let mut luck = Stream::new([0; 4], [7, 7]);
            let (mut at_ms, mut sum_ms) = (0, 0);
            for _ in 0..1_000_000 {
                at_ms += Ms::from(gaps.at(luck.next_u32()));
                sum_ms += wait_ms(&mut service, at_ms);
            }
            let (mean_ms, wanted_ms) = (sum_ms as f64 / 1e6, 200.0 * load / (2.0 * (1.0 - load)));
            assert!((mean_ms / wanted_ms - 1.0).abs() < 0.03, "load {load}: {mean_ms} ms for {wanted_ms} ms");
        }
    }

    /// At twice the capacity the wait grows by a second each second. So who asks in the first 29.98 s is answered within the
    /// time-out of 30 s, and nobody afterwards though the service works all the time: of five minutes 9.99 %.
    #[test]
    fn overload_serves_nobody_in_time() {
        let mut service = capacity(100.0, u32::MAX);
        let answered = (0..60_000)
            .filter(|number| matches!(ask(&mut service, number * 5, 30_000), Answer::Answered { .. }))
            .count();
        assert!((answered as f64 / 60_000.0 - 0.0999).abs() < 0.0001, "{answered} of 60,000");
    }

    #[test]
    fn a_full_queue_turns_away() {
        let mut service = capacity(1.0, 3);
        let answers: Vec<Answer> = (0..5).map(|_| ask(&mut service, 0, DAY_MS)).collect();
        let answered = |at_ms| Answer::Answered { at_ms };
        assert_eq!(
            answers[..4],
            [answered(20), answered(1_020), answered(2_020), answered(3_020)],
            "one served, three wait"
        );
        assert_eq!(answers[4], Answer::Failed { at_ms: 0 });
        assert_eq!(ask(&mut service, 1_000, DAY_MS), answered(4_020), "there is room once the first is done");
        assert_eq!(ask(&mut service, 1_001, DAY_MS), Answer::Failed { at_ms: 1_001 });
    }

    #[test]
    fn a_great_rate_is_kept_exactly() {
        let service = capacity(30_000.0, u32::MAX);
        assert_eq!(ms(service.service_ps * 30_000 * 3_600), 3_600_000);
    }

    #[test]
    fn work_beyond_measure_does_not_overflow() {
        let mut service = capacity(0.001, u32::MAX);
        for _ in 0..20_000 {
            ask(&mut service, 0, DAY_MS);
        }
        assert_eq!(ask(&mut service, 0, DAY_MS), Answer::Failed { at_ms: DAY_MS });
    }

    #[test]
    fn a_restart_is_remembered_with_what_came_before_it() {
        let mut service = capacity(1.0, u32::MAX);
        for _ in 0..100 {
            ask(&mut service, 0, DAY_MS);
        }
        service.restart(60_000);
        assert_eq!(wait_ms(&mut service, 60_000), 0);
        service.begin_batch();
        assert_eq!(wait_ms(&mut service, 50_000), 50_000);
        service.restart(60_000);
        assert_eq!(wait_ms(&mut service, 60_000), 1_000, "who came first after the restart");
    }

    #[test]
    fn the_evening_before_is_remembered() {
        const EVENING_MS: Ms = 18 * 3_600_000;
        let mut service = capacity(10.0, u32::MAX);
        // Ten minutes at twice the capacity: the wait rises to ten minutes and falls as long.
        let found: Vec<Ms> = (0..12_000).map(|number| wait_ms(&mut service, EVENING_MS + number * 50)).collect();
        assert_eq!(wait_ms(&mut service, DAY_MS - 1), 0);
        service.begin_batch();
        assert_eq!(wait_ms(&mut service, EVENING_MS - 1_000), 0, "before the rush");
        for second in [1, 300, 599] {
            let (then_ms, now_ms) = (found[second * 20], wait_ms(&mut service, EVENING_MS + second as Ms * 1_000));
            assert!((now_ms - then_ms).abs() <= 1_000, "second {second}: {now_ms} ms, {then_ms} ms for those before");
        }
        let falling_ms = wait_ms(&mut service, EVENING_MS + 900_000);
        assert!((falling_ms - 300_000).abs() <= 1_000, "five minutes after the rush: {falling_ms} ms");
        assert_eq!(wait_ms(&mut service, EVENING_MS + 1_300_000), 0, "afterwards");
        let own: Vec<Ms> = (0..3).map(|_| wait_ms(&mut service, EVENING_MS + 1_400_000)).collect();
        assert_eq!(own, [0, 100, 200], "they stand in a queue of their own");
    }
}
