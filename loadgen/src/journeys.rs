//! What one request brings, a later one uses: the residents of one sending thread, asking and receiving.

use crate::Kind;
use crate::interface::template::{Parts, Slot};
use crate::judge::{Gain, judge};
use crate::kind::Outcome;
use crate::phones::Hand;
use crate::request::Templates;
use crate::schedule::Ask;
use crate::showing::{Showing, Shown, forge};
use crate::wallet::{Dealing, Pocket};

/// Why a request cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The resident has nothing to ask with: no token yet, or no pass.
    Pass,
    /// The resident's phone has not blinded its token yet: our own doing.
    Blinding,
}

/// The residents of one sending thread.
pub(crate) struct Journeys<'a> {
    pub(crate) templates: &'a Templates,
    pub(crate) showing: Showing<'a>,
    pub(crate) dealing: Dealing,
    /// Residents with a place in the wallet. Others may register, and are forgotten.
    pub(crate) residents: u32,
    pub(crate) pocket: &'a mut Pocket,
    /// Their phones, where the target's scheme has phones compute.
    pub(crate) phones: Option<Hand>,
    /// Room for a code that is altered before it is shown.
    pub(crate) forged: String,
}

impl Journeys<'_> {
    /// Writes the request of `ask` into `out`. Returns the verdict that the shown code deserves.
    ///
    /// # Errors
    /// What is [`Missing`].
    pub(crate) fn compose(&mut self, ask: &Ask, out: &mut Vec<u8>) -> Result<bool, Missing> {
        let own = self.dealing.place(ask.resident);
        let Journeys { templates, showing, pocket, phones, forged, .. } = self;
        if let Some(phones) = phones {
            phones.collect(pocket);
        }
        let token = match templates.says(ask.kind, Slot::Token) {
            true => pocket.tokens.get(own).ok_or(Missing::Pass)?,
            false => "",
        };
        let held = || pocket.held(own, ask.purpose).ok_or(Missing::Pass);
        let ready = match (ask.kind, phones.as_mut()) {
            (Kind::Issue, Some(phones)) => Some(phones.take(ask.index).ok_or(Missing::Blinding)?),
            _ => None,
        };
        let blinded = ready.as_ref().map_or("", |ready| &ready.blinded);
        let (mut pass, mut code, mut valid, mut spent) = ("", "", true, false);
        match ask.kind {
            Kind::Get | Kind::Register | Kind::Issue | Kind::CheckIn => {}
            Kind::Cancel => (pass, code) = held()?,
            Kind::Verify => match showing.choose(ask.index) {
                Shown::Listed { code: listed, valid: deserved } => (code, valid) = (listed, deserved),
                Shown::Own => {
                    code = held()?.1;
                    spent = templates.single_use;
                }
                Shown::Forged { place } => {
                    forge(held()?.1, place, forged);
                    (code, valid) = (forged.as_str(), false);
                }
            },
        }
        let Ask { index, resident, purpose, duration_s, .. } = *ask;
        templates.write(ask.kind, &Parts { index, resident, token, pass, code, purpose, duration_s, blinded }, out);
        if let (Some(phones), Some(ready)) = (phones, ready) {
            phones.sent(ready);
        }
        // Who asks for a pass shows that one from now on, once it is there. What is given back nobody shows: what a check at this
        // moment would find depends on which of the two comes first.
        if matches!(ask.kind, Kind::Issue | Kind::Cancel) || spent {
            pocket.give_up(own, ask.purpose);
        }
        Ok(valid)
    }

    /// Judges the answer to `ask` and puts what it brought where the resident keeps it.
    pub(crate) fn receive(&mut self, ask: &Ask, valid: bool, status: u16, body: &[u8]) -> Outcome {
        let (outcome, gain) = judge(self.templates.rule(ask.kind), ask.kind, valid, status, body);
        if ask.resident < self.residents {
            let own = self.dealing.place(ask.resident);
            match gain {
                Gain::Nothing => {}
                Gain::Token(token) => self.pocket.tokens.set(own, &token),
                // What came is to be opened first.
                Gain::Pass { pass, code } => match &mut self.phones {
                    Some(phones) => phones.open(ask, own, &pass, &code),
                    None => self.pocket.keep(own, ask.purpose, &pass, &code),
                },
            }
        }
        outcome
    }

    /// The request of `ask` is settled, whatever it came to.
    pub(crate) fn settled(&mut self, ask: &Ask) {
        if let Some(phones) = self.phones.as_mut().filter(|_| ask.kind == Kind::Issue) {
            phones.forget(ask.index);
        }
    }

    /// Ends the thread's part: residents hold all that was answered.
    pub(crate) fn finish(&mut self) {
        if let Some(phones) = self.phones.take() {
            phones.collect_all(self.pocket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::Interface;
    use crate::wallet::BadPasses;
    use crate::{LoadSettings, Target};
    use passes::{Purpose, Share};

    const ISSUED: &[u8] = br#"{"pass":"P","code":"CODE"}"#;

    fn with_journeys(single_use: bool, body: impl FnOnce(&mut Journeys<'_>)) {
        let interface = Interface { single_use, ..Interface::default() };
        let target = Target::parse("http://127.0.0.1:9", &[]).unwrap().speaking(interface);
        let templates = Templates::new(&target, &target.interface().resolved(false), "/", "run".into());
        let none = Share::of(0.0);
        let settings =
            LoadSettings { expired_share: none, forged_share: none, unknown_share: none, ..Default::default() };
        let (bad, mut pocket) = (BadPasses::default(), Pocket::default());
        pocket.tokens.set(2, "TOKEN");
        let showing = Showing::new(&settings, 1, &bad, single_use);
        let dealing = Dealing { shard: 0, shards: 1, lanes: 1 };
        let (templates, pocket) = (&templates, &mut pocket);
        body(&mut Journeys { templates, showing, dealing, residents: 10, pocket, phones: None, forged: String::new() });
    }

    fn ask(kind: Kind, purpose: Purpose) -> Ask {
        Ask { at_ns: 0, index: 0, kind, resident: 2, purpose, duration_s: None }
    }

    #[test]
    fn a_check_shows_the_pass_of_its_own_trip_or_none() {
        with_journeys(false, |journeys| {
            let mut out = Vec::new();
            let [shop, pet] = [Purpose::Groceries, Purpose::Pet];
            assert_eq!(journeys.compose(&ask(Kind::Verify, shop), &mut out), Err(Missing::Pass), "nobody asked yet");
            assert_eq!(journeys.compose(&ask(Kind::Issue, shop), &mut out), Ok(true));
            assert_eq!(
                journeys.compose(&ask(Kind::Verify, shop), &mut out),
                Err(Missing::Pass),
                "the answer is not there yet"
            );
            assert_eq!(journeys.receive(&ask(Kind::Issue, shop), true, 201, ISSUED), Outcome::Right);
            assert_eq!(journeys.compose(&ask(Kind::Verify, shop), &mut out), Ok(true));
            assert!(String::from_utf8_lossy(&out).ends_with(r#"{"code":"CODE"}"#));
            assert_eq!(
                journeys.compose(&ask(Kind::Verify, pet), &mut out),
                Err(Missing::Pass),
                "that is for another purpose"
            );
            journeys.compose(&ask(Kind::Issue, shop), &mut out).unwrap();
            assert_eq!(
                journeys.compose(&ask(Kind::Verify, shop), &mut out),
                Err(Missing::Pass),
                "an earlier pass does not stand in"
            );
            journeys.receive(&ask(Kind::Issue, shop), true, 201, ISSUED);
            assert_eq!(journeys.compose(&ask(Kind::Cancel, shop), &mut out), Ok(true));
            assert_eq!(journeys.compose(&ask(Kind::Verify, shop), &mut out), Err(Missing::Pass), "given back");
        });
    }

    #[test]
    fn a_single_use_pass_is_shown_once() {
        with_journeys(true, |journeys| {
            let mut out = Vec::new();
            let purpose = Purpose::Groceries;
            journeys.receive(&ask(Kind::Issue, purpose), true, 201, ISSUED);
            assert_eq!(journeys.compose(&ask(Kind::Verify, purpose), &mut out), Ok(true));
            assert_eq!(journeys.compose(&ask(Kind::Verify, purpose), &mut out), Err(Missing::Pass));
        });
    }
}
