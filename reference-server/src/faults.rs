//! What is to go wrong in a rehearsal, on purpose.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Faults to inject; by default none. Health, readiness and metrics are spared, so that whoever watches sees the rest fail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Every answer comes later by so much.
    pub latency: Option<Latency>,
    /// So many requests are worked on at a time, and each takes so long: a store of known capacity.
    pub slots: Option<Slots>,
    /// Each request keeps a processor busy for so long.
    pub work: Option<Duration>,
    /// This share of requests, 0 to 1, fails with 500.
    pub errors: f64,
    /// In these times nothing is answered; what came meanwhile is answered afterwards.
    pub stalls: Vec<Spell>,
    /// In these times the store cannot be reached: 503.
    pub outages: Vec<Spell>,
    /// Which requests are hit follows from it. Default 0.
    pub seed: u64,
}

/// A distribution of delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Anything between the two, each as likely. Equal bounds: always the same.
    Uniform {
        /// The shortest.
        from: Duration,
        /// The longest.
        to: Duration,
    },
    /// Exponential: mostly short, now and then several times the mean.
    Exponential {
        /// The mean.
        mean: Duration,
    },
}

/// A queue of known capacity: `count` / `each`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// How many requests are worked on at a time.
    pub count: u32,
    /// How long one takes.
    pub each: Duration,
}

/// A time since the server's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// How long it lasts.
    pub lasts: Duration,
    /// When it begins.
    pub at: Duration,
}

impl Spell {
    /// How much of it is left `since` the start; `None` before and after it.
    pub(crate) fn left(&self, since: Duration) -> Option<Duration> {
        (since >= self.at).then(|| (self.at + self.lasts).checked_sub(since))?.filter(|left| !left.is_zero())
    }
}

impl Latency {
    /// The delay at `place`, 0 to below 1, of the distribution.
    pub(crate) fn at(&self, place: f64) -> Duration {
        match *self {
            Latency::Uniform { from, to } => from + to.saturating_sub(from).mul_f64(place),
            // The inverse of its distribution function.
            Latency::Exponential { mean } => mean.mul_f64(-(1.0 - place).ln()),
        }
    }
}

/// A fault that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no fault; write latency=50ms, latency=20ms..80ms, latency=exp:50ms, slots=4x10ms, work=1ms, errors=0.01, \
     stall=2s@30s, outage=10s@60s or seed=1"
)]
pub struct BadFault(String);

impl Faults {
    /// Reads faults such as `latency=20ms..80ms`, one each. Stalls and outages may be given several times.
    ///
    /// # Errors
    /// All that cannot be read.
    pub fn parse<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self, Vec<BadFault>> {
        let mut faults = Faults::default();
        let bad = |text: S| faults.add(text.as_ref()).is_none().then(|| BadFault(text.as_ref().to_owned()));
        let bad: Vec<BadFault> = texts.into_iter().filter_map(bad).collect();
        if bad.is_empty() { Ok(faults) } else { Err(bad) }
    }

    /// Whether nothing is to go wrong.
    pub fn is_none(&self) -> bool {
        Faults { seed: 0, ..self.clone() } == Faults::default()
    }

    fn add(&mut self, text: &str) -> Option<()> {
        let (kind, value) = text.trim().split_once('=')?;
        match kind {
            "latency" => self.latency = Some(value.parse().ok()?),
            "slots" => {
                let (count, each) = value.split_once('x')?;
                let count = count.parse().ok().filter(|count| *count > 0)?;
                self.slots = Some(Slots { count, each: duration(each)? });
            }
            "work" => self.work = Some(duration(value)?),
            "errors" => self.errors = value.parse().ok().filter(|share| (0.0..=1.0).contains(share))?,
            "stall" => self.stalls.push(spell(value)?),
            "outage" => self.outages.push(spell(value)?),
            "seed" => self.seed = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }
}

impl FromStr for Latency {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let latency = || {
            if let Some(mean) = text.strip_prefix("exp:") {
                return Some(Latency::Exponential { mean: duration(mean)? });
            }
            let (from, to) = text.split_once("..").unwrap_or((text, text));
            let (from, to) = (duration(from)?, duration(to)?);
            (from <= to).then_some(Latency::Uniform { from, to })
        };
        latency().ok_or_else(|| BadFault(text.to_owned()))
    }
}

fn spell(text: &str) -> Option<Spell> {
    let (lasts, at) = text.split_once('@')?;
    Some(Spell { lasts: duration(lasts)?, at: duration(at)? })
}

/// A whole number of milliseconds, seconds or minutes: `50ms`, `2s`, `5m`.
fn duration(text: &str) -> Option<Duration> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    let (number, ms) = units.into_iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)))?;
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(ms)?))
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match self.latency {
            Some(Latency::Uniform { from, to }) if from == to => parts.push(format!("latency={from:?}")),
            Some(Latency::Uniform { from, to }) => parts.push(format!("latency={from:?}..{to:?}")),
            Some(Latency::Exponential { mean }) => parts.push(format!("latency=exp:{mean:?}")),
            None => {}
        }
        parts.extend(self.slots.map(|Slots { count, each }| format!("slots={count}x{each:?}")));
        parts.extend(self.work.map(|work| format!("work={work:?}")));
        parts.extend((self.errors > 0.0).then(|| format!("errors={}", self.errors)));
        let spells = |name: &'static str, spells: &[Spell]| -> Vec<String> {
            spells.iter().map(|Spell { lasts, at }| format!("{name}={lasts:?}@{at:?}")).collect()
        };
        parts.extend(spells("stall", &self.stalls));
        parts.extend(spells("outage", &self.outages));
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_written() {
        let texts = [
            "latency=20ms..80ms",
            "slots=4x10ms",
            "work=1ms",
            "errors=0.01",
            "stall=2s@30s",
            "stall=1s@90s",
            "outage=10s@60s",
        ];
        let faults = Faults::parse(texts).unwrap();
        assert_eq!(faults.to_string(), texts.join(" "));
        assert!(!faults.is_none() && Faults::parse(["seed=7"]).unwrap().is_none());
        assert_eq!(Faults::parse(["latency=exp:1m"]).unwrap().to_string(), "latency=exp:60s");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wrong = [
            "latency=50",
            "latency=80ms..20ms",
            "latency=exp:",
            "slots=0x1ms",
            "slots=4",
            "errors=2",
            "errors=NaN",
            "stall=2s",
            "outage=@5s",
            "rain=1",
            "latency",
        ];
        assert_eq!(Faults::parse(wrong).unwrap_err().len(), wrong.len());
    }

    #[test]
    fn a_spell_begins_and_ends() {
        let second = Duration::from_secs;
        let spell = Spell { lasts: second(2), at: second(30) };
        assert_eq!([29, 30, 31, 32].map(|at| spell.left(second(at))), [None, Some(second(2)), Some(second(1)), None]);
    }

    #[test]
    fn delays_have_their_distribution() {
        let ms = Duration::from_millis;
        let uniform = Latency::Uniform { from: ms(20), to: ms(80) };
        assert_eq!([0.0, 0.5].map(|place| uniform.at(place)), [ms(20), ms(50)]);
        let exponential = Latency::Exponential { mean: ms(50) };
        let places = (0..10_000).map(|number| (f64::from(number) + 0.5) / 10_000.0);
        let mean_s = places.map(|place| exponential.at(place).as_secs_f64()).sum::<f64>() / 10_000.0;
        assert!((mean_s - 0.05).abs() < 1e-4, "{mean_s}");
    }
}
