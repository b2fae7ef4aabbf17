//! What decimals keep and what they round.

use super::{functions::Rounding, *};

#[track_caller]
fn number(token: &str) -> Decimal {
    Decimal::parse(token).unwrap()
}

#[test]
fn a_number_keeps_its_digits() {
    for (token, text) in [
        ("1.10", "1.10"),
        ("-0.05", "-0.05"),
        ("1e3", "1000"),
        ("12.5E-2", "0.125"),
        ("0", "0"),
        ("-7", "-7"),
    ] {
        assert_eq!(number(token).to_string(), text);
    }
}

#[test]
fn a_value_takes_a_scale_only_when_nothing_is_lost() {
    assert_eq!(number("1.50").mantissa_at(1, 38), Some(15));
    assert_eq!(number("1.25").mantissa_at(1, 38), None);
    assert_eq!(number("-2").mantissa_at(2, 38), Some(-200));
    assert_eq!(number("1000").mantissa_at(2, 5), None);
    assert_eq!(number("2.0").to_i64(), Some(2));
}

#[test]
fn what_is_no_number_or_too_long_is_none() {
    for token in ["", "-", ".", "1.", ".5", "1.2.3", "a", "1e", "1e39", "1e-77", &"9".repeat(39)] {
        assert!(Decimal::parse(token).is_none(), "{token}");
    }
}

#[test]
fn arithmetic_is_exact() {
    let (a, b) = (number("0.1"), number("0.2"));
    assert_eq!(a.plus(b).unwrap().to_string(), "0.3");
    assert_eq!(a.minus(b).unwrap().to_string(), "-0.1");
    assert_eq!(a.times(b).unwrap().to_string(), "0.02");
    assert_eq!(number("3").over(number("2")).unwrap().to_string(), "1.5");
    assert_eq!(number("2").over(number("3")).unwrap().to_string(), "0.6666666666666667");
    assert_eq!(number("-5.5").whole_quotient(number("2")).unwrap().to_string(), "-2");
    assert_eq!(number("2.2").remainder(number("1.8")).unwrap().to_string(), "0.4");
    assert!(a.over(number("0.0")).is_none());
}

#[test]
fn numbers_too_far_apart_to_be_aligned_are_still_ordered() {
    let (large, small) = (number("1e38"), number("0.00000000000000000001"));
    assert!(large > small);
    assert!(small < large);
    assert!(large.negated().unwrap() < small);
    assert_eq!(number("1.10"), number("1.1"));
}

#[test]
fn rounding_goes_where_it_is_told() {
    for (token, rounding, text) in [
        ("-2.1", Rounding::Down, "-3"),
        ("1.1", Rounding::Up, "2"),
        ("-1.1", Rounding::Up, "-1"),
        ("-1.56", Rounding::TowardsZero, "-1"),
        ("2.5", Rounding::HalfAway, "3"),
        ("-2.5", Rounding::HalfAway, "-3"),
    ] {
        assert_eq!(number(token).at_scale(0, rounding).unwrap().to_string(), text);
    }
}

#[test]
fn functions_without_an_end_stop_after_sixteen_digits() {
    assert_eq!(number("0.3").logarithm().unwrap().to_string(), "-1.203972804325936");
    assert_eq!(number("10.89").square_root().unwrap().to_string(), "3.3");
    assert_eq!(number("16").logarithm_to(number("2")).unwrap().to_string(), "4");
    assert_eq!(number("2").to_power(number("-1")).unwrap().to_string(), "0.5");
    assert!(number("-1").to_power(number("0.5")).is_none());
    assert!(number("0").logarithm().is_none());
}
