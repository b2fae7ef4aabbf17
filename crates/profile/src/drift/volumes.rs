//! How much came, and types that are new or do not come any more.

use super::{
    Claim, Claims, Days, Finding, Kind,
    series::{Alike, Point, judge},
    shared, student,
};
use crate::feed::FeedProfile;

/// Half as much again.
const LEAST: f64 = 0.405_465;

/// Fewer are not enough to miss any.
const FEWEST_EXPECTED: f64 = 20.0;

/// So many degrees of freedom that Student's distribution is as good as normal.
const MANY: f64 = 1000.0;

/// How much was to be expected, and how likely what came is.
struct Volume {
    expected: f64,
    came: f64,
    p: f64,
}

pub(super) fn ask(days: &Days<'_>, claims: &mut Claims) {
    let total = |profile: &FeedProfile| profile.resources;
    if days.now.resources == 0 {
        // Nothing at all: one thing to be told.
        claims.volumes.extend(volume(days, total, 0.0).map(|volume| volume.claim("", true)));
        return;
    }
    let types = days.types();
    let changes: Vec<f64> = types
        .iter()
        .filter_map(|name| volume(days, count_of(name), 0.0))
        .filter(|volume| volume.expected >= FEWEST_EXPECTED && volume.came > 0.0)
        .map(|volume| volume.change())
        .collect();
    let common = shared(&changes, LEAST);
    claims.volumes.extend(volume(days, total, 0.0).map(|volume| volume.claim("", common.is_some())));
    for name in types {
        let before = days.of_type(name).map(|(_, of)| of.count.count).sum::<u64>();
        if before == 0 {
            claims.new.push(is_new(days, name));
        } else if days.now.types.contains_key(name) {
            let volume = volume(days, count_of(name), common.unwrap_or_default());
            claims.volumes.extend(volume.map(|volume| volume.claim(name, false)));
        } else {
            claims.volumes.extend(volume(days, count_of(name), 0.0).map(|volume| volume.has_vanished(name)));
        }
    }
}

fn count_of(name: &str) -> impl Fn(&FeedProfile) -> u64 {
    move |profile| profile.types.get(name).map_or(0, |of| of.count.count)
}

/// The volume that `count` counts, when all has changed by `common` besides.
fn volume(days: &Days<'_>, count: impl Fn(&FeedProfile) -> u64, common: f64) -> Option<Volume> {
    let value = |count: u64| (count as f64 + 0.5).ln();
    let points: Vec<Point> = days
        .before
        .iter()
        .map(|(day, profile)| Point { day: *day, value: value(count(profile)), variance: 0.0 })
        .collect();
    // What chance does is told by what was to be expected, and not by what came: nothing is no certain count.
    let spread = |point: &Point| {
        let others: Vec<Point> = points.iter().filter(|other| other.day != point.day).copied().collect();
        let expected = super::series::expected(&others, point, Alike::Weekday).unwrap_or(point.value);
        Point { variance: 1.0 / (expected.exp() + 0.5), ..*point }
    };
    let came = count(days.now);
    let now = spread(&Point { day: days.day, value: value(came) - common, variance: 0.0 });
    let before: Vec<Point> = points.iter().map(spread).collect();
    let judged = judge(&before, &now, Alike::Weekday)?;
    let expected = ((judged.expected + common).exp() - 0.5).max(0.0);
    // Few are farther away on a scale of factors than counts can tell.
    let by_counts =
        2.0 * ((came as f64 + 0.375).sqrt() - (expected + 0.375).sqrt()) / judged.dispersion.sqrt();
    let p = judged.p.max(student::two_sided(by_counts, MANY));
    Some(Volume { expected, came: came as f64, p })
}

fn is_new(days: &Days<'_>, name: &str) -> Claim {
    let of = days.now.types.get(name).map(|of| of.count).unwrap_or_default();
    let before: u64 = days.before.iter().map(|(_, profile)| profile.resources).sum();
    let today = days.now.resources as f64 / (days.now.resources + before) as f64;
    let sentence = format!(
        "{name} resources are new: {} came today, and none in the {} days before",
        of.count,
        days.before.len()
    );
    let finding = Finding {
        kind: Kind::NewResourceType,
        resource_type: name.to_owned(),
        place: String::new(),
        name: String::new(),
        before: 0.0,
        after: of.count as f64,
        sentence,
        is_shared: false,
    };
    Claim { p: (today.ln() * of.runs as f64).exp(), matters: of.runs >= 3, finding }
}

impl Volume {
    fn change(&self) -> f64 {
        ((self.came + 0.5) / (self.expected + 0.5)).ln()
    }

    fn claim(self, name: &str, is_shared: bool) -> Claim {
        let what = if name.is_empty() { "resources".to_owned() } else { format!("{name} resources") };
        let sentence =
            format!("{:.0} {what} came where about {:.0} were to be expected", self.came, self.expected);
        let matters = self.change().abs() >= LEAST && self.expected.max(self.came) >= FEWEST_EXPECTED;
        Claim { p: self.p, matters, finding: self.finding(Kind::Volume, name, sentence, is_shared) }
    }

    fn has_vanished(self, name: &str) -> Claim {
        let sentence =
            format!("no {name} resources came where about {:.0} were to be expected", self.expected);
        let matters = self.expected >= FEWEST_EXPECTED / 2.0;
        Claim { p: self.p, matters, finding: self.finding(Kind::VanishedResourceType, name, sentence, false) }
    }

    fn finding(&self, kind: Kind, name: &str, sentence: String, is_shared: bool) -> Finding {
        Finding {
            kind,
            resource_type: name.to_owned(),
            place: String::new(),
            name: String::new(),
            before: self.expected,
            after: self.came,
            sentence,
            is_shared,
        }
    }
}
