//! How long resources take to come.

use super::{
    Claim, Claims, Days, Finding, Kind,
    finding::duration,
    series::{Alike, Point, judge},
    shared,
};
use crate::feed::{Delays, FeedProfile, seconds};

/// The least shift that is told, in doublings.
const LEAST: f64 = 0.5;

const FEWEST: u64 = 20;
const FEWEST_BEFORE: u64 = 5;

/// The quantiles that are compared.
const SHARES: [f64; 2] = [0.5, 0.9];

/// A quantile that has moved.
struct Shift {
    share: f64,
    expected: f64,
    came: f64,
    p: f64,
}

pub(super) fn ask(days: &Days<'_>, claims: &mut Claims) {
    let names = days.types_in_both();
    let changes: Vec<f64> = names
        .iter()
        .filter_map(|name| shift(days, |profile| of_type(profile, name), 0.0))
        .map(|shift| shift.came - shift.expected)
        .collect();
    let common = shared(&changes, LEAST);
    if names.len() > 1 {
        claims.delays.extend(shift(days, of_all, 0.0).map(|shift| shift.claim("", common.is_some())));
    }
    // Of one type alone it is the type that is told of.
    let common = common.filter(|_| names.len() > 1).unwrap_or_default();
    for name in names {
        let shift = shift(days, |profile| of_type(profile, name), common);
        claims.delays.extend(shift.map(|shift| shift.claim(name, false)));
    }
}

fn of_type(profile: &FeedProfile, name: &str) -> Delays {
    profile.types.get(name).map(|of| of.delays.clone()).unwrap_or_default()
}

fn of_all(profile: &FeedProfile) -> Delays {
    let mut all = Delays::default();
    profile.types.values().for_each(|of| all.merge(&of.delays));
    all
}

/// The quantile that has moved least likely by chance, when all have moved by `common` besides.
fn shift(days: &Days<'_>, delays: impl Fn(&FeedProfile) -> Delays, common: f64) -> Option<Shift> {
    let now = delays(days.now);
    let before: Vec<(i64, Delays)> =
        days.before.iter().map(|(day, profile)| (*day, delays(profile))).collect();
    if now.count() < FEWEST {
        return None;
    }
    let point = |day: i64, delays: &Delays, share: f64| {
        let quantile = delays.quantile(share)?;
        Some(Point { day, value: quantile.octaves, variance: quantile.error * quantile.error })
    };
    let of = |share: f64| {
        let enough = before.iter().filter(|(_, delays)| delays.count() >= FEWEST_BEFORE);
        let before: Vec<Point> = enough.filter_map(|(day, delays)| point(*day, delays, share)).collect();
        let mut now = point(days.day, &now, share)?;
        now.value -= common;
        let judged = judge(&before, &now, Alike::Week)?;
        // Two are looked at, so each counts half.
        let p = judged.p * SHARES.len() as f64;
        Some(Shift { share, expected: judged.expected + common, came: now.value + common, p })
    };
    SHARES.into_iter().filter_map(of).min_by(|a, b| a.p.total_cmp(&b.p))
}

impl Shift {
    fn claim(self, name: &str, is_shared: bool) -> Claim {
        let what = if name.is_empty() { "all".to_owned() } else { format!("{name} resources") };
        let (before, after) = (seconds(self.expected), seconds(self.came));
        let sentence = format!(
            "{:.0} % of {what} came within {} of their time, where {} was usual",
            self.share * 100.0,
            duration(after),
            duration(before)
        );
        let finding = Finding {
            kind: Kind::Delay,
            resource_type: name.to_owned(),
            place: String::new(),
            name: String::new(),
            before,
            after,
            sentence,
            is_shared,
        };
        Claim { p: self.p, matters: (self.came - self.expected).abs() >= LEAST, finding }
    }
}
