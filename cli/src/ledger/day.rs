//! The played day: all requests of a simulated one in their order, as fast as they are answered, by a clock that shows the simulated
//! time.

use std::collections::{BTreeMap, HashMap};

use demand::{Request, RequestKind};
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
    pub(super) start_s: i64,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Played {
    pub(super) passes: u64,
    pub(super) checks: u64,
    /// When the last pass is over.
    pub(super) until_s: i64,
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
    until_s: i64,
    secrets: Vec<String>,
}

impl<'a> Day<'a> {
    /// The day that `requests` are of.
    pub(super) fn new(scenario: &Scenario, requests: &'a [Request]) -> Self {
        let start_s = scenario.unix_s(scenario.calendar.start.to_datetime(jiff::civil::Time::midnight()));
        let places = scenario.places.iter().map(|place| place.name.clone()).collect();
        Day { requests, places, start_s }
    }

    /// When the day is over.
    pub(super) fn end_s(&self) -> i64 {
        let last_s = self.requests.last().map_or(0, |request| (request.at.ms() / 1_000) as i64);
        self.start_s + (last_s / DAY_S + 1) * DAY_S
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
            |request: &Request| Timed { at_s: self.start_s + (request.at.ms() / 1_000) as i64, request: *request };
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
            played.until_s = played.until_s.max(lane.until_s);
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
                at: demand::SimTime::from_ms(0),
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
                    self.until_s = self.until_s.max(held.valid_until_s);
                    self.secrets.push(held.code.clone());
                }
            }
            (RequestKind::Verify, Done::Yes) => self.checks += 1,
            _ => {}
        }
        Ok(())
    }
}
