//! Lengths of time as people write them: `30s`, `10m`, `2h`, `7d`.

/// Milliseconds of `text`; `None` if it is no whole number with a unit, or none that a clock could count.
pub(crate) fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit.trim() {
        "s" | "second" | "seconds" => 1_000,
        "m" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit).filter(|ms| *ms <= 3_660 * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn spans_have_a_unit() {
        assert_eq!(milliseconds("30s"), Some(30_000));
        assert_eq!(milliseconds("2 days"), Some(172_800_000));
        for wrong in ["", "s", "30", "1.5h", "-1s", "3w", "99999999999999999999d", "9999999d"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
