//! How a server is operated: TLS, limits, logs and rehearsals, from flags, environment and file.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use reference_server::{Faults, Limits, TlsFiles};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::bad_input;
use crate::layers::{Layers, Setting, read_choice, show_choice};

/// What can be said about the operation of a server; every flag is also a setting of the environment (`LOCKGATE_WAIT`) and of a file.
#[derive(Debug, Args)]
pub(crate) struct Operation {
    /// A file of settings (TOML): the names of these flags with `_` for `-`; the environment beats it (`LOCKGATE_LISTEN`), flags beat both
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Print the settings that hold, with where each comes from, and end
    #[arg(long)]
    pub(crate) print_settings: bool,
    /// Speak TLS with this certificate, followed by those it was signed with (PEM); SIGHUP reads it again
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Most open connections [default: 10000]
    #[arg(long, value_name = "N")]
    connections: Option<String>,
    /// Most verifications worked on at once; half as many other reads [default: 1024]
    #[arg(long, value_name = "N")]
    in_flight: Option<String>,
    /// Most writes worked on at once [default: 512]
    #[arg(long, value_name = "N")]
    writes_in_flight: Option<String>,
    /// Longest wait of a request for its turn; who would wait longer is sent away at once [default: 100ms]
    #[arg(long, value_name = "TIME")]
    wait: Option<String>,
    /// Longest time for a request, its body included [default: 10s]
    #[arg(long, value_name = "TIME")]
    request_timeout: Option<String>,
    /// Longest time for the head of a request, and for a TLS handshake [default: 10s]
    #[arg(long, value_name = "TIME")]
    head_timeout: Option<String>,
    /// Longest time without a request before a connection is closed [default: 75s]
    #[arg(long, value_name = "TIME")]
    idle_timeout: Option<String>,
    /// Longest time that a client may leave an answer untaken [default: 10s]
    #[arg(long, value_name = "TIME")]
    send_timeout: Option<String>,
    /// How long requests in flight may go on after a stop was asked for [default: 5s]
    #[arg(long, value_name = "TIME")]
    stop_timeout: Option<String>,
    /// What is logged: error, warn, info, debug (a line for each request) or off [default: warn]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How it is logged: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// This is a rehearsal: nobody depends on this server, and faults may be injected
    #[arg(long)]
    rehearsal: bool,
    /// Let something go wrong, such as latency=20ms..80ms, slots=4x10ms, work=1ms, errors=0.01, stall=2s@30s, outage=10s@60s or
    /// seed=1; may be given several times; needs --rehearsal
    #[arg(long, value_name = "FAULT")]
    inject: Vec<String>,
}

/// What was said about it.
#[derive(Debug)]
pub(crate) struct Operated {
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    level: LogLevel,
    format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Operation {
    /// Adds what the layers say.
    pub(crate) fn read(&self, layers: &mut Layers) -> anyhow::Result<Operated> {
        let cert: Option<PathBuf> = layers.value("tls_cert", self.tls_cert.clone(), None);
        let key: Option<PathBuf> = layers.value("tls_key", self.tls_key.clone(), None);
        let tls = match (cert, key) {
            (Some(certificates), Some(key)) => Some(TlsFiles { certificates, key }),
            (None, None) => None,
            _ => {
                return Err(bad_input(
                    "TLS needs both a certificate and its key: write --tls-cert FILE --tls-key FILE",
                ));
            }
        };
        let limits = self.limits(layers);
        let log = Log {
            level: layers.value("log_level", self.log_level.clone(), LogLevel::Warn),
            format: layers.value("log_format", self.log_format.clone(), LogFormat::Text),
        };
        let rehearsal = layers.value("rehearsal", self.rehearsal.then(|| "true".to_owned()), false);
        let inject = (!self.inject.is_empty()).then(|| self.inject.join(" "));
        let Inject(faults) = layers.value("inject", inject, Inject(Faults::default()));
        if !faults.is_none() && !rehearsal {
            return Err(bad_input(
                "faults are injected in rehearsals only: add --rehearsal if nobody depends on this server",
            ));
        }
        Ok(Operated { tls, limits, faults, log })
    }

    fn limits(&self, layers: &mut Layers) -> Limits {
        let usual = Limits::default();
        let mut number = |key, flag: &Option<String>, usual: usize| layers.value(key, flag.clone(), usual);
        let connections = number("connections", &self.connections, usual.connections);
        let in_flight = number("in_flight", &self.in_flight, usual.in_flight);
        let writes_in_flight = number("writes_in_flight", &self.writes_in_flight, usual.writes_in_flight);
        let mut time = |key, flag: &Option<String>, usual: Duration| layers.value(key, flag.clone(), usual);
        Limits {
            connections,
            in_flight,
            writes_in_flight,
            wait: time("wait", &self.wait, usual.wait),
            request_timeout: time("request_timeout", &self.request_timeout, usual.request_timeout),
            head_timeout: time("head_timeout", &self.head_timeout, usual.head_timeout),
            idle_timeout: time("idle_timeout", &self.idle_timeout, usual.idle_timeout),
            send_timeout: time("send_timeout", &self.send_timeout, usual.send_timeout),
            stop_timeout: time("stop_timeout", &self.stop_timeout, usual.stop_timeout),
            ..usual
        }
    }
}

impl Log {
    /// Logs to standard error from now on. Only what our own rooms say: the libraries below them log heads of requests.
    pub(crate) fn begin(self) {
        let level = match self.level {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let ours = Targets::new().with_target("reference_server", level).with_target("lockgate", level);
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
        let log = tracing_subscriber::registry().with(ours);
        // A second log in one process would be a fault of ours, and harmless.
        let _ = match self.format {
            LogFormat::Text => log.with(layer).try_init(),
            LogFormat::Json => log.with(layer.json().flatten_event(true)).try_init(),
        };
    }
}

/// Faults as one text.
struct Inject(Faults);

impl Setting for Inject {
    fn read(text: &str) -> Result<Self, String> {
        Faults::parse(text.split_whitespace()).map(Inject).map_err(|bad| {
            let told: Vec<String> = bad.iter().map(ToString::to_string).collect();
            told.join("; ")
        })
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

impl Setting for LogLevel {
    fn read(text: &str) -> Result<Self, String> {
        read_choice(text)
    }

    fn show(&self) -> String {
        show_choice(self)
    }
}

impl Setting for LogFormat {
    fn read(text: &str) -> Result<Self, String> {
        read_choice(text)
    }

    fn show(&self) -> String {
        show_choice(self)
    }
}
