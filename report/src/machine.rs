//! What a run ran on.

use serde::{Deserialize, Serialize};

/// The machine, as far as the system tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors this process may use.
    pub cores: usize,
    /// The processor's name.
    pub processor: Option<String>,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Operating system and architecture, such as `linux x86_64`.
    pub system: String,
}

impl Machine {
    /// This machine. What the system does not tell is left out.
    pub fn this() -> Self {
        let field = |path: &str, name: &str| {
            let text = std::fs::read_to_string(path).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let kib = field("/proc/meminfo", "MemTotal").and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
        Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: field("/proc/cpuinfo", "model name"),
            memory_bytes: kib.map(|kib| kib * 1024),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }

    /// In words: `2 cores of AMD EPYC 7B13, 23.4 GiB of memory, linux x86_64`.
    pub fn words(&self) -> String {
        let mut words = format!("{} core{}", self.cores, if self.cores == 1 { "" } else { "s" });
        if let Some(processor) = &self.processor {
            words += &format!(" of {processor}");
        }
        if let Some(memory_bytes) = self.memory_bytes {
            words += &format!(", {} of memory", crate::number::bytes(memory_bytes));
        }
        format!("{words}, {}", self.system)
    }
}

/// The most memory this process has held so far, in bytes; 0 where the system does not tell.
pub fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map_or(0, |kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_told_as_far_as_known() {
        let machine = Machine { cores: 1, processor: None, memory_bytes: Some(2 << 30), system: "linux x86_64".into() };
        assert_eq!(machine.words(), "1 core, 2 GiB of memory, linux x86_64");
        assert!(Machine::this().cores >= 1);
    }
}
