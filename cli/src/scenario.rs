//! The scenario file: one TOML file, one section a crate.

use std::path::{Path, PathBuf};

use demand::Calendar;
use jiff::civil::DateTime;
use loadgen::{CapacitySettings, Interface, LoadSettings, Slo, Stream};
use passes::{Algorithm, Fault, Policy, Rules, SchemeKind, SchemeSettings};
use serde::{Deserialize, Serialize};
use sim::{CapacityCurve, Place, Published, Region, Settings};

use crate::bad_file::BadFile;
use crate::beside;
use crate::faults::Document;
use crate::source::{Change, Source};
use crate::sweep::Sweep;

/// The scenario of `lockgate demo`, built in so that the program runs anywhere.
const LAUNCH: &str = include_str!("../../scenarios/nizhny-novgorod-launch.toml");
const LAUNCH_PLACES: &str = include_str!("../../scenarios/places/nizhny-novgorod-oblast.csv");
/// What the built-in files are called in messages.
const LAUNCH_FILE: &str = "scenarios/nizhny-novgorod-launch.toml";

const DAY_S: i64 = 86_400;

/// The `[server]` section: which reference server stands in when no target is given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSettings {
    /// How passes are made. Default: `lookup`.
    pub(crate) scheme: SchemeKind,
    /// How signed passes are signed. Default: `ed25519`.
    pub(crate) algorithm: Algorithm,
    /// For how long a key signs them, in days; at least 1. Default 7.
    pub(crate) key_days: u16,
    /// How long passes are kept after their end, in hours; at least 24, since a repeat is answered for so long. Default: 24.
    pub(crate) retention_h: u32,
}

impl ServerSettings {
    /// For how long a key signs, in seconds.
    pub(crate) fn key_period_s(&self) -> i64 {
        i64::from(self.key_days) * DAY_S
    }

    /// How long passes are kept after their end, in seconds.
    pub(crate) fn retention_s(&self) -> i64 {
        i64::from(self.retention_h) * 3_600
    }

    fn faults(&self) -> Vec<Fault> {
        let no_time = "a key of 0 days signs nothing; write at least 1";
        let too_short = "a request is answered again for a day when it is repeated; write at least 24";
        let key = (self.key_days == 0).then(|| Fault::new("server.key_days", no_time));
        let retention = (self.retention_h < 24).then(|| Fault::new("server.retention_h", too_short));
        key.into_iter().chain(retention).collect()
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        let key_days = (SchemeSettings::KEY_PERIOD_S / DAY_S) as u16;
        ServerSettings { scheme: SchemeKind::default(), algorithm: Algorithm::default(), key_days, retention_h: 24 }
    }
}

/// The `[replay]` section: which stretch of the simulated demand is played at its true times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReplaySettings {
    /// How long the stretch is, in seconds; at least 1. Default 60: the stretch is the one with most requests.
    pub(crate) window_s: u32,
}

impl ReplaySettings {
    fn faults(&self) -> Vec<Fault> {
        let too_short = self.window_s == 0;
        too_short
            .then(|| Fault::new("replay.window_s", "0 seconds replay nothing; write at least 1"))
            .into_iter()
            .collect()
    }
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
    /// The region's places as listed, without the rural remainder.
    pub(crate) places: Vec<Place>,
    /// How a measured service answers, when the scenario has one.
    pub(crate) curve: Option<CapacityCurve>,
    pub(crate) server: ServerSettings,
    pub(crate) load: LoadSettings,
    /// What is asked when no demand is played: `[[load.streams]]`.
    pub(crate) streams: Vec<Stream>,
    /// How the target is spoken to.
    pub(crate) target: Interface,
    pub(crate) slo: Slo,
    pub(crate) capacity: CapacitySettings,
    pub(crate) replay: ReplaySettings,
    /// What was published of its days.
    pub(crate) published: Vec<Published>,
    /// Which of its keys are varied; a command that takes one scenario reads none that has a sweep.
    pub(crate) sweep: Sweep,
    /// The text it was read from, kept in every run folder.
    pub(crate) source: Source,
    /// How many residents to simulate instead of all; set on the command line.
    pub(crate) shrunk_to: Option<u32>,
    /// Whether to hold the model against what was published; set on the command line.
    pub(crate) validates: bool,
    /// Whether nobody named a scenario and the built-in one only lends its objectives: such a run is not about its region.
    pub(crate) lends_objectives: bool,
    /// Where it was read; none when it is the built-in one.
    pub(crate) file: Option<PathBuf>,
}

impl Scenario {
    /// Reads the scenario `file` with these changes made in it, for a command that takes one scenario.
    ///
    /// # Errors
    /// [`BadFile`] with every fault and its place, or when the scenario has a sweep.
    pub(crate) fn read(file: &Path, changes: &[Change]) -> Result<Self, BadFile> {
        Scenario::read_file(file, changes)?.alone()
    }

    /// Reads the scenario `file` with these changes made in it, and every scenario that its sweep makes of it.
    ///
    /// # Errors
    /// [`BadFile`] with every fault and its place.
    pub(crate) fn read_swept(file: &Path, changes: &[Change]) -> Result<Self, BadFile> {
        let scenario = Scenario::read_file(file, changes)?;
        let points = (0..scenario.sweep.points()).filter_map(|point| scenario.at(&scenario.sweep.changes(point)).err());
        points.fold(BadFile::default(), BadFile::and).ok()?;
        Ok(scenario)
    }

    /// As [`Scenario::read`]; the built-in launch of Nizhny Novgorod when there is no file.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub(crate) fn read_or_built_in(file: Option<&Path>, changes: &[Change]) -> Result<Self, BadFile> {
        match file {
            Some(file) => Scenario::read(file, changes),
            None => {
                Scenario::parse(Source::new(Path::new(LAUNCH_FILE), LAUNCH.to_owned()).with(changes)?, true)?.alone()
            }
        }
    }

    /// The same scenario with these changes made in it, and without its sweep.
    ///
    /// # Errors
    /// [`BadFile`] with every fault and its place.
    pub(crate) fn at(&self, changes: &[Change]) -> Result<Self, BadFile> {
        let mut source = self.source.with(changes)?;
        if !self.sweep.is_empty() {
            source = source.without("sweep")?;
        }
        let scenario = Scenario::parse(source, self.file.is_none())?;
        let (shrunk_to, lends_objectives) = (self.shrunk_to, self.lends_objectives);
        Ok(Scenario { shrunk_to, lends_objectives, file: self.file.clone(), ..scenario })
    }

    fn read_file(file: &Path, changes: &[Change]) -> Result<Self, BadFile> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| BadFile::whole(file, format!("cannot be read: {error}; name a scenario file")))?;
        let source = Source::new(file, text).with(changes)?;
        Scenario::parse(source, false).map(|scenario| Scenario { file: Some(file.to_owned()), ..scenario })
    }

    fn alone(self) -> Result<Self, BadFile> {
        if self.sweep.is_empty() {
            return Ok(self);
        }
        let points = self.sweep.points();
        let message = format!(
            "[sweep] makes {points} scenarios, and this command takes one; `simulate` takes them all, and `--set sweep={{}}` \
             leaves the sweep out"
        );
        Err(BadFile::whole(&self.source.file, message))
    }

    fn parse(source: Source, built_in: bool) -> Result<Self, BadFile> {
        let file = source.file.as_path();
        let mut document = Document::parse(&source)?;
        let title = document.key("title", None);
        let question = document.key("question", Some(String::new()));
        let seed = document.key("seed", Some(1_u64));
        let calendar: Option<Calendar> = document.section("calendar", &["start", "days", "utc_offset_min"]);
        let region = document.section("region", &["places", "residents"]);
        let population = document.section("population", &[]);
        let activities = document.section("activities", &[]);
        let behaviour = document.section("behaviour", &[]);
        let service = document.section("service", &[]);
        let checks = document.section("checks", &[]);
        let patients = document.section("patients", &[]);
        let policy: Option<Policy> = document.section("policy", &["from", "until", "purposes"]);
        let server: Option<ServerSettings> = document.section("server", &[]);
        let load: Option<LoadSettings> = document.section_without("load", &[], &["streams"]);
        let streams: Option<Vec<Stream>> = document.inner("load", "streams");
        let target: Option<Interface> = document.section("target", &[]);
        let slo: Option<Slo> = document.section("slo", &[]);
        let capacity: Option<CapacitySettings> = document.section("capacity", &[]);
        let replay: Option<ReplaySettings> = document.section("replay", &[]);
        let published = document.key("published", Some(Vec::<Published>::new()));
        let sweep = Sweep::read(&mut document);

        // A section that cannot be read at all stands in by its defaults, so that the others are still looked at.
        let settings = Settings {
            region: region.unwrap_or(Region { places: String::new(), residents: 1 }),
            population: population.unwrap_or_default(),
            activities: activities.unwrap_or_default(),
            behaviour: behaviour.unwrap_or_default(),
            service: service.unwrap_or_default(),
            checks: checks.unwrap_or_default(),
            patients: patients.unwrap_or_default(),
        };
        let faults = [
            Some(settings.faults()),
            calendar.as_ref().map(Calendar::faults),
            policy.as_ref().map(Policy::faults),
            load.as_ref().map(LoadSettings::faults),
            streams.as_ref().map(|streams| stream_faults(streams)),
            target.as_ref().map(Interface::faults),
            slo.as_ref().map(Slo::faults),
            capacity.as_ref().map(CapacitySettings::faults),
            replay.as_ref().map(ReplaySettings::faults),
            server.as_ref().map(ServerSettings::faults),
        ];
        document.note_faults(faults.into_iter().flatten().flatten().collect());
        let places = beside::places(file, built_in.then_some(LAUNCH_PLACES), &settings.region.places);
        let curve = beside::curve(file, &settings.service.curve);
        if let Ok(places) = &places
            && let Err(fault) = sim::complete_places(places, settings.region.residents)
        {
            document.note_faults(vec![fault]);
        }
        if let Ok(places) = &places {
            document.note_faults(settings.faults_in(places));
        }
        if let (Ok(places), Some(calendar), Some(published)) = (&places, &calendar, &published) {
            let entries = published.iter().enumerate();
            let faults = entries.flat_map(|(index, entry)| entry.faults(index, calendar.days, places));
            document.note_faults(faults.collect());
        }
        let places = match (document.finish(), places) {
            (Ok(()), places) => places?,
            (Err(bad), Ok(_)) => return Err(bad),
            // Without a name for the file there is nothing to say of it.
            (Err(bad), Err(_)) if settings.region.places.is_empty() => return Err(bad),
            (Err(bad), Err(bad_places)) => return Err(bad.and(bad_places)),
        };
        let curve = curve?;

        let all = (|| {
            Some(Scenario {
                title: title?,
                question: question?,
                seed: seed?,
                calendar: calendar?,
                policy: policy?,
                settings,
                places,
                curve,
                server: server?,
                load: load?,
                streams: streams?,
                target: target?,
                slo: slo?,
                capacity: capacity?,
                replay: replay?,
                published: published?,
                sweep,
                source: source.clone(),
                shrunk_to: None,
                validates: false,
                lends_objectives: false,
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
}

fn stream_faults(streams: &[Stream]) -> Vec<Fault> {
    let streams = streams.iter().enumerate();
    streams.flat_map(|(index, stream)| stream.arrivals.faults(&format!("load.streams.{index}.arrivals"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a section, from its defaults as serde writes them.
    fn keys(section: &str, defaults: impl serde::Serialize) -> Vec<String> {
        let value = serde_json::to_value(defaults).unwrap();
        value.as_object().unwrap().keys().map(|key| format!("`{section}.{key}`")).collect()
    }

    #[test]
    fn every_key_stands_in_the_document() {
        let document = include_str!("../../docs/scenario.md");
        let launch = Scenario::read_or_built_in(None, &[]).unwrap();
        let sections = [
            keys("calendar", launch.calendar),
            keys("policy", &launch.policy),
            keys("server", launch.server),
            keys("load", launch.load),
            keys("slo", launch.slo),
            keys("target", &launch.target),
            keys("target.ACT", loadgen::Act::default()),
            vec!["`load.streams`".to_owned()],
            keys("capacity", launch.capacity),
            keys("replay", launch.replay),
            keys("published", &launch.published[0]),
            ["title", "question", "seed", "sweep"].map(|key| format!("`{key}`")).to_vec(),
        ];
        for key in sections.concat() {
            assert!(document.contains(&key), "docs/scenario.md does not list {key}");
        }
    }
}
