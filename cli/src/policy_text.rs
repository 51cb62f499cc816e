//! A policy in words, as `lockgate check` explains it.

use passes::{AgeBand, Curfew, Exempt, Occupation, Period, Phase, Policy, Purpose, PurposeRule, Quota, Validity};

/// The whole policy, a line a rule.
pub(crate) fn of(policy: &Policy) -> String {
    let mut text = format!("A pass is needed from {} until {}:\n", policy.from, policy.until);
    for purpose in Purpose::ALL {
        text += &line_of(purpose, policy.purposes.get(&purpose));
    }
    text += &lists(&policy.quotas, &policy.curfews, &policy.exempt);
    text += &lead_times(Some(policy.advance_h), (policy.earliest_start_min > 0).then_some(policy.earliest_start_min));
    policy.phases.iter().fold(text, |text, phase| text + &of_phase(phase))
}

fn of_phase(phase: &Phase) -> String {
    let mut text = format!("From {} on:\n", phase.from);
    for (purpose, rule) in &phase.purposes {
        text += &line_of(*purpose, Some(rule));
    }
    let lifted = [
        ("quota", phase.quotas.as_ref().is_some_and(Vec::is_empty)),
        ("curfew", phase.curfews.as_ref().is_some_and(Vec::is_empty)),
        ("exempt group", phase.exempt.as_ref().is_some_and(Vec::is_empty)),
    ];
    for (what, _) in lifted.iter().filter(|(_, is_lifted)| *is_lifted) {
        text += &format!("  no {what} any more\n");
    }
    let (quotas, curfews, exempt) = (phase.quotas.as_deref(), phase.curfews.as_deref(), phase.exempt.as_deref());
    text += &lists(quotas.unwrap_or_default(), curfews.unwrap_or_default(), exempt.unwrap_or_default());
    text + &lead_times(phase.advance_h, phase.earliest_start_min)
}

fn line_of(purpose: Purpose, rule: Option<&PurposeRule>) -> String {
    let said = rule.filter(|rule| rule.allowed).map_or_else(|| "forbidden".to_owned(), of_rule);
    format!("  {:<10} {said}\n", purpose.name())
}

fn of_rule(rule: &PurposeRule) -> String {
    let lasts = match (rule.validity_min, rule.validity, rule.valid_until) {
        _ if !rule.needs_pass => "allowed without a pass".to_owned(),
        (Some(minutes), ..) => format!("{minutes} min"),
        (None, Some(Validity::Day), _) => "to the end of the day".to_owned(),
        (None, None, until) => until.map_or_else(String::new, |until| format!("until {until}")),
    };
    let hours: Vec<String> = rule.hours.iter().map(ToString::to_string).collect();
    let parts = [
        Some(lasts),
        rule.extends_issued.then(|| "and so do the passes issued before".to_owned()),
        (!hours.is_empty()).then(|| hours.join(" and ")),
        rule.radius_m.map(|radius_m| format!("at most {radius_m} m from home")),
        rule.near_home_m.map(|near_home_m| format!("without a pass up to {near_home_m} m from home")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn lists(quotas: &[Quota], curfews: &[Curfew], exempt: &[Exempt]) -> String {
    let quotas = quotas.iter().map(of_quota);
    let curfews = curfews.iter().map(of_curfew);
    quotas.chain(curfews).chain(exempt.iter().map(of_exempt)).map(|line| format!("  {line}\n")).collect()
}

fn of_quota(quota: &Quota) -> String {
    let what = names(&quota.purposes, Purpose::name).unwrap_or_else(|| "all purposes".to_owned());
    let much = match (quota.passes, quota.minutes) {
        (Some(passes), _) => format!("{passes}"),
        (None, minutes) => format!("{} min of passes", minutes.unwrap_or_default()),
    };
    let per = match quota.per {
        Period::Day => "day".to_owned(),
        Period::Week => "week".to_owned(),
        Period::Month => "month".to_owned(),
        Period::Days(days) => format!("{days} days"),
    };
    format!("at most {much} per {per} for {what}")
}

fn of_curfew(curfew: &Curfew) -> String {
    let spared =
        names(&curfew.purposes, Purpose::name).map_or_else(String::new, |names| format!(", except for {names}"));
    format!("curfew from {} until {}{spared}", curfew.from, curfew.until)
}

fn of_exempt(exempt: &Exempt) -> String {
    let parts = [
        names(&exempt.age, AgeBand::name).map(|ages| format!("aged {ages}")),
        names(&exempt.occupation, Occupation::name).map(|occupations| format!("occupation {occupations}")),
        names(&exempt.purposes, Purpose::name).map(|purposes| format!("going out for {purposes}")),
    ];
    format!("no pass for those {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn lead_times(advance_h: Option<u32>, earliest_start_min: Option<u32>) -> String {
    let advance = advance_h.map(|hours| format!("  a pass may be asked for at most {hours} h ahead\n"));
    let earliest = earliest_start_min
        .map(|minutes| format!("  a pass starts at the earliest {minutes} min after it is asked for\n"));
    advance.into_iter().chain(earliest).collect()
}

/// The names in a list; `None` when it is empty.
fn names<T: Copy>(list: &[T], name: impl Fn(T) -> &'static str) -> Option<String> {
    let names: Vec<&str> = list.iter().copied().map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_words() {
        let policy: Policy = toml::from_str(
            r#"
            from = "2020-04-02T12:00"
            until = "2020-06-12T00:00"
            earliest_start_min = 15
            purposes.pet = { validity_min = 60, radius_m = 1000, near_home_m = 100, hours = ["07:00-09:00", "20:00-00:00"] }
            purposes.doctor = { validity = "day" }
            purposes.rubbish = { needs_pass = false }
            quotas = [{ minutes = 240, per = "week" }, { purposes = ["pet"], passes = 1, per = { days = 3 } }]
            curfews = [{ from = "22:00", until = "06:00", purposes = ["doctor"] }]
            exempt = [{ age = ["0_6"], occupation = ["none"], purposes = ["pet"] }]
            [[phases]]
            from = "2020-05-01T00:00"
            advance_h = 48
            purposes.work = { valid_until = "2020-05-31T23:59", extends_issued = true }
            purposes.pet = { allowed = false }
            quotas = []
            "#,
        )
        .unwrap();
        assert_eq!(policy.faults(), []);
        let expected = "\
A pass is needed from 2020-04-02T12:00:00 until 2020-06-12T00:00:00:
  groceries  forbidden
  pharmacy   forbidden
  pet        60 min, 07:00-09:00 and 20:00-00:00, at most 1000 m from home, without a pass up to 100 m from home
  rubbish    allowed without a pass
  doctor     to the end of the day
  work       forbidden
  other      forbidden
  at most 240 min of passes per week for all purposes
  at most 1 per 3 days for pet
  curfew from 22:00:00 until 06:00:00, except for doctor
  no pass for those aged 0_6, occupation none, going out for pet
  a pass may be asked for at most 24 h ahead
  a pass starts at the earliest 15 min after it is asked for
From 2020-05-01T00:00:00 on:
  pet        forbidden
  work       until 2020-05-31T23:59:00, and so do the passes issued before
  no quota any more
  a pass may be asked for at most 48 h ahead
";
        assert_eq!(of(&policy), expected);
    }
}
