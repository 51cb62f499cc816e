//! How numbers are written for people. Every number on the page, in the terminal, in a sentence and on a plot passes through here.

/// What a missing number looks like.
pub const NONE: &str = "–";

/// A whole number with its thousands apart: `3,202,946`.
pub fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count that need not be exact: whole below a million, then `3.2 million`, `1.46 billion`.
pub fn count(number: u64) -> String {
    match number {
        0..1_000_000 => whole(number),
        1_000_000..1_000_000_000 => format!("{} million", figures(number as f64 / 1e6)),
        _ => format!("{} billion", figures(number as f64 / 1e9)),
    }
}

/// A rate per second: `6,100/s`, `31.4/s`, `0.25/s`.
pub fn rate(per_s: f64) -> String {
    format!("{}/s", figures(per_s))
}

/// A time given in microseconds, in the unit that suits it: `840 µs`, `12.4 ms`, `1.25 s`, `2 min 5 s`.
pub fn time_us(us: f64) -> String {
    // The limits stand where three figures would round up into the next unit.
    match us {
        us if us < 999.5 => format!("{} µs", figures(us)),
        us if us < 999_500.0 => format!("{} ms", figures(us / 1e3)),
        us => duration_s(us / 1e6),
    }
}

/// A length of time given in seconds: `0.8 s`, `42 s`, `2 min 31 s`, `1 h 5 min`.
pub fn duration_s(seconds: f64) -> String {
    if seconds < 59.95 {
        return format!("{} s", figures(seconds));
    }
    let whole_s = seconds.round() as u64;
    let (first, second, names) = match whole_s {
        0..3_600 => (whole_s / 60, whole_s % 60, ["min", "s"]),
        3_600..86_400 => (whole_s / 3_600, whole_s / 60 % 60, ["h", "min"]),
        _ => (whole_s / 86_400, whole_s / 3_600 % 24, ["d", "h"]),
    };
    if second == 0 { format!("{first} {}", names[0]) } else { format!("{first} {} {second} {}", names[0], names[1]) }
}

/// A share as a percentage: `99.93 %`. Never rounds to 0 % or 100 % what is neither.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    match share {
        share if share <= 0.0 => "0 %".into(),
        share if share >= 1.0 => "100 %".into(),
        _ if percent < 0.005 => "< 0.01 %".into(),
        _ if percent >= 99.995 => "> 99.99 %".into(),
        _ if !(1.0..99.0).contains(&percent) => format!("{} %", trimmed(percent, 2)),
        _ => format!("{} %", trimmed(percent, 1)),
    }
}

/// How often one number goes into another: `19.7 times`, `0.62 times`. A peak of next to nothing makes any ratio; beyond a thousand
/// it says no more than that.
pub fn times(ratio: f64) -> String {
    if ratio > 1_000.0 { "over 1,000 times".into() } else { format!("{} times", figures(ratio)) }
}

/// An amount of memory or disk: `640 KiB`, `1.4 GiB`.
pub fn bytes(bytes: u64) -> String {
    let mut number = bytes as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if number < 999.5 {
            break;
        }
        number /= 1024.0;
        unit = larger;
    }
    format!("{} {unit}", figures(number))
}

/// A number in the unit of a measure, as published figures name them: shares and changes as percentages.
pub fn in_unit(value: f64, unit: &str) -> String {
    match unit {
        "share" if value.is_finite() => share(value),
        "change" => format!("{} %", figures(100.0 * value)),
        _ => figures(value),
    }
}

/// Three significant figures, thousands apart, no idle zeros: `6,140`, `310`, `31.4`, `0.25`.
pub fn figures(number: f64) -> String {
    if !number.is_finite() {
        return NONE.into();
    }
    if number < 0.0 {
        return format!("−{}", figures(-number));
    }
    match number {
        0.0 => "0".into(),
        n if n < 9.995e-4 => format!("{n:.1e}"),
        n if n < 9.995 => trimmed(
            n,
            if n < 0.0995 {
                4
            } else if n < 0.995 {
                3
            } else {
                2
            },
        ),
        n if n < 99.95 => trimmed(n, 1),
        n if n < 999.5 => whole(n.round() as u64),
        n => {
            let step = 10_f64.powf(n.log10().floor() - 2.0);
            whole(((n / step).round() * step).round() as u64)
        }
    }
}

fn trimmed(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_read_these() {
        assert_eq!(whole(3_202_946), "3,202,946");
        assert_eq!(whole(12), "12");
        assert_eq!(count(999_999), "999,999");
        assert_eq!(count(3_202_946), "3.2 million");
        assert_eq!(count(146_000_000_000), "146 billion");
        assert_eq!(
            [6_137.0, 999.7, 310.2, 31.44, 2.0, 0.25, 0.0].map(rate),
            ["6,140/s", "1,000/s", "310/s", "31.4/s", "2/s", "0.25/s", "0/s"]
        );
        assert_eq!(
            [0.8, 840.0, 999.7, 12_412.0, 999_700.0, 1_250_000.0, 125e6].map(time_us),
            ["0.8 µs", "840 µs", "1 ms", "12.4 ms", "1 s", "1.25 s", "2 min 5 s"]
        );
        assert_eq!(
            [42.0, 151.2, 3_900.0, 90_000.0, 120.0].map(duration_s),
            ["42 s", "2 min 31 s", "1 h 5 min", "1 d 1 h", "2 min"]
        );
        assert_eq!(
            [0.645, 19.68, 1_000.0, 1_000.1, 419_000.0].map(times),
            ["0.645 times", "19.7 times", "1,000 times", "over 1,000 times", "over 1,000 times"]
        );
        assert_eq!([512, 1_500_000_000, 1_023].map(bytes), ["512 B", "1.4 GiB", "1 KiB"]);
    }

    #[test]
    fn a_share_that_is_not_whole_never_looks_whole() {
        assert_eq!(
            [0.0, 1.0, 0.999_93, 0.999_999, 0.000_001, 0.4567, 0.0042].map(share),
            ["0 %", "100 %", "99.99 %", "> 99.99 %", "< 0.01 %", "45.7 %", "0.42 %"]
        );
    }

    #[test]
    fn shares_and_changes_are_percentages() {
        let words = [(0.28, "share"), (-0.45, "change"), (0.25, "per resident-day"), (3_204_000.0, "passes")];
        assert_eq!(words.map(|(value, unit)| in_unit(value, unit)), ["28 %", "−45 %", "0.25", "3,200,000"]);
        assert_eq!(["passes", "share"].map(|unit| in_unit(f64::NAN, unit)), [NONE, NONE]);
    }

    proptest! {
        #[test]
        fn three_figures_are_right_to_half_a_percent(number in 1e-3..1e12_f64) {
            let read: f64 = figures(number).replace(',', "").parse().unwrap();
            prop_assert!((read / number - 1.0).abs() < 0.0051, "{number} became {read}");
        }
    }
}
