//! The scenario file: one TOML file, one section a crate.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use demand::Calendar;
use jiff::civil::DateTime;
use loadgen::{CapacitySettings, LoadSettings, Slo};
use passes::{Policy, Rules, SchemeKind};
use serde::Deserialize;
use sim::{Place, Settings};

use crate::faults::{BadFile, Document};

/// The scenario of `lockgate demo`, built in so that the program runs anywhere.
const LAUNCH: &str = include_str!("../../scenarios/nizhny-novgorod-launch.toml");
const LAUNCH_PLACES: &str = include_str!("../../scenarios/places/nizhny-novgorod-oblast.csv");
/// What the built-in files are called in messages.
const LAUNCH_FILE: &str = "scenarios/nizhny-novgorod-launch.toml";

/// The `[server]` section: which reference server stands in when no target is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSettings {
    /// How passes are made. Default: `lookup`.
    pub(crate) scheme: SchemeKind,
}

/// The `[replay]` section: which stretch of the simulated demand is played at its true times.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReplaySettings {
    /// How long the stretch is, in seconds; at least 1. Default 60: the stretch is the one with most requests.
    pub(crate) window_s: u32,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        ReplaySettings { window_s: 60 }
    }
}

/// A scenario as read.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// What it is called in the report.
    pub(crate) title: String,
    /// The question it asks.
    pub(crate) question: String,
    /// The seed of all its draws.
    pub(crate) seed: u64,
    pub(crate) calendar: Calendar,
    pub(crate) policy: Policy,
    pub(crate) settings: Settings,
    pub(crate) server: ServerSettings,
    pub(crate) load: LoadSettings,
    pub(crate) slo: Slo,
    pub(crate) capacity: CapacitySettings,
    pub(crate) replay: ReplaySettings,
    /// The file's text, kept in every run folder.
    pub(crate) text: String,
    /// How many residents to simulate instead of all; set on the command line.
    pub(crate) shrunk_to: Option<u32>,
    /// Where it was read; none when it is the built-in one.
    pub(crate) file: Option<PathBuf>,
}

impl Scenario {
    /// Reads the scenario `file`.
    ///
    /// # Errors
    /// [`BadFile`] with every fault and its line.
    pub(crate) fn read(file: &Path) -> Result<Self, BadFile> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| BadFile::whole(file, format!("cannot be read: {error}; name a scenario file")))?;
        Scenario::parse(file, text).map(|scenario| Scenario { file: Some(file.to_owned()), ..scenario })
    }

    /// Reads `file`, or the built-in launch of Nizhny Novgorod when there is none.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub(crate) fn read_or_built_in(file: Option<&Path>) -> Result<Self, BadFile> {
        match file {
            Some(file) => Scenario::read(file),
            None => Scenario::parse(Path::new(LAUNCH_FILE), LAUNCH.to_owned()),
        }
    }

    fn parse(file: &Path, text: String) -> Result<Self, BadFile> {
        let mut document = Document::parse(file, &text)?;
        let title = document.key("title", None);
        let question = document.key("question", Some(String::new()));
        let seed = document.key("seed", Some(1_u64));
        let calendar: Option<Calendar> = document.section("calendar", &["start", "days", "utc_offset_min"]);
        let region = document.section("region", &["places", "residents"]);
        let population = document.section("population", &[]);
        let activities = document.section("activities", &[]);
        let behaviour = document.section("behaviour", &[]);
        let checks = document.section("checks", &[]);
        let policy: Option<Policy> = document.section("policy", &["from", "until", "purposes"]);
        let server = document.section("server", &[]);
        let load: Option<LoadSettings> = document.section("load", &[]);
        let slo: Option<Slo> = document.section("slo", &[]);
        let capacity: Option<CapacitySettings> = document.section("capacity", &[]);
        let replay: Option<ReplaySettings> = document.section("replay", &[]);

        let settings = (|| {
            Some(Settings {
                region: region?,
                population: population?,
                activities: activities?,
                behaviour: behaviour?,
                checks: checks?,
            })
        })();
        let faults = [
            calendar.as_ref().map(Calendar::faults),
            settings.as_ref().map(Settings::faults),
            policy.as_ref().map(Policy::faults),
            load.as_ref().map(LoadSettings::faults),
            slo.as_ref().map(Slo::faults),
            capacity.as_ref().map(CapacitySettings::faults),
        ];
        document.note_faults(faults.into_iter().flatten().flatten().collect());
        if replay.is_some_and(|replay| replay.window_s == 0) {
            let message = "0 seconds replay nothing; write at least 1";
            document.note_faults(vec![passes::Fault::new("replay.window_s", message)]);
        }
        document.finish()?;

        let all = (|| {
            Some(Scenario {
                title: title?,
                question: question?,
                seed: seed?,
                calendar: calendar?,
                policy: policy?,
                settings: settings?,
                server: server?,
                load: load?,
                slo: slo?,
                capacity: capacity?,
                replay: replay?,
                text: text.clone(),
                shrunk_to: None,
                file: None,
            })
        })();
        all.ok_or_else(|| BadFile::whole(file, "cannot be used"))
    }

    /// A short name for tables and run folders: the file's name without its ending.
    pub(crate) fn name(&self) -> String {
        let file = self.file.as_deref().unwrap_or(Path::new(LAUNCH_FILE));
        file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The policy in Unix time.
    pub(crate) fn rules(&self) -> Rules {
        self.policy.rules(self.calendar.utc_offset_s())
    }

    /// The Unix second of a local time of the region.
    pub(crate) fn unix_s(&self, local: DateTime) -> i64 {
        let utc = local.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |utc| utc.timestamp().as_second());
        utc - i64::from(self.calendar.utc_offset_s())
    }

    /// The region's places, from the file that the scenario names beside itself.
    ///
    /// # Errors
    /// [`BadFile`] when the file cannot be read or has broken rows.
    pub(crate) fn places(&self) -> Result<Vec<Place>, BadFile> {
        let name = &self.settings.region.places;
        let (path, reader): (PathBuf, Box<dyn Read>) = match &self.file {
            None => (PathBuf::from("scenarios").join(name), Box::new(LAUNCH_PLACES.as_bytes())),
            Some(file) => {
                let path = file.parent().unwrap_or(Path::new("")).join(name);
                let opened = File::open(&path).map_err(|error| {
                    let message = format!("cannot be read: {error}; region.places names it, beside the scenario file");
                    BadFile::whole(&path, message)
                })?;
                (path, Box::new(opened))
            }
        };
        sim::read_places(reader).map_err(|error| BadFile::whole(&path, error.to_string()))
    }
}
