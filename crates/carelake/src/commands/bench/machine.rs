//! What a measurement was made on, as far as Linux tells it.

use crate::proc::kibibytes;
use serde_json::json;
use std::{env::consts, fs, thread};

/// The machine, and how busy it was.
#[derive(Debug)]
pub(super) struct Machine {
    cores: usize,
    memory_bytes: Option<u64>,
    /// The load average of the last minute.
    load: Option<f64>,
}

impl Machine {
    pub(super) fn now() -> Self {
        let load = fs::read_to_string("/proc/loadavg").ok();
        Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kibibytes("/proc/meminfo", "MemTotal:"),
            load: load.and_then(|text| text.split_whitespace().next()?.parse().ok()),
        }
    }

    pub(super) fn text(&self) -> String {
        let memory = self.memory_bytes.map(|bytes| format!(", {:.1} GiB", bytes as f64 / f64::from(1 << 30)));
        let load = self.load.map(|load| format!(", load {load}"));
        format!(
            "{} cores ({}, {}){}{}",
            self.cores,
            consts::ARCH,
            consts::OS,
            memory.unwrap_or_default(),
            load.unwrap_or_default()
        )
    }

    pub(super) fn json(&self) -> serde_json::Value {
        json!({
            "cores": self.cores,
            "architecture": consts::ARCH,
            "memory_bytes": self.memory_bytes,
            "load_average": self.load,
        })
    }
}
