//! What must hold of every run, whatever the scenario: nobody is in two places, nothing comes of nothing, and counts are those of the
//! rows. Each law is a function over what an observer saw.

use std::collections::{BTreeSet, HashMap, HashSet};

use demand::{RateSeries, Request, RequestKind, SimTime};
use passes::{Purpose, Rules, Window};
use sim::settings::{Bots, ServiceKind};
use sim::{Counts, GateMinute, Pass, PassOutcome, Simulation, Trip, Verdict};

use crate::support::{Case, Rows};

const QUARTER_MS: u64 = 15 * 60_000;
const QUARTERS: u64 = 96;

/// A run, and what the laws look up in it.
pub(crate) struct Run<'a> {
    case: &'a Case,
    simulation: &'a Simulation,
    rows: &'a Rows,
    /// When each resident gave a pass back.
    given_back: HashSet<(u32, SimTime)>,
}

/// Holds all laws against a run of `case`.
pub(crate) fn hold(case: &Case, simulation: &Simulation, rows: &Rows) {
    let cancels = rows.requests_of(RequestKind::Cancel);
    let given_back = cancels.map(|cancel| (cancel.resident, cancel.at)).collect();
    let run = Run { case, simulation, rows, given_back };
    run.nobody_is_in_two_places();
    run.a_stop_follows_directly();
    run.a_pass_has_a_request();
    run.a_trip_with_a_pass_has_one();
    run.what_is_given_back_was_issued();
    run.quotas_are_kept();
    run.a_check_has_a_trip();
    run.a_verification_has_a_check();
    run.what_is_found_annulled_was_so();
    run.requests_come_in_order();
    run.one_registration_a_resident();
    run.counts_of_days_are_those_of_rows();
    run.counts_add_up();
    run.quarters_are_those_of_trips();
    run.gates_are_manned();
    run.patients_stay_at_home();
}

impl Run<'_> {
    fn nobody_is_in_two_places(&self) {
        let mut last: HashMap<u32, &Trip> = HashMap::new();
        for (number, day) in self.rows.days.iter().enumerate() {
            assert!(day.trips.is_sorted_by_key(|trip| (trip.household, trip.resident, trip.departs)));
            for trip in &day.trips {
                assert!(trip.departs < trip.returns, "{trip:?}");
                assert_eq!(trip.departs.day(), number as u64, "{trip:?}");
                if let Some(before) = last.insert(trip.resident, trip) {
                    assert!(before.returns <= trip.departs, "{before:?}, then {trip:?}");
                    assert_eq!((before.household, before.origin), (trip.household, trip.origin), "one home");
                }
            }
        }
    }

    fn a_stop_follows_directly(&self) {
        for day in &self.rows.days {
            let mut before: Option<&Trip> = None;
            for trip in &day.trips {
                let is_next = before.is_some_and(|before| {
                    before.resident == trip.resident && before.returns == trip.departs && before.stop + 1 == trip.stop
                });
                assert!(trip.stop == 0 || is_next, "{trip:?} after {before:?}");
                before = Some(trip);
            }
        }
    }

    fn a_pass_has_a_request(&self) {
        let mut asked = HashSet::new();
        let mut registered: HashMap<u32, SimTime> = HashMap::new();
        for request in self.rows.requests() {
            match request.kind {
                RequestKind::Register => drop(registered.entry(request.resident).or_insert(request.at)),
                RequestKind::Issue => drop(asked.insert((request.resident, request.purpose, request.at))),
                RequestKind::Verify | RequestKind::Cancel | RequestKind::CheckIn => {}
            }
        }
        // Of an older decree some have registered before the first day.
        let is_new = self.case.ms(self.case.settings.behaviour.announced_at) > 0;
        for pass in self.rows.passes() {
            assert!(asked.contains(&(pass.resident, Some(pass.purpose), pass.asked_at)), "{pass:?}");
            let is_registered = registered.get(&pass.resident).is_some_and(|at| *at <= pass.asked_at);
            assert!(is_registered || !is_new, "{pass:?}, registered {:?}", registered.get(&pass.resident));
            assert!(pass.valid_from < pass.valid_until, "{pass:?}");
        }
    }

    fn a_trip_with_a_pass_has_one(&self) {
        let rules = self.rules();
        let mut passes: HashMap<_, Vec<&Pass>> = HashMap::new();
        for pass in self.rows.passes() {
            passes.entry((pass.resident, pass.purpose)).or_default().push(pass);
        }
        for trip in self.rows.trips().filter(|trip| trip.pass == PassOutcome::Issued) {
            let at_s = self.case.calendar.unix_s(trip.departs);
            let holds = |pass: &&Pass| {
                let window = rules.extended(pass.purpose, self.window(pass), i64::MAX);
                let was_given_back = self.is_given_back(pass) && pass.cancelled_at <= Some(trip.departs);
                window.contains(at_s) && pass.asked_at <= trip.departs && !was_given_back
            };
            let held = passes.get(&(trip.resident, trip.purpose));
            assert!(held.is_some_and(|passes| passes.iter().any(holds)), "{trip:?} with one of {held:?}");
        }
    }

    fn what_is_given_back_was_issued(&self) {
        let mut first_asked: HashMap<_, SimTime> = HashMap::new();
        for pass in self.rows.passes() {
            let at = first_asked.entry((pass.resident, Some(pass.purpose))).or_insert(pass.asked_at);
            *at = pass.asked_at.min(*at);
            assert!(pass.cancelled_at.is_none_or(|at| at >= pass.asked_at), "{pass:?}");
        }
        for cancel in self.rows.requests_of(RequestKind::Cancel) {
            let asked = first_asked.get(&(cancel.resident, cancel.purpose));
            assert!(asked.is_some_and(|asked| *asked <= cancel.at), "{cancel:?}");
        }
    }

    /// Every pass that was kept had room beside those kept that had been asked for before.
    fn quotas_are_kept(&self) {
        let rules = self.rules();
        let mut kept: HashMap<u32, Vec<&Pass>> = HashMap::new();
        for pass in self.rows.passes().filter(|pass| !self.is_given_back(pass)) {
            let earlier = kept.entry(pass.resident).or_default();
            let window = self.window(pass);
            let counted = earlier.iter().filter(|other| other.asked_at < pass.asked_at);
            let counted: Vec<_> = counted.map(|other| (other.purpose, self.window(other))).collect();
            for quota in rules.quota_windows(pass.purpose, window.from_s) {
                assert!(quota.admits(counted.iter().copied(), window), "{pass:?} beside {earlier:?} under {quota:?}");
            }
            earlier.push(pass);
        }
    }

    fn a_check_has_a_trip(&self) {
        let has_gates = !self.case.settings.checks.gates.is_empty();
        for day in &self.rows.days {
            assert!(day.checks.is_sorted_by_key(|check| check.at));
            let mut trips: HashMap<_, Vec<&Trip>> = HashMap::new();
            day.trips.iter().for_each(|trip| trips.entry((trip.resident, trip.purpose)).or_default().push(trip));
            for check in &day.checks {
                let own = trips.get(&(check.resident, check.purpose));
                let fits = |trip: &&Trip| {
                    let place = check.place == trip.origin || check.place == trip.destination;
                    // On a trip past a gate another check may follow.
                    let is_told = trip.check == Some(check.verdict) || (has_gates && trip.check.is_some());
                    place && (trip.departs..trip.returns).contains(&check.at) && is_told
                };
                assert!(own.is_some_and(|trips| trips.iter().any(fits)), "{check:?} on one of {own:?}");
            }
            let checked = day.trips.iter().filter(|trip| trip.check.is_some()).count();
            assert!(checked == day.checks.len() || (has_gates && checked < day.checks.len()));
        }
    }

    fn a_verification_has_a_check(&self) {
        let shown = [Verdict::Valid, Verdict::Expired, Verdict::Annulled, Verdict::NoAnswer];
        let checks = self.rows.checks().filter(|check| shown.contains(&check.verdict));
        let mut checks: Vec<_> = checks.map(|check| (check.at, check.resident, check.place, check.purpose)).collect();
        let verify = self.rows.requests_of(RequestKind::Verify);
        let mut verify: Vec<_> = verify
            .filter_map(|request| Some((request.at, request.resident, request.place, request.purpose?)))
            .collect();
        checks.sort_unstable();
        verify.sort_unstable();
        assert!(checks == verify, "each pass shown is verified once");
    }

    fn what_is_found_annulled_was_so(&self) {
        let annulled = self.rows.passes().filter(|pass| !self.is_given_back(pass));
        let annulled: HashMap<_, Vec<SimTime>> = annulled.fold(HashMap::new(), |mut annulled, pass| {
            annulled.entry((pass.resident, pass.purpose)).or_default().extend(pass.cancelled_at);
            annulled
        });
        for check in self.rows.checks().filter(|check| check.verdict == Verdict::Annulled) {
            let own = annulled.get(&(check.resident, check.purpose));
            assert!(own.is_some_and(|own| own.iter().any(|at| *at <= check.at)), "{check:?} of annulments {own:?}");
        }
    }

    fn requests_come_in_order(&self) {
        let requests: Vec<&Request> = self.rows.requests().collect();
        if let Some(pair) = requests.windows(2).find(|pair| pair[0] > pair[1]) {
            panic!("{pair:?}");
        }
        assert_eq!(RateSeries::new(requests.iter().copied()), self.simulation.demand);
        for kind in RequestKind::ALL {
            let counted: u64 = self.sum(|day| day.requests[kind as usize]);
            assert_eq!(self.rows.requests_of(kind).count() as u64, counted, "{kind}");
            assert!(self.sum(|day| day.failed_requests[kind as usize]) <= counted);
        }
        let residents = self.case.settings.region.residents;
        let bots: Vec<_> = requests.iter().filter(|request| request.resident >= residents).collect();
        assert_eq!(bots.len() as u64, self.sum(|day| day.bot_requests));
        for request in bots {
            let ms = |local| self.case.ms(local).max(0) as u64;
            let is_time = |bots: &Bots| (ms(bots.from)..ms(bots.until)).contains(&request.at.ms());
            assert!(self.case.settings.behaviour.bots.iter().any(is_time), "{request:?} of a bot");
        }
    }

    fn one_registration_a_resident(&self) {
        let residents = self.case.settings.region.residents;
        let own = self.rows.requests_of(RequestKind::Register).filter(|request| request.resident < residents);
        let asked: Vec<u32> = own.map(|request| request.resident).collect();
        let distinct: BTreeSet<u32> = asked.iter().copied().collect();
        let registered = self.sum(|day| day.registrations.iter().sum());
        assert!(registered <= distinct.len() as u64);
        if self.never_fails() {
            assert_eq!((registered, distinct.len()), (asked.len() as u64, asked.len()));
        }
    }

    fn counts_of_days_are_those_of_rows(&self) {
        assert_eq!(self.simulation.day_summaries.len(), self.rows.days.len());
        for (day, rows) in self.simulation.day_summaries.iter().zip(&self.rows.days) {
            for purpose in Purpose::ALL {
                let counts = &day.purposes[purpose as usize];
                let trips: Vec<_> = rows.trips.iter().filter(|trip| trip.purpose == purpose).collect();
                let without = trips.iter().filter(|trip| {
                    matches!(trip.pass, PassOutcome::Without | PassOutcome::Refused | PassOutcome::GaveUp)
                });
                let passes: Vec<_> = rows.passes.iter().filter(|pass| pass.purpose == purpose).collect();
                let checks: Vec<_> = rows.checks.iter().filter(|check| check.purpose == purpose).collect();
                let found = checks.iter().filter(|check| check.verdict == Verdict::NoPass);
                let lengths = [trips.len(), without.count(), passes.len(), checks.len(), found.count()];
                let counted =
                    [counts.trips, counts.trips_without_pass, counts.passes, counts.checks, counts.found_without_pass];
                assert_eq!(lengths.map(|length| length as u64), counted, "{purpose} on day {}", day.day);
                self.check_cancelled(counts, &passes);
            }
            for verdict in Verdict::ALL {
                let found = rows.checks.iter().filter(|check| check.verdict == verdict).count() as u64;
                assert_eq!(found, day.checks[verdict as usize], "{}", verdict.name());
            }
        }
    }

    fn check_cancelled(&self, counts: &Counts, passes: &[&Pass]) {
        let cancelled = passes.iter().filter(|pass| pass.cancelled_at.is_some()).count() as u64;
        let given_back = passes.iter().filter(|pass| self.is_given_back(pass)).count() as u64;
        assert_eq!(given_back, counts.cancellations);
        // What was given back may have been about to be annulled.
        assert!((cancelled - given_back..=cancelled).contains(&counts.annulled), "{counts:?}");
    }

    /// Days, places and groups are three ways of adding up the same.
    fn counts_add_up(&self) {
        let simulation = self.simulation;
        let total = |all: &mut dyn Iterator<Item = Counts>| {
            all.fold(Counts::default(), |mut sum, counts| {
                sum.add(&counts);
                sum
            })
        };
        let days = total(&mut simulation.day_summaries.iter().map(|day| day.total()));
        assert_eq!(days, total(&mut simulation.places.iter().map(|place| place.counts)), "places");
        assert_eq!(days, total(&mut simulation.groups.iter().map(|group| group.counts)), "groups");
        assert_eq!((simulation.trips, simulation.passes, simulation.checks), (days.trips, days.passes, days.checks));
        assert_eq!(simulation.groups.iter().map(|group| group.residents).sum::<u64>(), simulation.residents);
        let households: HashSet<u32> = self.rows.trips().map(|trip| trip.household).collect();
        assert!(households.len() as u64 <= simulation.households);
        for (number, place) in (0..).zip(&simulation.places) {
            let trips = self.rows.trips().filter(|trip| trip.origin == number).count() as u64;
            let passes = self.rows.passes().filter(|pass| pass.place == number).count() as u64;
            let checks = self.rows.checks().filter(|check| check.place == number).count() as u64;
            assert_eq!((trips, passes, checks), (place.counts.trips, place.counts.passes, place.checks_there));
        }
    }

    fn quarters_are_those_of_trips(&self) {
        let places = self.simulation.places.len();
        let mut counted = vec![[0_u32; 2]; self.rows.days.len() * QUARTERS as usize * places];
        for trip in self.rows.trips() {
            let in_shops = matches!(trip.purpose, Purpose::Groceries | Purpose::Pharmacy);
            for quarter in trip.departs.ms().div_ceil(QUARTER_MS)..trip.returns.ms().div_ceil(QUARTER_MS) {
                if let Some([out, shops]) = counted.get_mut(quarter as usize * places + usize::from(trip.destination)) {
                    *out += 1;
                    *shops += u32::from(in_shops);
                }
            }
        }
        let shown: Vec<[u32; 2]> = self.rows.days.iter().flat_map(|day| day.quarters.iter().copied()).collect();
        assert!(counted == shown, "people out and in shops");
        // Those outside the listed places do not share their shops.
        let is_listed = |index: usize| self.simulation.places[index % places].place.geonames_id.is_some();
        let listed = shown.iter().enumerate().filter(|(index, _)| is_listed(*index));
        let fullest = listed.map(|(_, [_, shops])| *shops).max().unwrap_or(0);
        assert_eq!(fullest, self.simulation.fullest_shops.map_or(0, |crowd| crowd.people));
    }

    fn gates_are_manned(&self) {
        let rows: Vec<&GateMinute> = self.rows.gates().collect();
        assert!(rows.is_sorted_by(|a, b| (a.at, a.gate, a.place) < (b.at, b.gate, b.place)), "each minute once");
        for row in &rows {
            let gate = &self.case.settings.checks.gates[usize::from(row.gate)];
            let [from_ms, until_ms] = [gate.from, gate.until].map(|at| self.case.ms(at));
            let at_ms = row.at.ms() as i64;
            assert!(from_ms < at_ms + 60_000 && at_ms < until_ms, "{row:?} is not manned");
            assert!(row.arrivals > 0 && row.checked <= row.arrivals && row.turned_back <= row.checked, "{row:?}");
            assert!(u64::from(row.wait_max_ms) <= row.wait_sum_ms, "{row:?}");
            assert!(row.wait_sum_ms <= u64::from(row.wait_max_ms) * u64::from(row.arrivals), "{row:?}");
        }
        let sum = |of: fn(&GateMinute) -> u64| rows.iter().map(|row| of(row)).sum::<u64>();
        let told = [sum(|row| row.arrivals.into()), sum(|row| row.turned_back.into()), sum(|row| row.wait_sum_ms)];
        let counted =
            [self.sum(|day| day.gate_arrivals), self.sum(|day| day.turned_back), self.sum(|day| day.gate_wait_sum_ms)];
        assert_eq!(told, counted);
        let longest = rows.iter().map(|row| row.wait_max_ms).max();
        assert_eq!(longest, self.simulation.longest_wait.map(|minute| minute.wait_max_ms));
        let days = &self.simulation.day_summaries;
        let queue = rows.iter().map(|row| row.longest_queue).max().unwrap_or(0);
        assert_eq!(Some(queue), days.iter().map(|day| day.gate_queue_max).max());
    }

    fn patients_stay_at_home(&self) {
        let patients = &self.case.settings.patients;
        let mut since: HashMap<u32, u64> = HashMap::new();
        for check_in in self.rows.requests_of(RequestKind::CheckIn) {
            since.entry(check_in.resident).or_insert(check_in.at.day());
        }
        let days = self.rows.days.len() as u16;
        if u16::from(patients.days_at_home) >= days {
            // Nobody has recovered yet.
            for trip in self.rows.trips() {
                assert!(since.get(&trip.resident).is_none_or(|day| trip.departs.day() < *day), "{trip:?}");
            }
            let last = self.simulation.day_summaries.last().map_or(0, |day| day.patients);
            assert!(since.len() as u64 <= last, "{} check in, {last} patients", since.len());
        }
        let asked = self.sum(|day| day.patients) * u64::from(patients.prompts_per_day);
        let answered = self.sum(|day| day.requests[RequestKind::CheckIn as usize]);
        let missed = self.sum(|day| day.missed_check_ins);
        if self.never_fails() {
            assert_eq!(answered + missed, asked);
        } else {
            assert!(missed <= asked && asked <= answered + missed);
        }
    }

    fn rules(&self) -> Rules {
        self.case.policy.rules(self.case.calendar.utc_offset_s())
    }

    fn window(&self, pass: &Pass) -> Window {
        let [from_s, until_s] = [pass.valid_from, pass.valid_until].map(|at| self.case.calendar.unix_s(at));
        Window { from_s, until_s }
    }

    fn is_given_back(&self, pass: &Pass) -> bool {
        pass.cancelled_at.is_some_and(|at| self.given_back.contains(&(pass.resident, at)))
    }

    /// Whether every request is answered.
    fn never_fails(&self) -> bool {
        let service = &self.case.settings.service;
        let in_time = service.latency_ms.round() <= self.case.settings.behaviour.time_out_s * 1_000.0;
        service.kind == ServiceKind::Always && service.outages.is_empty() && in_time
    }

    fn sum(&self, of: impl Fn(&sim::DaySummary) -> u64) -> u64 {
        self.simulation.day_summaries.iter().map(of).sum()
    }
}
