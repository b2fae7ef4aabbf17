//! How units relate, and what comes of quantities.

use super::*;
use std::cmp::Ordering;

#[track_caller]
fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

#[test]
fn a_quantity_is_a_number_and_a_unit() {
    for text in ["4 days", "4.5 'mg'", "-1 'm/s2'"] {
        assert_eq!(quantity(text).to_string(), text);
    }
    assert_eq!(quantity("4").to_string(), "4 '1'");
    for text in ["", "a", "1 wk", "1 'mg", "1 ''", "1.a", "1 'a'b'"] {
        assert!(Quantity::parse(text).is_none(), "{text}");
    }
}

#[test]
fn units_are_compared_by_what_they_measure() {
    for (left, right, order) in [
        ("4 'g'", "4000 'mg'", Some(Ordering::Equal)),
        ("7 days", "1 'wk'", Some(Ordering::Equal)),
        ("1 year", "12 months", Some(Ordering::Equal)),
        ("1 month", "30 days", Some(Ordering::Equal)),
        ("1 month", "1 'mo'", None),
        ("1 second", "1 'a'", None),
        ("23 'Cel'", "72 '[degF]'", Some(Ordering::Greater)),
        ("1 'kg'", "1 's'", None),
        ("1 'made-up'", "2 'made-up'", Some(Ordering::Less)),
    ] {
        assert_eq!(quantity(left).compare(&quantity(right)), order, "{left} {right}");
    }
}

#[test]
fn equivalence_rounds_to_what_both_know() {
    for (left, right, same) in [
        ("1 year", "1 'a'", true),
        ("30 days", "1 'mo'", true),
        ("4 'g'", "4040 'mg'", false),
        ("4040 'mg'", "4.0403 'g'", true),
        ("4040 'mg'", "4.0409 'g'", false),
        ("23 'Cel'", "73.4 '[degF]'", true),
    ] {
        assert_eq!(quantity(left).equivalent(&quantity(right)), same, "{left} {right}");
    }
}

#[test]
fn arithmetic_keeps_units() {
    let text = |quantity: Option<Quantity>| quantity.map(|quantity| quantity.to_string()).unwrap_or_default();
    assert_eq!(text(quantity("3 'm'").plus(&quantity("3 'cm'"))), "303 'cm'");
    assert_eq!(text(quantity("1 year").plus(&quantity("6 months"))), "18 months");
    assert_eq!(text(quantity("1 year").plus(&quantity("1 'a'"))), "");
    assert_eq!(text(quantity("2 'cm'").times(&quantity("2 'm'"))), "0.04 'm2'");
    assert_eq!(text(quantity("4 'kg'").times(&quantity("2"))), "8 'kg'");
    assert_eq!(text(quantity("1 second").times(&quantity("1 second"))), "");
    assert_eq!(text(quantity("1 'm'").over(&quantity("1 'm'"))), "1 '1'");
    assert_eq!(text(quantity("1 'B'").times(&quantity("2"))), "");
    assert_eq!(text(quantity("1 'm'").over(&quantity("0 'm'"))), "");
}
