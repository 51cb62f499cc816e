//! Every request is answered.

use demand::RequestKind;

use super::{Answer, Seen};
use crate::settings::Service;
use crate::uptake::Ms;

/// A service that is no obstacle: each answer takes equally long, however many ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Always {
    latency_ms: Ms,
}

impl Always {
    pub(super) fn new(settings: &Service) -> Self {
        Always { latency_ms: settings.latency_ms.round() as Ms }
    }

    pub(super) fn latency_ms(&self) -> Ms {
        self.latency_ms
    }
}

impl Seen for Always {
    fn ask(&mut self, at_ms: Ms, _: RequestKind, _: u32, time_out_ms: Ms) -> Answer {
        Answer::after(at_ms, self.latency_ms, time_out_ms)
    }

    fn begin_batch(&mut self) {}
}
