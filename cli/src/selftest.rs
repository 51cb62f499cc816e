//! `lockgate selftest`: measures servers whose behaviour is known exactly.

use loadgen::Check;
use report::number;

use crate::failure::Ending;
use crate::progress::Progress;
use crate::session::of_load;
use crate::stop::Stop;

/// Prints what is known beside what was measured, case by case.
pub(crate) fn run(stop: &Stop) -> anyhow::Result<Ending> {
    println!("{:<32} {:<30} {:>10} {:>10} {:>8} {:>8}", "case", "quantity", "expected", "measured", "error", "allowed");
    let shown = Progress::start("measuring known servers, some 40 seconds");
    let mut retried = false;
    let all_pass = loadgen::selftest(stop.flag(), |check| {
        retried |= check.tries > 1;
        println!("{}", line(check));
    })
    .map_err(of_load)?;
    drop(shown);
    if stop.asked() {
        println!("The self-test was stopped before its end.");
        return Ok(Ending::Unusable);
    }
    if retried {
        println!("Some cases were tried again: other programs kept this machine busy.");
    }
    println!(
        "{}",
        match all_pass {
            true => "This machine measures known servers as they are.",
            false =>
                "This machine does not measure known servers as they are: stop other programs on it and try again, or use another.",
        }
    );
    Ok(if all_pass { Ending::Held } else { Ending::Failed })
}

fn line(check: &Check) -> String {
    let Check { case, quantity, expected, measured, tolerance, .. } = check;
    let [expected, measured] = [expected, measured].map(|value| number::figures(*value));
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let verdict = if check.passes() { "" } else { "  WRONG" };
    let (error, allowed) = (percent(check.error()), percent(*tolerance));
    format!("{case:<32} {quantity:<30} {expected:>10} {measured:>10} {error:>8} {allowed:>8}{verdict}")
}
