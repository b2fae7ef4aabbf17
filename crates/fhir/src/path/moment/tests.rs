//! What moments are, how they compare and move.

use super::*;
use std::cmp::Ordering;

#[track_caller]
fn moment(literal: &str) -> Moment {
    let (moment, length) = Moment::scan(literal).unwrap();
    assert_eq!(length, literal.len(), "{literal}");
    moment
}

#[test]
fn a_moment_is_written_as_it_was_read() {
    for text in [
        "2020",
        "2020-02",
        "2020-02-29",
        "2020-02-29T10",
        "2020-02-29T10:30:15.120-05:30",
        "2020-02-29T10:30Z",
    ] {
        assert_eq!(moment(text).to_string(), text);
    }
    assert_eq!(moment("T10:30").to_string(), "10:30");
}

#[test]
fn a_partial_text_begins_where_its_period_begins() {
    const DAY_US: i64 = 86_400_000_000;
    for (text, day, start_us) in [
        ("1970", 0, 0),
        ("1970-02", 31, 31 * DAY_US),
        ("1970-01-02", 1, DAY_US),
        ("1970-01-01T01:00Z", 0, 3_600_000_000),
        ("1970-01-01T01:00:00.1234567+01:00", 0, 123_456),
        ("1969-12-31T23:59:60Z", -1, -1_000_000),
        ("0001-01-01", -719_162, -719_162 * DAY_US),
    ] {
        let moment = Moment::parse(text).unwrap();
        assert_eq!((moment.unix_day(), moment.start_unix_us()), (day, start_us), "{text}");
    }
    let time = Moment::parse_time("00:01").unwrap();
    assert_eq!((time.unix_day(), time.start_unix_us()), (0, 60_000_000));
}

#[test]
fn what_fhir_does_not_write_is_no_moment_of_it() {
    for text in [
        "",
        "70",
        "1970-13",
        "2015-02-30",
        "1970-01-01T",
        "1970T",
        "1970-01-01T24:00Z",
        "1970-01-01T10",
        "T10:00",
        "10:00",
        "1970-01-01T00:00x",
        "é970",
        "1970-1-1",
    ] {
        assert!(Moment::parse(text).is_none(), "{text}");
    }
}

#[test]
fn what_the_calendar_or_the_clock_does_not_have_is_none() {
    for text in [
        "",
        "202",
        "0000",
        "2021-02-29",
        "2020-13",
        "2020-01-01T24:00",
        "2020-01-01T10:60",
        "T25",
        "2020-01-01T10:00+15:00",
    ] {
        assert!(Moment::scan(text).is_none_or(|(_, length)| length != text.len()), "{text}");
    }
    assert!(Moment::parse_date("2020-01-01T10:00").is_none());
    assert!(Moment::parse_time("10:30Z").is_none());
}

#[test]
fn precision_decides_what_can_be_compared() {
    let compare = |left: &str, right: &str| moment(left).compare(&moment(right));
    assert_eq!(compare("2018-03", "2018-03-01"), Ok(None));
    assert_eq!(compare("2018", "2019-03-01"), Ok(Some(Ordering::Less)));
    assert_eq!(compare("2018-01-01T10:00:00", "2018-01-01T10:00:00.0"), Ok(Some(Ordering::Equal)));
    assert_eq!(compare("2012-04-15T15:00:00+02:00", "2012-04-15T16:00:00+03:00"), Ok(Some(Ordering::Equal)));
    assert_eq!(compare("2012-04-15T15:00:00Z", "2012-04-15T10:00:00"), Ok(None));
    assert!(compare("T10", "2012").is_err());
}

#[test]
fn moments_move_by_the_calendar() {
    for (text, amount, unit, expected) in [
        ("2016-02-29", "1.5", MomentUnit::Year, "2017-02-28"),
        ("2016-01-31", "1", MomentUnit::Month, "2016-02-29"),
        ("2016", "364", MomentUnit::Day, "2016"),
        ("2016", "-365", MomentUnit::Day, "2015"),
        ("2016-01", "30", MomentUnit::Day, "2016-02"),
        ("2016-01-01", "47", MomentUnit::Hour, "2016-01-02"),
        ("T23:59:23", "1.5", MomentUnit::Second, "23:59:24.500"),
        ("T23:59", "-2.9", MomentUnit::Minute, "23:57"),
        ("1973-12-25T00:00:00.000+10:00", "7", MomentUnit::Day, "1974-01-01T00:00:00.000+10:00"),
    ] {
        let moved = moment(text).moved(Decimal::parse(amount).unwrap(), unit).unwrap();
        assert_eq!(moved.to_string(), expected, "{text} + {amount} {unit:?}");
    }
    assert!(moment("T10").moved(Decimal::from(1), MomentUnit::Day).is_none());
    assert!(moment("9999-12-31").moved(Decimal::from(1), MomentUnit::Day).is_none());
}

#[test]
fn boundaries_fill_in_what_was_left_out() {
    for (text, high, digits, expected) in [
        ("2014", false, 6, Some("2014-01")),
        ("2014-02", true, 8, Some("2014-02-28")),
        ("2014-01-01T08:05+08:00", false, 17, Some("2014-01-01T08:05:00.000+08:00")),
        ("2014T", true, 17, Some("2014-12-31T23:59:59.999-12:00")),
        ("T10:30", true, 9, Some("10:30:59.999")),
        ("2014", true, 17, None),
        ("2014", true, 5, None),
    ] {
        let bound = moment(text).boundary(high, digits).map(|bound| bound.to_string());
        assert_eq!(bound.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_count_of_milliseconds_is_a_moment() {
    assert_eq!(Moment::from_unix_ms(1_582_986_645_123).to_string(), "2020-02-29T14:30:45.123Z");
    assert_eq!(Moment::from_unix_ms(-1).to_string(), "1969-12-31T23:59:59.999Z");
}

#[test]
fn every_day_of_the_calendar_is_counted_as_it_is_found() {
    for days in (-719_162..=2_932_896).step_by(7) {
        let (year, month, day) = calendar::date_of(days).unwrap();
        assert_eq!(calendar::days_of(year, month, day), days, "{year}-{month}-{day}");
    }
    assert_eq!((calendar::date_of(-719_163), calendar::date_of(2_932_897)), (None, None));
}
