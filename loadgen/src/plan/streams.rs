//! Several kinds of request at once, each with an arrival process of its own.

use std::time::Duration;

use passes::Fault;
use serde::{Deserialize, Serialize};

use super::Mix;
use crate::{Arrivals, Kind};

/// One kind of request with an arrival process of its own: an entry of `[[load.streams]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What is asked.
    pub kind: Kind,
    /// When.
    pub arrivals: Arrivals,
}

/// Several streams at once.
#[derive(Clone, Debug)]
pub struct Streams {
    pub(super) streams: Vec<Stream>,
    pub(super) duration: Duration,
    /// By whom; the shares are what the streams expect.
    pub(super) mix: Mix,
}

impl Streams {
    /// `streams` for `duration`. Of `asking` the purpose, the passes of a resident and the path of GETs are taken; the shares follow
    /// from the streams.
    pub fn new(streams: Vec<Stream>, duration: Duration, asking: Mix) -> Self {
        let expected = |stream: &Stream| match stream.arrivals.faults("").is_empty() {
            true => (stream.kind, stream.arrivals.expected(duration.as_secs_f64())),
            false => (stream.kind, 0.0),
        };
        let shares: Vec<(Kind, f64)> = streams.iter().map(expected).collect();
        Streams { streams, duration, mix: Mix { weights: Mix::new(&shares).weights, ..asking } }
    }

    pub(super) fn requests(&self) -> f64 {
        self.mix.weights.iter().sum()
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        let streams = self.streams.iter().enumerate();
        let mut faults: Vec<Fault> = streams
            .flat_map(|(index, stream)| stream.arrivals.faults(&format!("load.streams.{index}.arrivals")))
            .collect();
        if faults.is_empty() && self.requests() <= 0.0 {
            faults
                .push(Fault::new("load.streams", "nothing is asked within the run; write streams with rates above 0"));
        }
        faults
    }
}
