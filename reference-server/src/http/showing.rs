//! What a phone gets of a pass.

use std::sync::Arc;

use passes::wire::IssuedPass;
use passes::{Blinded, DocumentDigest, Grant, Permit, ResidentId};

use super::App;
use super::problem::Problem;

impl App {
    /// What the phone of `resident` gets of `grant`; under `blind` with what it sent to be signed.
    pub(super) async fn shown(
        self: &Arc<Self>,
        grant: Grant,
        resident: ResidentId,
        blinded: Option<&str>,
    ) -> Result<IssuedPass, Problem> {
        let zone = self.rules.zone(grant.purpose, grant.window.from_s);
        let commits = self.scheme.issuer.commits_to_document();
        let document = if commits { self.token_key.document(resident) } else { DocumentDigest::NOBODY };
        let permit = Permit { grant, zone, document };
        let showing = match (blinded.map(Blinded::parse).transpose()?, &self.signers) {
            (Some(blinded), Some(signers)) => {
                let app = Arc::clone(self);
                let signed = signers.sign(move || app.scheme.issuer.show(&permit, Some(&blinded))).await;
                let (showing, took) = signed.ok_or(Problem::Internal)?;
                self.front.gate.signed(took);
                showing
            }
            (blinded, _) => self.scheme.issuer.show(&permit, blinded.as_ref()),
        };
        Ok(IssuedPass::new(&grant, showing?))
    }
}
