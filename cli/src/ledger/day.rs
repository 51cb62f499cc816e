//! The played day: all requests of a simulated one in their order, as fast as they are answered, by a clock that shows the simulated
//! time.

use std::collections::{BTreeMap, HashMap};

use demand::{Request, RequestKind, SimTime, Trace};
use passes::Purpose;
use tokio::task::JoinSet;

use super::people::{Checkpoint, Done, Resident, Service};
use super::site::Site;
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::stop::Stop;

/// The clock goes in such steps, in seconds.
const STEP_S: i64 = 60;
const DAY_S: i64 = 86_400;
/// So many residents act at once; whoever it is keeps to one lane, so that the acts of one person stay in order.
const LANES: u32 = 16;
/// The hour at which other officers take over.
const SECOND_SHIFT_S: i64 = 14 * 3_600;

/// What is played.
pub(super) struct Day<'a> {
    requests: &'a [Request],
    places: Vec<String>,
    /// Midnight before the calendar's first day.
    origin_s: i64,
    /// When the eve begins, if there is one.
    pub(super) start_s: i64,
    /// When the day is over.
    pub(super) end_s: i64,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Played {
    pub(super) passes: u64,
    pub(super) checks: u64,
    /// What should stand in no file: documents, tokens and codes.
    pub(super) secrets: Vec<String>,
    /// Whether the day was played to its end.
    pub(super) complete: bool,
}

/// A request at a Unix second.
#[derive(Clone, Copy)]
struct Timed {
    at_s: i64,
    request: Request,
}

/// Some of the residents, with what they hold.
#[derive(Default)]
struct Lane {
    residents: HashMap<u32, Resident>,
    passes: u64,
    checks: u64,
    secrets: Vec<String>,
}

impl<'a> Day<'a> {
    /// The day of `trace` with most checks, of equals that with most requests, and its eve, on which passes for it are asked for; `None`
    /// of an empty trace.
    pub(super) fn busiest(scenario: &Scenario, trace: &'a Trace) -> Option<Self> {
        let mut days: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
        for request in trace.requests().iter().filter(|request| request.at.day() < scenario.calendar.days.into()) {
            let (checks, requests) = days.entry(request.at.day()).or_default();
            *checks += usize::from(request.kind == RequestKind::Verify);
            *requests += 1;
        }
        let (day, _) = days.into_iter().max_by_key(|(day, counts)| (*counts, std::cmp::Reverse(*day)))?;
        let midnight = |day: u64| SimTime::from_ms(day * SimTime::DAY_MS);
        let (eve, over) = (midnight(day.saturating_sub(1)), midnight(day + 1));
        let requests = trace.between(eve, over);
        let origin_s = scenario.unix_s(scenario.calendar.start.to_datetime(jiff::civil::Time::midnight()));
        // Requests from outside the region's places have the number after the last.
        let places = scenario.places.iter().map(|place| place.name.clone()).chain(["elsewhere".to_owned()]).collect();
        let unix_s = |at: SimTime| origin_s + (at.ms() / 1_000) as i64;
        Some(Day { requests, places, origin_s, start_s: unix_s(eve), end_s: unix_s(over) })
    }

    /// How many checks there are of passes, where everybody has one.
    pub(super) fn checks(&self) -> u64 {
        self.requests.iter().filter(|request| request.kind == RequestKind::Verify).count() as u64
    }

    /// How many officers there are: two shifts at each place.
    pub(super) fn officers(&self) -> u32 {
        2 * self.places.len() as u32
    }

    /// Plays it. Checks that need no server are counted all the same.
    pub(super) async fn play(
        &self,
        site: &Site,
        service: &mut Service,
        what: &str,
        stop: &Stop,
    ) -> anyhow::Result<Played> {
        let shown = Progress::steps(what.to_owned(), self.requests.len() as u64);
        let mut lanes: Vec<Lane> = (0..LANES).map(|_| Lane::default()).collect();
        self.enrol(site, service, &mut lanes).await?;
        let (mut done, mut keys_of) = (0, None);
        let timed =
            |request: &Request| Timed { at_s: self.origin_s + (request.at.ms() / 1_000) as i64, request: *request };
        for step in self.requests.chunk_by(|a, b| timed(a).at_s / STEP_S == timed(b).at_s / STEP_S) {
            if stop.asked() {
                break;
            }
            let now_s = step.first().map_or(self.start_s, |first| timed(first).at_s / STEP_S * STEP_S);
            site.clock.set(now_s);
            if keys_of.replace(now_s / DAY_S) != Some(now_s / DAY_S) {
                service.fetch_keys().await?;
            }
            let timed: Vec<Timed> = step.iter().map(|request| Timed { at_s: now_s, request: *request }).collect();
            self.advance(service, &mut lanes, timed).await?;
            done += step.len();
            shown.done(done as u64);
        }
        let mut played = Played { complete: done == self.requests.len(), ..Played::default() };
        for lane in lanes {
            played.passes += lane.passes;
            played.checks += lane.checks;
            played.secrets.extend(lane.secrets);
            for resident in lane.residents.into_values() {
                played.secrets.extend(resident.token.into_iter().chain([resident.document]));
            }
        }
        Ok(played)
    }

    /// Whoever registered before the day does so when it begins.
    async fn enrol(&self, site: &Site, service: &Service, lanes: &mut [Lane]) -> anyhow::Result<()> {
        site.clock.set(self.start_s);
        let mut first: BTreeMap<u32, RequestKind> = BTreeMap::new();
        for request in self.requests {
            first.entry(request.resident).or_insert(request.kind);
        }
        let known = first.into_iter().filter(|(_, kind)| *kind != RequestKind::Register);
        let register = |(resident, _)| Timed {
            at_s: self.start_s,
            request: Request {
                at: SimTime::from_ms(0),
                resident,
                place: 0,
                kind: RequestKind::Register,
                purpose: None,
            },
        };
        self.advance(service, lanes, known.map(register).collect()).await
    }

    /// Lets the residents of all lanes act at once, each lane in its order.
    async fn advance(&self, service: &Service, lanes: &mut [Lane], requests: Vec<Timed>) -> anyhow::Result<()> {
        let mut by_lane: BTreeMap<usize, Vec<(Timed, Checkpoint)>> = BTreeMap::new();
        for timed in requests {
            let lane = (timed.request.resident % LANES) as usize;
            by_lane.entry(lane).or_default().push((timed, self.checkpoint(timed)));
        }
        let mut acting = JoinSet::new();
        for (number, requests) in by_lane {
            let mut lane = std::mem::take(&mut lanes[number]);
            let service = service.clone();
            acting.spawn(async move {
                for (timed, checkpoint) in requests {
                    lane.act(&service, timed, &checkpoint).await?;
                }
                anyhow::Ok((number, lane))
            });
        }
        while let Some(acted) = acting.join_next().await {
            let (number, lane) = acted??;
            lanes[number] = lane;
        }
        Ok(())
    }

    fn checkpoint(&self, Timed { at_s, request }: Timed) -> Checkpoint {
        let shift = u32::from((at_s - self.start_s).rem_euclid(DAY_S) >= SECOND_SHIFT_S);
        let place = self.places.get(usize::from(request.place)).cloned().unwrap_or_default();
        Checkpoint { officer: 2 * u32::from(request.place) + shift, place }
    }
}

impl Lane {
    async fn act(&mut self, service: &Service, timed: Timed, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        let Timed { at_s, request } = timed;
        let new = || Resident::new(format!("passport-number-{:09}", request.resident));
        let resident = self.residents.entry(request.resident).or_insert_with(new);
        let purpose = request.purpose.unwrap_or(Purpose::Other);
        let done = service.act(request.kind, resident, purpose, at_s, checkpoint).await?;
        match (request.kind, done) {
            (RequestKind::Issue, Done::Yes) => {
                self.passes += 1;
                if let Some(held) = resident.passes.get(&purpose) {
                    self.secrets.push(held.code.clone());
                }
            }
            (RequestKind::Verify, Done::Yes) => self.checks += 1,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_checks_is_on_the_staff_outside_the_places_too() {
        let scenario = Scenario::read_or_built_in(None, &[]).unwrap();
        let outside = scenario.places.len() as u16;
        let check = |place: u16, hour: u64| Request {
            at: SimTime::on_day(1, hour * 3_600_000),
            resident: 7,
            place,
            kind: RequestKind::Verify,
            purpose: Some(Purpose::Pet),
        };
        let trace =
            Trace::new([0, outside].into_iter().flat_map(|place| [check(place, 1), check(place, 20)]).collect());
        let day = Day::busiest(&scenario, &trace).unwrap();
        let at_s = |request: &Request| day.origin_s + (request.at.ms() / 1_000) as i64;
        let met: Vec<u32> = day
            .requests
            .iter()
            .map(|request| day.checkpoint(Timed { at_s: at_s(request), request: *request }).officer)
            .collect();
        let mut distinct = met.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 4, "two shifts at each of two places: {met:?}");
        assert!(met.iter().all(|officer| *officer < day.officers()), "{met:?} of {}", day.officers());
    }
}
