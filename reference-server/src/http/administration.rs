//! Administrators revoke passes, always two together, and leave a trail.
//!
//! Why two: [`crate::audit`] tells what one alone did in Zhengzhou. There is no way to revoke the passes of a person, only passes by name and
//! whatever was issued in a stretch of time, and none to look a person up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use passes::PassId;
use passes::wire::{
    ApprovedRevocation, AuditEntry, AuditHead, AuditLog, IssuedIn, ProposedRevocation, RevocationProposal,
    RevocationProposals, RevocationRequest, Selection,
};

use super::App;
use super::extract::{Administrator, After, Body, ProposalInPath};
use super::problem::Problem;
use crate::Limits;
use crate::audit::{Entry, Head, Hex};
use crate::store::{Act, Acted, IssuedBetween, Proposal, ProposalId};

/// How long a proposal waits for a second administrator, in seconds: a night and a day.
const LAPSES_AFTER_S: i64 = 24 * 3_600;
/// Longest reason, in characters.
const REASON_CHARS: usize = 200;
/// Entries of the audit log in one answer.
const LOG_PAGE: usize = 1_000;

/// `POST /v1/admin/revocations`
pub(super) async fn propose(
    State(app): State<Arc<App>>,
    Administrator(by): Administrator,
    Body(request): Body<RevocationRequest>,
) -> Result<(StatusCode, Json<RevocationProposal>), Problem> {
    let reason_fits = (1..=REASON_CHARS).contains(&request.reason.chars().count());
    if !reason_fits || request.reason.contains(char::is_control) {
        return Err(Problem::InvalidBody);
    }
    let now_s = app.clock.now_s();
    let passes = app.selected(request.what, now_s).await?;
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(|_| Problem::Internal)?;
    let proposal = Proposal {
        id: ProposalId(id),
        passes,
        reason: request.reason,
        by: by.to_string(),
        proposed_s: now_s,
        lapses_s: now_s + LAPSES_AFTER_S,
        approved: false,
    };
    let told = about(&proposal);
    match app.kept(app.store.act(Act::Propose(proposal)).await)? {
        Acted::TooMany => Err(Problem::TooManyProposals),
        _ => Ok((StatusCode::CREATED, Json(told))),
    }
}

/// `GET /v1/admin/revocations`
pub(super) async fn proposals(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
) -> Result<Json<RevocationProposals>, Problem> {
    let proposals = app.kept(app.store.proposals(app.clock.now_s()).await)?;
    Ok(Json(RevocationProposals { proposals: proposals.iter().map(about).collect() }))
}

/// `GET /v1/admin/revocations/{proposal}`
pub(super) async fn proposal(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
    ProposalInPath(id): ProposalInPath,
) -> Result<Json<ProposedRevocation>, Problem> {
    let proposals = app.kept(app.store.proposals(app.clock.now_s()).await)?;
    let proposal = proposals.iter().find(|proposal| proposal.id == id).ok_or(Problem::NotFound)?;
    let passes = proposal.passes.iter().map(PassId::to_string).collect();
    Ok(Json(ProposedRevocation { about: about(proposal), passes }))
}

/// `POST /v1/admin/revocations/{proposal}/approval`
pub(super) async fn approve(
    State(app): State<Arc<App>>,
    Administrator(by): Administrator,
    ProposalInPath(id): ProposalInPath,
) -> Result<Json<ApprovedRevocation>, Problem> {
    let at_s = app.clock.now_s();
    let act = Act::Approve { id, by: by.to_string(), at_s, day: app.rules.local_day(at_s) };
    match app.kept(app.store.act(act).await)? {
        Acted::Revoked { passes } => Ok(Json(ApprovedRevocation { revoked: passes })),
        Acted::OwnProposal => Err(Problem::OwnProposal),
        Acted::ApprovedBefore => Err(Problem::ApprovedBefore),
        Acted::NoProposal | Acted::Done | Acted::TooMany => Err(Problem::NotFound),
    }
}

/// `GET /v1/admin/audit`
pub(super) async fn audit_log(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
    After(after): After,
) -> Result<Json<AuditLog>, Problem> {
    // First the end, so that the entries are never behind it.
    let end = app.kept(app.store.audit_head().await)?;
    let entries = app.kept(app.store.audit_log(after, LOG_PAGE).await)?;
    Ok(Json(AuditLog { entries: entries.iter().map(entry).collect(), head: head(&end) }))
}

impl App {
    /// The passes of a selection, in ascending order: what the second administrator approves is settled now.
    async fn selected(&self, selection: Selection, now_s: i64) -> Result<Vec<PassId>, Problem> {
        let mut passes = match selection {
            Selection::Passes(names) if names.len() > Limits::NAMED_PASSES => return Err(Problem::InvalidBody),
            Selection::Passes(names) => {
                let passes = names.iter().map(|name| PassId::parse(name).map_err(|_| Problem::InvalidBody));
                passes.collect::<Result<Vec<_>, _>>()?
            }
            Selection::Issued(IssuedIn { from_s, until_s, purpose }) => {
                if from_s >= until_s || until_s > now_s {
                    return Err(Problem::InvalidBody);
                }
                let at_most = Limits::SELECTED_PASSES;
                let issued = IssuedBetween { from_s, until_s, purpose, now_s, at_most };
                self.kept(self.store.issued(issued).await)?.ok_or(Problem::SelectionUnusable)?
            }
        };
        passes.sort_unstable();
        passes.dedup();
        if passes.is_empty() { Err(Problem::SelectionUnusable) } else { Ok(passes) }
    }
}

fn about(proposal: &Proposal) -> RevocationProposal {
    RevocationProposal {
        proposal: proposal.id.to_string(),
        passes: proposal.passes.len() as u64,
        reason: proposal.reason.clone(),
        proposed_by: proposal.by.clone(),
        proposed_s: proposal.proposed_s,
        lapses_s: proposal.lapses_s,
        approved: proposal.approved,
    }
}

fn entry(entry: &Entry) -> AuditEntry {
    AuditEntry {
        number: entry.number,
        at_s: entry.at_s,
        by: entry.by.clone(),
        act: entry.act.name().into(),
        detail: entry.detail.clone(),
        hash: Hex(&entry.hash).to_string(),
    }
}

/// The end of the log, for the wire.
pub(super) fn head(head: &Head) -> AuditHead {
    AuditHead { entries: head.entries, hash: Hex(&head.hash).to_string() }
}
