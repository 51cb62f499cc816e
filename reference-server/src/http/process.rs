//! What the system tells of this process (Linux, proc(5)).

use std::fmt;
use std::fs::{read_dir, read_to_string};

use super::metrics::single;

/// CPU time, memory and files of this process.
#[derive(Debug)]
pub(super) struct Process {
    cpu_s: f64,
    resident_bytes: u64,
    open_files: usize,
}

impl Process {
    /// `None` where there is no `/proc`.
    pub(super) fn read() -> Option<Self> {
        Some(Process {
            cpu_s: cpu_s(&read_to_string("/proc/self/stat").ok()?)?,
            resident_bytes: resident_bytes(&read_to_string("/proc/self/status").ok()?)?,
            open_files: read_dir("/proc/self/fd").ok()?.count(),
        })
    }

    /// Resident memory, in bytes.
    pub(super) const fn resident_bytes(&self) -> u64 {
        self.resident_bytes
    }

    pub(super) fn write(&self, out: &mut String) -> fmt::Result {
        single(out, "process_cpu_seconds_total", "counter", "CPU time, of user and system.", self.cpu_s)?;
        single(out, "process_resident_memory_bytes", "gauge", "Resident memory.", self.resident_bytes)?;
        single(out, "process_open_fds", "gauge", "Open files.", self.open_files)
    }
}

fn cpu_s(stat: &str) -> Option<f64> {
    /// Clock ticks a second in `/proc`: fixed at 100 for programs, whatever the kernel's own (proc(5), time(7)).
    const TICKS_PER_S: f64 = 100.0;
    // The name of the program, in brackets, may hold spaces; user and system time are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_S)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_read() {
        let process = Process::read().unwrap();
        assert!((0.0..1e6).contains(&process.cpu_s), "{process:?}");
        assert!((1 << 20..1 << 40).contains(&process.resident_bytes), "{process:?}");
        assert!(process.open_files > 2, "{process:?}");
    }

    #[test]
    fn names_with_brackets_do_not_mislead() {
        let stat = format!("1 (a) b) S {} 250 50 0", ["0"; 10].join(" "));
        assert_eq!(cpu_s(&stat), Some(3.0));
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t    12 kB\n"), Some(12_288));
    }
}
