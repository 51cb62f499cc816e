//! The pictures: each drawn by one function from plain data, as SVG and PNG.

mod capacity;
mod changes;
mod demand;
mod drawing;
mod gates;
mod heat;
mod labels;
mod latency;
mod map;
mod marks;
mod overlay;
mod panel;
mod percentiles;
mod scale;
mod schemes;
mod style;

use std::fs;
use std::path::Path;

pub(crate) use capacity::{CapacityCurve, FAR_BELOW, Step};
pub(crate) use changes::{ChangedRow, Changes};
pub(crate) use demand::DemandCurve;
use drawing::Drawing;
pub(crate) use gates::GateQueue;
pub(crate) use heat::{Heat, HeatSecond};
pub(crate) use latency::LatencyOverTime;
pub(crate) use map::{Circle, Queues, RegionMap};
pub(crate) use overlay::Overlay;
pub(crate) use percentiles::PercentileCurve;
pub(crate) use schemes::{SchemeCurve, SchemeCurves};

use crate::ReportError;

/// A finished picture.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The file name without extension.
    pub(crate) name: String,
    /// What it shows, for those who cannot see it.
    pub(crate) alt: String,
    drawing: Drawing,
}

impl Picture {
    /// The SVG to stand in the page: it scales to its place and says what it shows.
    pub(crate) fn inline_svg(&self) -> Result<String, ReportError> {
        let svg = self.drawing.svg(&self.name)?;
        let body = svg.find("viewBox").map_or(svg.as_str(), |start| &svg[start..]);
        let alt = escape(&self.alt);
        Ok(format!("<svg role=\"img\" aria-label=\"{alt}\" stroke-linejoin=\"round\" {body}"))
    }

    /// Writes `FOLDER/NAME.svg` and `FOLDER/NAME.png`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ReportError> {
        fs::create_dir_all(folder).map_err(ReportError::write(folder))?;
        let svg = folder.join(&self.name).with_extension("svg");
        fs::write(&svg, self.drawing.svg(&self.name)?).map_err(ReportError::write(&svg))?;
        self.drawing.write_png(&self.name, &folder.join(&self.name).with_extension("png"))
    }
}

/// Text as an attribute's value.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
