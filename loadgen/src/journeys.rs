//! What one request brings, a later one uses: the residents of one sending thread, asking and receiving.

use crate::Kind;
use crate::judge::{Gain, judge};
use crate::kind::Outcome;
use crate::request::{Parts, Templates};
use crate::schedule::Ask;
use crate::showing::{Showing, Shown, forge};
use crate::wallet::Shard;

/// The residents of one sending thread.
pub(crate) struct Journeys<'a> {
    pub(crate) templates: &'a Templates,
    pub(crate) showing: Showing<'a>,
    pub(crate) lanes: usize,
    /// Residents with a place in the wallet. Others may register, and are forgotten.
    pub(crate) residents: u32,
    pub(crate) shard: &'a mut Shard,
    /// Room for a code that is altered before it is shown.
    pub(crate) forged: String,
}

impl Journeys<'_> {
    /// Writes the request of `ask` into `out`. Returns the verdict that the shown code deserves, or `None` when the resident has
    /// nothing to ask with: no token yet, or no pass.
    pub(crate) fn compose(&mut self, ask: &Ask, out: &mut Vec<u8>) -> Option<bool> {
        let own = ask.resident as usize / self.lanes;
        let Journeys { templates, showing, shard, forged, .. } = self;
        let (mut token, mut pass, mut code, mut valid) = ("", "", "", true);
        match ask.kind {
            Kind::Get | Kind::Register => {}
            Kind::Issue | Kind::CheckIn => token = shard.tokens.get(own)?,
            Kind::Cancel => (token, pass) = (shard.tokens.get(own)?, shard.passes.get(own)?),
            Kind::Verify => {
                let shown = showing.choose(ask.index);
                valid = shown == Shown::Own;
                code = match shown {
                    Shown::Bad(code) => code,
                    Shown::Own => shard.codes.get(own)?,
                    Shown::Forged { place } => {
                        forge(shard.codes.get(own)?, place, forged);
                        forged
                    }
                };
            }
        }
        let parts = Parts { index: ask.index, token, pass, code, purpose: ask.purpose, duration_s: ask.duration_s };
        templates.write(ask.kind, &parts, out);
        if ask.kind == Kind::Cancel {
            // From here on nobody shows it: what a check at this moment would find depends on which of the two comes first.
            shard.passes.set(own, "");
            shard.codes.set(own, "");
        }
        Some(valid)
    }

    /// Judges the answer to `ask` and puts what it brought where the resident keeps it.
    pub(crate) fn receive(&mut self, ask: &Ask, valid: bool, status: u16, body: &[u8]) -> Outcome {
        let (outcome, gain) = judge(ask.kind, valid, status, body);
        if ask.resident < self.residents {
            let own = ask.resident as usize / self.lanes;
            match gain {
                Gain::Nothing => {}
                Gain::Token(token) => self.shard.tokens.set(own, &token),
                Gain::Pass { pass, code } => {
                    self.shard.passes.set(own, &pass);
                    self.shard.codes.set(own, &code);
                }
            }
        }
        outcome
    }
}
