//! Names of the routes, as counted and admitted.

use crate::Limits;

/// One thing that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Register,
    RegisterBatch,
    Issue,
    Show,
    QrSvg,
    QrPng,
    Cancel,
    Verify,
    CheckIn,
    LatestCheckIn,
    Keys,
    Transparency,
    Propose,
    Proposals,
    Proposal,
    Approve,
    AuditLog,
    StatusLists,
    StatusList,
    Time,
    ResidentPage,
    OfficerPage,
    OfficerWorker,
    PageFile,
    OpenApi,
    Health,
    Ready,
    Metrics,
}

impl Route {
    pub(super) const ALL: [Route; 28] = [
        Route::Register,
        Route::RegisterBatch,
        Route::Issue,
        Route::Show,
        Route::QrSvg,
        Route::QrPng,
        Route::Cancel,
        Route::Verify,
        Route::CheckIn,
        Route::LatestCheckIn,
        Route::Keys,
        Route::Transparency,
        Route::Propose,
        Route::Proposals,
        Route::Proposal,
        Route::Approve,
        Route::AuditLog,
        Route::StatusLists,
        Route::StatusList,
        Route::Time,
        Route::ResidentPage,
        Route::OfficerPage,
        Route::OfficerWorker,
        Route::PageFile,
        Route::OpenApi,
        Route::Health,
        Route::Ready,
        Route::Metrics,
    ];

    /// The name in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Route::Register => "register",
            Route::RegisterBatch => "register_batch",
            Route::Issue => "issue",
            Route::Show => "show",
            Route::QrSvg => "qr_svg",
            Route::QrPng => "qr_png",
            Route::Cancel => "cancel",
            Route::Verify => "verify",
            Route::CheckIn => "check_in",
            Route::LatestCheckIn => "latest_check_in",
            Route::Keys => "keys",
            Route::Transparency => "transparency",
            Route::Propose => "propose",
            Route::Proposals => "proposals",
            Route::Proposal => "proposal",
            Route::Approve => "approve",
            Route::AuditLog => "audit_log",
            Route::StatusLists => "status_lists",
            Route::StatusList => "status_list",
            Route::Time => "time",
            Route::ResidentPage => "resident_page",
            Route::OfficerPage => "officer_page",
            Route::OfficerWorker => "officer_worker",
            Route::PageFile => "page_file",
            Route::OpenApi => "openapi",
            Route::Health => "health",
            Route::Ready => "ready",
            Route::Metrics => "metrics",
        }
    }

    /// How many requests in flight it counts for. Whoever looks after the server is always answered.
    pub(super) const fn weight(self) -> usize {
        match self {
            Route::Health | Route::Ready | Route::Metrics => 0,
            Route::RegisterBatch | Route::Propose | Route::Approve => Limits::BATCH_WEIGHT,
            _ => 1,
        }
    }

    /// How large a body may be.
    pub(super) const fn body_bytes(self) -> usize {
        match self {
            Route::RegisterBatch | Route::Propose => Limits::BATCH_BODY_BYTES,
            _ => Limits::BODY_BYTES,
        }
    }

    /// Whether checkpoints need it, and those who look after the server.
    pub(super) const fn is_for_checkpoints(self) -> bool {
        matches!(
            self,
            Route::Verify
                | Route::Keys
                | Route::StatusLists
                | Route::StatusList
                | Route::Time
                | Route::OfficerPage
                | Route::OfficerWorker
                | Route::PageFile
                | Route::Health
                | Route::Ready
                | Route::Metrics
        )
    }

    /// Whether the store's writer has to work for it.
    pub(super) const fn is_write(self) -> bool {
        matches!(
            self,
            Route::Register
                | Route::RegisterBatch
                | Route::Issue
                | Route::Cancel
                | Route::CheckIn
                | Route::Propose
                | Route::Approve
        )
    }
}
