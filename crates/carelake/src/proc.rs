//! What Linux tells of this process and its machine.

use std::fs;

/// A line of a file under `/proc` that counts in units of 1024 bytes.
pub(crate) fn kibibytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|number| number * 1024)
}

/// The most memory that this process has taken so far.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM:")
}

/// The memory that this process takes now.
pub(crate) fn memory_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// The files that this process has open, and how many it may have; 0 where that is not told.
pub(crate) fn open_files() -> (u64, u64) {
    let open = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    (open, most.unwrap_or_default())
}

/// What a process has taken so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Its memory now.
    pub(crate) memory_bytes: u64,
    /// The seconds that it was at work on a core.
    pub(crate) cpu_s: f64,
}

impl Cost {
    /// Of a process; nothing if there is none.
    pub(crate) fn of(process: u32) -> Option<Self> {
        // proc_pid_stat(5): utime and stime are the 14th and 15th, in ticks of which Linux has 100 a second.
        const TICKS: f64 = 100.0;
        let memory_bytes = kibibytes(&format!("/proc/{process}/status"), "VmRSS:")?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || after_name.next()?.parse::<f64>().ok();
        let (user, system) = (ticks()?, ticks()?);
        Some(Self { memory_bytes, cpu_s: (user + system) / TICKS })
    }
}
