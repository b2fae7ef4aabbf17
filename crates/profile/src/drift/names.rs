//! Extensions, code systems, profiles and units that are new, or do not come any more.

use super::{Claim, Claims, Days, Finding, Kind, finding::percent, series::is_weekend};
use crate::feed::{Count, NO_CONCEPT, TypeProfile};
use std::collections::{BTreeMap, BTreeSet};

type Names = BTreeMap<String, Count>;

/// New names rest on at least so many runs.
const FEWEST_RUNS: u64 = 3;

/// Vanished ones were expected at least so often.
const FEWEST_EXPECTED: f64 = 10.0;

/// One list of names: where it stands, and in how many runs any of them could have come.
struct Place<'p, L, T> {
    resource_type: &'p str,
    place: &'p str,
    new: Kind,
    vanished: Kind,
    list: L,
    total: T,
}

pub(super) fn ask(days: &Days<'_>, resource_type: &str, claims: &mut Claims) {
    let Some(now) = days.now.types.get(resource_type) else { return };
    let runs = |of: &TypeProfile| of.count.runs;
    let place = Place {
        resource_type,
        place: "",
        new: Kind::NewProfile,
        vanished: Kind::VanishedProfile,
        list: |of: &TypeProfile| Some(of.profiles.clone()),
        total: runs,
    };
    place.ask(days, claims);
    for element in elements(days, resource_type, now, |of| &of.extensions) {
        let place = Place {
            resource_type,
            place: &element,
            new: Kind::NewExtension,
            vanished: Kind::VanishedExtension,
            list: |of: &TypeProfile| of.extensions.get(&element).cloned(),
            total: runs,
        };
        place.ask(days, claims);
    }
    for element in elements(days, resource_type, now, |of| &of.systems) {
        let place = Place {
            resource_type,
            place: &element,
            new: Kind::NewCodeSystem,
            vanished: Kind::VanishedCodeSystem,
            list: |of: &TypeProfile| of.systems.get(&element).cloned(),
            total: runs,
        };
        place.ask(days, claims);
    }
    for concept in now.units.keys() {
        let sum = |of: &TypeProfile| {
            of.units.get(concept).map_or(0, |units| units.values().map(|unit| unit.runs).sum())
        };
        let place = Place {
            resource_type,
            place: concept,
            new: Kind::NewUnit,
            vanished: Kind::VanishedUnit,
            list: |of: &TypeProfile| of.units.get(concept).cloned(),
            total: sum,
        };
        place.ask(days, claims);
    }
}

/// Every element that has names today or had them before.
fn elements(
    days: &Days<'_>,
    resource_type: &str,
    now: &TypeProfile,
    of: impl Fn(&TypeProfile) -> &BTreeMap<String, Names>,
) -> BTreeSet<String> {
    let before = days.of_type(resource_type).flat_map(|(_, before)| of(before).keys());
    before.chain(of(now).keys()).cloned().collect()
}

impl<L: Fn(&TypeProfile) -> Option<Names>, T: Fn(&TypeProfile) -> u64> Place<'_, L, T> {
    fn ask(&self, days: &Days<'_>, claims: &mut Claims) {
        let Some(of_type) = days.now.types.get(self.resource_type) else { return };
        let now = (self.list)(of_type).unwrap_or_default();
        let now_total = (self.total)(of_type);
        let before: Vec<(i64, u64, Names)> = days
            .of_type(self.resource_type)
            .map(|(day, before)| (day, (self.total)(before), (self.list)(before).unwrap_or_default()))
            .filter(|(_, total, _)| *total > 0)
            .collect();
        let total: u64 = before.iter().map(|(_, total, _)| total).sum();
        if total == 0 || now_total == 0 {
            return;
        }
        let known: BTreeSet<&String> = before.iter().flat_map(|(_, _, names)| names.keys()).collect();
        for (name, count) in now.iter().filter(|(name, _)| !known.contains(name)) {
            claims.new.push(self.is_new(name, *count, now_total, total, before.len()));
        }
        let days_with = |name: &str| before.iter().filter(|(_, _, names)| names.contains_key(name)).count();
        claims.seldom += known.iter().filter(|name| days_with(name) * 2 < before.len()).count();
        for name in known.into_iter().filter(|name| !now.contains_key(*name)) {
            claims.shares.extend(self.has_vanished(name, days.day, now_total, &before));
        }
    }

    fn is_new(&self, name: &str, count: Count, now: u64, before: u64, days: usize) -> Claim {
        // All of its runs came today, though there were so many before in which they could have.
        let today = now as f64 / (now + before) as f64;
        let p = (today.ln() * count.runs as f64).exp();
        let share = (count.runs as f64 / now as f64).min(1.0);
        let what = format!(
            "{} {}: it came {} times today, with {} of those it could have come with, and never in the {days} days before",
            self.what(name),
            "is new",
            count.count,
            percent(share)
        );
        Claim {
            p,
            matters: count.runs >= FEWEST_RUNS,
            finding: self.finding(self.new, name, 0.0, share, what),
        }
    }

    fn has_vanished(&self, name: &str, day: i64, now: u64, before: &[(i64, u64, Names)]) -> Option<Claim> {
        // Working days for working days, weekends for weekends, where there are enough of them.
        let same_week = |other: i64| is_weekend(other) == is_weekend(day);
        let enough = before.iter().filter(|(day, ..)| same_week(*day)).count() >= 5;
        let alike = before.iter().filter(|(day, ..)| !enough || same_week(*day));
        let counts: Vec<(f64, f64)> = alike
            .map(|(_, total, names)| (names.get(name).map_or(0, |count| count.runs) as f64, *total as f64))
            .collect();
        let came = counts.iter().filter(|(runs, _)| *runs > 0.0).count();
        if came < 5 || came * 5 < counts.len() * 4 {
            return None;
        }
        let (runs, total) = counts.iter().fold((0.0, 0.0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        let share = runs / total;
        let strays = |(runs, total): &(f64, f64)| (runs - share * total).powi(2) / (share * total);
        let dispersion = (counts.iter().map(strays).sum::<f64>() / counts.len() as f64).max(1.0);
        let expected = share * now as f64;
        let what = format!("{} has vanished: about {expected:.0} were to be expected today", self.what(name));
        Some(Claim {
            p: (-expected / dispersion).exp(),
            matters: expected >= FEWEST_EXPECTED,
            finding: self.finding(self.vanished, name, share.min(1.0), 0.0, what),
        })
    }

    fn what(&self, name: &str) -> String {
        let of = self.resource_type;
        match self.new {
            Kind::NewExtension => format!("{of}.{}: the extension `{name}`", self.place),
            Kind::NewCodeSystem => format!("{of}.{}: the code system `{name}`", self.place),
            Kind::NewUnit if self.place == NO_CONCEPT => format!("{of}: the unit `{name}`"),
            Kind::NewUnit => format!("{of} of `{}`: the unit `{name}`", self.place),
            _ => format!("{of}: the profile `{name}`"),
        }
    }

    fn finding(&self, kind: Kind, name: &str, before: f64, after: f64, sentence: String) -> Finding {
        Finding {
            kind,
            resource_type: self.resource_type.to_owned(),
            place: self.place.to_owned(),
            name: name.to_owned(),
            before,
            after,
            sentence,
            is_shared: false,
        }
    }
}
