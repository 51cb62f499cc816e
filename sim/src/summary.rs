//! Counts of a day, of a purpose, of a place, of a group of people.

use demand::RequestKind;
use passes::{Channel, Purpose};

use crate::population::{AgeBand, Phone};
use crate::{Place, Verdict};

/// What happened to some people's trips and passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Trips made.
    pub trips: u64,
    /// Of these, trips that needed a pass and had none.
    pub trips_without_pass: u64,
    /// Trips that a resident wanted to make and did not, because the policy forbids them or the pass could not be had.
    pub trips_not_made: u64,
    /// Passes issued.
    pub passes: u64,
    /// Of these, passes given back.
    pub cancellations: u64,
    /// Of these, passes annulled.
    pub annulled: u64,
    /// Passes refused by the rules.
    pub refusals: u64,
    /// Requests for a pass that were malformed.
    pub malformed: u64,
    /// Requests for a pass that failed: no answer in time, or turned away.
    pub failures: u64,
    /// Passes that residents gave up asking for.
    pub gave_up: u64,
    /// Time from the first request for a pass to the pass, summed over passes, in milliseconds.
    pub wait_sum_ms: u64,
    /// Residents checked.
    pub checks: u64,
    /// Of these, residents found without the pass they needed.
    pub found_without_pass: u64,
    /// Of these, residents who had been issued the pass they needed and were not believed: the service gave no answer, or had annulled
    /// it.
    pub false_refusals: u64,
}

/// One day in numbers. What residents do on the evening before for a trip of this day counts to this day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySummary {
    /// The day; 0 is the first.
    pub day: u16,
    /// By purpose, in the order of [`Purpose::ALL`].
    pub purposes: [Counts; Purpose::ALL.len()],
    /// Registrations by channel, in the order of [`Channel::ALL`].
    pub registrations: [u64; Channel::ALL.len()],
    /// Requests that reached the server, tries included, in the order of [`RequestKind::ALL`].
    pub requests: [u64; RequestKind::ALL.len()],
    /// Of these, requests that failed.
    pub failed_requests: [u64; RequestKind::ALL.len()],
    /// Checks by verdict, in the order of [`Verdict::ALL`].
    pub checks: [u64; Verdict::ALL.len()],
    /// Requests of bots.
    pub bot_requests: u64,
    /// Patients at home.
    pub patients: u64,
    /// Prompts to check in that were not answered.
    pub missed_check_ins: u64,
    /// Residents who came to a gate.
    pub gate_arrivals: u64,
    /// Of these, residents sent home.
    pub turned_back: u64,
    /// The sum of their waiting times there, in milliseconds.
    pub gate_wait_sum_ms: u64,
    /// The longest of these.
    pub gate_wait_max_ms: u64,
    /// The longest queue that one of them met, at one gate.
    pub gate_queue_max: u32,
}

/// One place over all days.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceSummary {
    /// The place; its number is its index in the list.
    pub place: Place,
    /// Households.
    pub households: u64,
    /// What its residents did and met with.
    pub counts: Counts,
    /// Checks there, whoever was checked.
    pub checks_there: u64,
}

/// People of one age and one kind of phone over all days: who can use the service, and who goes without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// How old.
    pub age: AgeBand,
    /// How they can reach the service.
    pub phone: Phone,
    /// How many there are.
    pub residents: u64,
    /// What they did and met with.
    pub counts: Counts,
}

impl Counts {
    /// Adds `other`.
    pub fn add(&mut self, other: &Counts) {
        let Counts {
            trips,
            trips_without_pass,
            trips_not_made,
            passes,
            cancellations,
            annulled,
            refusals,
            malformed,
            failures,
            gave_up,
            wait_sum_ms,
            checks,
            found_without_pass,
            false_refusals,
        } = other;
        self.trips += trips;
        self.trips_without_pass += trips_without_pass;
        self.trips_not_made += trips_not_made;
        self.passes += passes;
        self.cancellations += cancellations;
        self.annulled += annulled;
        self.refusals += refusals;
        self.malformed += malformed;
        self.failures += failures;
        self.gave_up += gave_up;
        self.wait_sum_ms += wait_sum_ms;
        self.checks += checks;
        self.found_without_pass += found_without_pass;
        self.false_refusals += false_refusals;
    }
}

impl DaySummary {
    /// All purposes together.
    pub fn total(&self) -> Counts {
        let mut sum = Counts::default();
        self.purposes.iter().for_each(|counts| sum.add(counts));
        sum
    }

    /// Adds the same day of other people.
    pub(crate) fn add(&mut self, other: &DaySummary) {
        self.purposes.iter_mut().zip(&other.purposes).for_each(|(counts, other)| counts.add(other));
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.registrations, &other.registrations);
        add(&mut self.requests, &other.requests);
        add(&mut self.failed_requests, &other.failed_requests);
        add(&mut self.checks, &other.checks);
        self.bot_requests += other.bot_requests;
        self.patients += other.patients;
        self.missed_check_ins += other.missed_check_ins;
        self.gate_arrivals += other.gate_arrivals;
        self.turned_back += other.turned_back;
        self.gate_wait_sum_ms += other.gate_wait_sum_ms;
        self.gate_wait_max_ms = self.gate_wait_max_ms.max(other.gate_wait_max_ms);
        self.gate_queue_max = self.gate_queue_max.max(other.gate_queue_max);
    }
}
