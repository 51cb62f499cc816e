//! What every route takes and gives, said once: the router is built from it and `/openapi.json` is written from it.

use axum::http::StatusCode;
use passes::{AskError, Refusal, wire};

use super::operation::{Content, Operation, Parameter, Who};
use super::problem::Problem;
use super::route::Route;
use crate::Role;

const RESIDENT: Who = Who::Resident;
const OFFICER: Who = Who::Staff(Role::Officer);
const ADMINISTRATOR: Who = Who::Staff(Role::Administrator);
const OPERATOR: Who = Who::Staff(Role::Operator);

/// Where officers ask what a code is worth.
pub(crate) const VERIFICATIONS: &str = "/v1/verifications";

impl Route {
    /// What this route takes and gives.
    pub(super) fn operation(self) -> Operation {
        match self {
            Route::Register => Operation::post("/v1/residents", "Register a resident")
                .takes::<wire::Registration>()
                .idempotency_key(false)
                .gives::<wire::Registered>(StatusCode::CREATED, "Registered; the token is the resident's credential.")
                .refuses([Problem::AlreadyRegistered]),
            Route::RegisterBatch => Operation::post("/v1/residents/batch", "Register up to 1,000 residents")
                .by(OPERATOR)
                .takes::<wire::RegistrationBatch>()
                .gives::<wire::RegisteredBatch>(StatusCode::OK, "All are registered, those known before too."),
            Route::Issue => Operation::post("/v1/passes", "Ask for a pass")
                .by(RESIDENT)
                .takes::<wire::PassRequest>()
                .idempotency_key(true)
                .gives::<wire::IssuedPass>(StatusCode::CREATED, "Issued; or the answer to the same request before.")
                .refuses(refusals())
                .refuses([Problem::IdempotencyKeyReused, Problem::TooManyPasses])
                .refuses(blinded()),
            Route::Show => Operation::get("/v1/passes/{pass}", "Show a pass of one's own")
                .by(RESIDENT)
                .gives::<wire::IssuedPass>(StatusCode::OK, "The pass as it stands.")
                .refuses([Problem::NotFound]),
            Route::QrSvg => drawn("/v1/passes/{pass}/qr.svg", "Draw a pass of one's own as SVG", "image/svg+xml"),
            Route::QrPng => drawn("/v1/passes/{pass}/qr.png", "Draw a pass of one's own as PNG", "image/png"),
            Route::Cancel => Operation::delete("/v1/passes/{pass}", "Give a pass back")
                .by(RESIDENT)
                .answers(StatusCode::NO_CONTENT, Content::Nothing, "Given back, now or before.")
                .refuses([Problem::NotFound, Problem::NotWithdrawable]),
            Route::Verify => Operation::post(VERIFICATIONS, "Ask what a code is worth now")
                .by(OFFICER)
                .takes::<wire::VerificationRequest>()
                .gives::<wire::Verification>(
                    StatusCode::OK,
                    "What it is worth; nothing is written but that a code for one check is spent, unless `/v1/transparency` says \
                     `checks_logged`.",
                )
                .refuses([Problem::TooManyGuesses]),
            Route::CheckIn => Operation::post("/v1/check-ins", "Answer a prompt, as a patient at home")
                .by(RESIDENT)
                .takes::<wire::CheckIn>()
                .answers(StatusCode::NO_CONTENT, Content::Nothing, "Checked in.")
                .refuses([Problem::Refused(Refusal::Sunset)]),
            Route::LatestCheckIn => Operation::get("/v1/check-ins", "When the latest check-in came")
                .by(RESIDENT)
                .gives::<wire::LatestCheckIn>(StatusCode::OK, "The time of the latest.")
                .refuses([Problem::NotFound]),
            Route::Keys => Operation::get("/v1/keys", "The keys to verify with offline")
                .gives::<wire::KeySet>(StatusCode::OK, "A JSON Web Key Set (RFC 7517)."),
            Route::Transparency => Operation::get("/v1/transparency", "What the public may know")
                .gives::<wire::Transparency>(
                    StatusCode::OK,
                    "Counts in which nobody can be found, dates, and what is kept.",
                ),
            Route::Propose => Operation::post("/v1/admin/revocations", "Propose to revoke passes")
                .by(ADMINISTRATOR)
                .takes::<wire::RevocationRequest>()
                .gives::<wire::RevocationProposal>(StatusCode::CREATED, "Proposed; another administrator must approve.")
                .refuses([Problem::SelectionUnusable, Problem::TooManyProposals]),
            Route::Proposals => Operation::get("/v1/admin/revocations", "The proposals that have not lapsed")
                .by(ADMINISTRATOR)
                .gives::<wire::RevocationProposals>(StatusCode::OK, "The proposals."),
            Route::Proposal => Operation::get("/v1/admin/revocations/{proposal}", "What a proposal would revoke")
                .by(ADMINISTRATOR)
                .gives::<wire::ProposedRevocation>(StatusCode::OK, "The proposal with the names of its passes.")
                .refuses([Problem::NotFound]),
            Route::Approve => {
                Operation::post("/v1/admin/revocations/{proposal}/approval", "Approve another's proposal")
                    .by(ADMINISTRATOR)
                    .gives::<wire::ApprovedRevocation>(StatusCode::OK, "Approved and done.")
                    .refuses([Problem::NotFound, Problem::OwnProposal, Problem::ApprovedBefore])
            }
            Route::AuditLog => Operation::get("/v1/admin/audit", "What administrators did")
                .by(ADMINISTRATOR)
                .parameter(Parameter {
                    place: "query",
                    name: "after",
                    required: false,
                    schema: |_| schemars::json_schema!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
                    about: "The number of the entry after which to go on.",
                })
                .gives::<wire::AuditLog>(StatusCode::OK, "At most 1,000 entries and the end of the log.")
                .refuses([Problem::InvalidQuery]),
            Route::StatusLists => {
                Operation::get("/v1/revocations", "The lists of passes that were withdrawn")
                    .gives::<wire::StatusLists>(StatusCode::OK, "Those that withdraw a pass which is not over.")
            }
            Route::StatusList => Operation::get("/v1/revocations/{list}", "One list, signed")
                .answers(StatusCode::OK, Content::Of(wire::STATUS_LIST_CWT), "A status list token.")
                .answers(StatusCode::NOT_MODIFIED, Content::Nothing, "It is the one that If-None-Match names.")
                .refuses([Problem::NotFound]),
            Route::Time => Operation::get("/v1/time", "What time the service believes it is")
                .gives::<wire::ServiceTime>(StatusCode::OK, "The time by which passes begin and end."),
            Route::ResidentPage => page("/", "The resident's page", "text/html"),
            Route::OfficerPage => page("/officer", "The officer's page", "text/html"),
            Route::OfficerWorker => {
                page("/officer-worker.js", "Keeps the officer's page for offline use", "text/javascript")
            }
            Route::PageFile => page("/pages/{file}", "A style sheet or script of the pages", "text/javascript")
                .refuses([Problem::NotFound]),
            Route::OpenApi => Operation::get("/openapi.json", "This document").answers(
                StatusCode::OK,
                Content::Of("application/json"),
                "An OpenAPI 3.1 document.",
            ),
            Route::Health => watched("/health", "Whether the process answers"),
            Route::Ready => watched("/ready", "Whether the store's writer answers, too"),
            Route::Metrics => watched("/metrics", "Counters, as Prometheus text"),
        }
    }
}

fn drawn(path: &'static str, summary: &'static str, media_type: &'static str) -> Operation {
    Operation::get(path, summary)
        .by(RESIDENT)
        .answers(StatusCode::OK, Content::Of(media_type), "The code of the pass as a QR code.")
        .refuses([Problem::NotFound])
}

fn page(path: &'static str, summary: &'static str, media_type: &'static str) -> Operation {
    Operation::get(path, summary).answers(StatusCode::OK, Content::Of(media_type), "For a browser.")
}

fn watched(path: &'static str, summary: &'static str) -> Operation {
    Operation::get(path, summary).answers(StatusCode::OK, Content::Of("text/plain"), "It does.")
}

/// What is wrong with what a phone sends to be signed, or leaves out.
fn blinded() -> impl Iterator<Item = Problem> {
    [AskError::NothingToSign, AskError::NotBlinded, AskError::Malformed, AskError::NoKey]
        .into_iter()
        .map(Problem::Blinded)
}

/// Every reason for which a pass is refused. The server does not know where a holder goes.
fn refusals() -> impl Iterator<Item = Problem> {
    Refusal::ALL.into_iter().filter(|refusal| *refusal != Refusal::BeyondRadius).map(Problem::Refused)
}
