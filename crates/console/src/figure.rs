//! How numbers, sizes, times and lengths of time are written.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use model::Timestamp;

/// A count with its thousands set apart: `1,048,576`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun, in the singular for one.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A number of bytes in powers of 1,024, to three digits: `1.25 GB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let places = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.places$} {}", UNITS[unit])
}

/// A length of time, by its two greatest units: `340 ms`, `12.5 s`, `3 min 20 s`, `2 d 4 h`.
pub(crate) fn lasting(milliseconds: i64) -> String {
    let ms = milliseconds.max(0);
    let (s, min, h, d) = (ms / 1_000, ms / 60_000, ms / 3_600_000, ms / 86_400_000);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", s, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{min} min {} s", s % 60),
        3_600_000..86_400_000 => format!("{h} h {} min", min % 60),
        _ => format!("{d} d {} h", h % 24),
    }
}

/// A moment, in UTC, to the second.
pub(crate) fn moment(at: Timestamp) -> Markup {
    let written = utc(at).format("%Y-%m-%d %H:%M:%S").to_string();
    html! { time datetime=(at) { (written) } }
}

/// A moment or a dash.
pub(crate) fn perhaps(at: Option<Timestamp>) -> Markup {
    html! { @match at { Some(at) => (moment(at)), None => (none()) } }
}

/// How long ago a moment was, or how long it is till then; the moment itself is its title.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let away = now.0.saturating_sub(at.0);
    let length = rounded(away.saturating_abs());
    let said = match away {
        ..=-1_000 => format!("in {length}"),
        -999..1_000 => "now".to_owned(),
        _ => format!("{length} ago"),
    };
    let title = utc(at).format("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(at) title=(title) { (said) } }
}

/// What stands where there is nothing.
pub(crate) fn none() -> Markup {
    html! { span class="none" { "–" } }
}

/// A length of time in milliseconds, by its greatest unit: `40 s`, `3 min`, `26 h`, `5 d`.
#[must_use]
pub fn rounded(ms: i64) -> String {
    match ms {
        ..60_000 => format!("{} s", ms / 1_000),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        3_600_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} d", ms / 86_400_000),
    }
}

fn utc(at: Timestamp) -> DateTime<Utc> {
    DateTime::<Utc>::from_timestamp_millis(at.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_to_be_read() {
        assert_eq!([0, 999, 1_000, 1_048_576].map(count), ["0", "999", "1,000", "1,048,576"]);
        assert_eq!(
            [1_023, 1_024, 10_240, 1_023_488, 1_048_576, 1_342_177_280].map(bytes),
            ["1023 B", "1.00 kB", "10.0 kB", "0.98 MB", "1.00 MB", "1.25 GB"]
        );
        assert_eq!(bytes(u64::MAX), "16.0 EB");
    }

    #[test]
    fn times_are_written_to_be_read() {
        assert_eq!(
            [340, 12_540, 200_000, 7_260_000, 187_200_000].map(lasting),
            ["340 ms", "12.5 s", "3 min 20 s", "2 h 1 min", "2 d 4 h"]
        );
        let now = Timestamp::parse("2026-11-26T12:00:00Z").unwrap();
        let said = |ms| ago(now.plus_ms(ms), now).into_string();
        assert!(said(-180_000).contains(">3 min ago<") && said(7_200_000).contains(">in 2 h<"));
        assert!(said(-180_000).contains("title=\"2026-11-26 11:57:00 UTC\""));
    }
}
