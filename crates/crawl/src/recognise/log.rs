//! Lines of logs: syslog (RFC 5424, and RFC 3164 before it), access logs of web servers, and lines that begin with a
//! time and a level.

use super::{Lines, Recognised};
use crate::{columns, format::Format, sample::Sample};
use regex::Regex;
use std::sync::LazyLock;

/// What has this ending is a table or a text, whatever its lines look like.
const NO_LOGS: [&str; 8] = ["csv", "tsv", "psv", "md", "yaml", "yml", "fsh", "sql"];

/// So many of the lines must have the form: a stack trace may stand between them.
const SHARE: f64 = 0.6;

const MOST_LINES: usize = 200;

/// What lines look like; the names of the groups are the columns.
static FORMS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let forms = [
        (
            "syslog",
            r"^<(?<priority>\d{1,3})>1 (?<time>\S+) (?<host>\S+) (?<app>\S+) (?<process>\S+) (?<message_id>\S+) (?<data>-|\[.*\]) ?(?<message>.*)$",
        ),
        (
            "syslog",
            r"^(?:<(?<priority>\d{1,3})>)?(?<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?<host>\S+) (?<app>[^:\[]+)(?:\[(?<process>\d+)\])?: (?<message>.*)$",
        ),
        (
            "access",
            r#"^(?<client>\S+) (?<identity>\S+) (?<user>\S+) \[(?<time>[^\]]+)\] "(?<request>[^"]*)" (?<status>\d{3}) (?<bytes>\d+|-)(?: "(?<referrer>[^"]*)" "(?<agent>[^"]*)")?"#,
        ),
        (
            "levels",
            r"^\[?(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?[ \t,;|-]+\[?(?<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|trace|debug|info|warn|error)\]?\b[ \t:|-]*(?<message>.*)$",
        ),
    ];
    forms.into_iter().filter_map(|(name, form)| Some((name, Regex::new(form).ok()?))).collect()
});

pub(super) fn recognise(lines: &Lines<'_>, sample: &Sample) -> Option<Recognised> {
    if lines.0.is_empty() || NO_LOGS.contains(&sample.extension().as_str()) {
        return None;
    }
    let lines = &lines.0[..lines.0.len().min(MOST_LINES)];
    let (name, form) = FORMS.iter().find(|(_, form)| {
        let fit = lines.iter().filter(|line| form.is_match(line)).count();
        fit as f64 >= lines.len() as f64 * SHARE
    })?;
    let columns = columns::named(form.capture_names().flatten().map(|name| (name, "Utf8")));
    Some(Recognised::new(Format::Log, *name, columns))
}
