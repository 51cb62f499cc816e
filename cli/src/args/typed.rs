//! Values of the command line that have a form of their own.

use std::time::Duration;

/// Hours and minutes since a first midnight; hours may pass 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockTime {
    /// Milliseconds since that midnight.
    pub(crate) ms: u64,
}

impl std::str::FromStr for ClockTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(hours, minutes)| {
            let minutes = minutes.parse::<u64>().ok().filter(|minutes| *minutes < 60)?;
            Some(hours.parse::<u64>().ok().filter(|hours| *hours < 10_000)? * 60 + minutes)
        });
        let minutes = parts.ok_or("write hours and minutes since the first midnight, such as 36:05")?;
        Ok(ClockTime { ms: minutes * 60_000 })
    }
}

/// A curve of rates, as typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve(pub(crate) Vec<loadgen::RatePoint>);

impl std::str::FromStr for Curve {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write times and rates, the first time 0s, such as 0s:50,30s:400".to_owned();
        let point = |part: &str| {
            let (at, rate) = part.split_once(':')?;
            let at: jiff::SignedDuration = at.parse().ok()?;
            Some(loadgen::RatePoint { at_s: at.as_secs_f64(), rate_per_s: rate.parse().ok()? })
        };
        text.split(',').map(|part| point(part.trim()).ok_or_else(wrong)).collect::<Result<_, _>>().map(Curve)
    }
}

/// One kind of request and its rate, as typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StreamChoice {
    pub(crate) kind: loadgen::Kind,
    pub(crate) rate_per_s: f64,
}

impl std::str::FromStr for StreamChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('=').and_then(|(kind, rate)| {
            let kind = kind.replace('-', "_");
            let kind = loadgen::Kind::ALL.into_iter().find(|known| known.name() == kind)?;
            Some(StreamChoice { kind, rate_per_s: rate.parse().ok()? })
        });
        let kinds = loadgen::Kind::ALL.map(loadgen::Kind::name).join(", ");
        parts.ok_or_else(|| format!("write a kind of request and its rate, such as issue=50; the kinds are {kinds}"))
    }
}

/// A part of a schedule, as typed: 2/3 is the second of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardChoice(pub(crate) loadgen::Shard);

impl std::str::FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse::<u32>().ok()?, of.parse::<u32>().ok()?);
            (1..=of).contains(&index).then(|| loadgen::Shard { index: index - 1, of })
        });
        parts.map(ShardChoice).ok_or_else(|| "write which part of how many, such as 1/3, 2/3 or 3/3".to_owned())
    }
}

/// A time that is not 0, such as `30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time with its unit, such as 30s, 5m or 500ms".to_owned();
    let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert!(duration("-5s").is_err() && duration("0s").is_err() && duration("5").is_err());
        assert_eq!("36:05".parse(), Ok(ClockTime { ms: (36 * 60 + 5) * 60_000 }));
        let point = |at_s, rate_per_s| loadgen::RatePoint { at_s, rate_per_s };
        assert_eq!("0s:5, 1m:7.5".parse(), Ok(Curve(vec![point(0.0, 5.0), point(60.0, 7.5)])));
        assert!("0s:5,7".parse::<Curve>().is_err());
    }

    #[test]
    fn parts_and_streams_are_read() {
        assert_eq!("2/3".parse(), Ok(ShardChoice(loadgen::Shard { index: 1, of: 3 })));
        assert!(["0/3", "4/3", "1", "a/b"].into_iter().all(|text| text.parse::<ShardChoice>().is_err()));
        assert_eq!("check-in=2".parse(), Ok(StreamChoice { kind: loadgen::Kind::CheckIn, rate_per_s: 2.0 }));
        assert!("isue=2".parse::<StreamChoice>().unwrap_err().contains("register, issue"));
        assert!("36:70".parse::<ClockTime>().is_err() && "noon".parse::<ClockTime>().is_err());
    }
}
