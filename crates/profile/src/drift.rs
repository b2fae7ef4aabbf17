//! What is different in a source's feed today from the days before.
//!
//! [`compare`] asks several hundred questions of a feed each day, one for each element, name and type. Asked carelessly
//! some of them would find something every day. So, each kind of question with the test that fits it:
//!
//! - **Shares of elements** are two proportions: on the arcsine scale, where chance moves all of them alike, today is
//!   held against the median of the days before. **Volumes** are compared on the logarithmic scale, with days of the same
//!   weekday where weekdays differ, and must be unlikely by counts too. **Delays** are compared by the shift of their median and of their
//!   ninth decile in doublings, whose error is that of ranks. How far days stray is not taken from the textbook, because
//!   resources of one patient come together and surgeries close on holidays: it is what the days before did (`series`),
//!   never less than pure chance, and probabilities are Student's with as many degrees of freedom as there were days.
//! - **New names** (extensions, code systems, profiles, units, types): the probability that all occurrences fall on today
//!   if they were as frequent before: `(n / (n + N)) ^ k`, with `k` runs of patients today. **Vanished names** came on
//!   four days of five, and the probability that today has none is Poisson's, widened by how they strayed before.
//! - **All together** are corrected for their number by Holm's step-down rule at a familywise level of 1 in 1000: on a
//!   feed that does not change, one day in a thousand says anything at all, however many questions there are. New
//!   names, volumes, delays and all the rest are four families with a quarter of the level each, so that a dozen volumes
//!   do not compete with hundreds of elements. To the first belongs every name that comes now and then, since each of
//!   them might have been the one that is new today.
//! - **A minimum effect** is needed besides: what is certain is not always worth a word. Shares: 5 points, or 1 point
//!   where what was there, or what was missing, has doubled or halved. Volumes: half as much again. Delays: half a
//!   doubling. And no finding rests on fewer than three runs of patients; of shares, five.
//!
//! One cause is told once: when all types change their volume or delay alike, this is one finding without a type, and a
//! type has one of its own only if it differs from the others. Below five days there are only new names.
//!
//! Days before that are missing between the first and today count as days on which nothing came. A feed that has changed
//! for good is told of until the median has followed, after some fourteen days of 28; or the caller begins its days
//! anew where somebody has accepted the change. Today must be over: half a day is half the volume.

mod finding;
mod names;
mod series;
mod shares;
mod student;
mod volumes;
mod waits;

pub use finding::{Finding, Kind};
pub(crate) use finding::{duration, percent};

use crate::feed::{FeedProfile, TypeProfile};
use std::collections::{BTreeMap, BTreeSet};

/// The probability of any finding on a feed that does not change.
const LEVEL: f64 = 0.001;

const FAMILIES: f64 = 4.0;

/// The most days that are looked back.
const MOST_DAYS: i64 = 90;

/// A possible finding, and how likely it is by chance.
struct Claim {
    p: f64,
    /// Whether it is large enough to be told.
    matters: bool,
    finding: Finding,
}

/// All claims of a day, in four families, each of which may err a quarter as often as all.
#[derive(Default)]
struct Claims {
    /// What came that did not come before.
    new: Vec<Claim>,
    /// Names that come now and then: any of them might have been new today.
    seldom: usize,
    volumes: Vec<Claim>,
    delays: Vec<Claim>,
    /// Shares of elements, and names that have vanished.
    shares: Vec<Claim>,
}

/// The days before, without gaps, and today.
struct Days<'d> {
    before: Vec<(i64, &'d FeedProfile)>,
    day: i64,
    now: &'d FeedProfile,
}

/// What is different in `now` from the days of `baseline`, what is new first. Several profiles of one day are added up.
#[must_use]
pub fn compare(baseline: &[FeedProfile], now: &FeedProfile) -> Vec<Finding> {
    let mut merged: BTreeMap<i64, FeedProfile> = BTreeMap::new();
    for profile in baseline {
        if let Some(day) = profile.day() {
            merged.entry(day).or_default().merge(profile);
        }
    }
    let (Some(first), Some(last)) = (merged.keys().next().copied(), merged.keys().next_back().copied())
    else {
        return Vec::new();
    };
    let day = now.day().unwrap_or(last + 1);
    let silent = FeedProfile::default();
    let from = first.max(day - MOST_DAYS);
    let before = (from..day).map(|day| (day, merged.get(&day).unwrap_or(&silent))).collect();
    let days = Days { before, day, now };
    let mut claims = Claims::default();
    volumes::ask(&days, &mut claims);
    if now.resources > 0 {
        waits::ask(&days, &mut claims);
        for name in days.types_in_both() {
            shares::ask(&days, name, &mut claims);
            names::ask(&days, name, &mut claims);
        }
    }
    once(claims.standing())
}

impl Claims {
    /// The claims that stand, the most certain of each family first.
    fn standing(self) -> Vec<Finding> {
        let mut findings = holm(self.new, self.seldom);
        for family in [self.volumes, self.delays, self.shares] {
            findings.extend(holm(family, 0));
        }
        findings
    }
}

/// The claims of a family that stand when all of them, and `others` that are not among them, are corrected for their
/// number (Holm 1979).
fn holm(mut claims: Vec<Claim>, others: usize) -> Vec<Finding> {
    // What cannot be computed is no news, wherever it would sort.
    claims.iter_mut().filter(|claim| claim.p.is_nan()).for_each(|claim| claim.p = 1.0);
    claims.sort_by(|a, b| a.p.total_cmp(&b.p));
    let count = claims.len() + others;
    let stands = |(at, claim): &(usize, Claim)| claim.p * (count - at) as f64 <= LEVEL / FAMILIES;
    let standing = claims.into_iter().enumerate().take_while(stands);
    standing.filter(|(_, claim)| claim.matters).map(|(_, claim)| claim.finding).collect()
}

/// Leaves out what another finding has told already.
fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let all = findings.clone();
    let of_type = |finding: &Finding, kinds: &[Kind]| {
        let other = |other: &Finding| {
            kinds.contains(&other.kind)
                && !other.resource_type.is_empty()
                && (finding.resource_type.is_empty() || finding.resource_type == other.resource_type)
        };
        all.iter().any(other)
    };
    let told = |finding: &Finding| match finding.kind {
        // A feed as a whole is told of if its types changed alike, or if no type says it better.
        Kind::Volume if finding.resource_type.is_empty() && !finding.is_shared => {
            of_type(finding, &[Kind::Volume, Kind::NewResourceType, Kind::VanishedResourceType])
        }
        Kind::Delay if finding.resource_type.is_empty() && !finding.is_shared => {
            of_type(finding, &[Kind::Delay])
        }
        // What stands in extensions comes and goes with them.
        Kind::NewCodeSystem if finding.place == "extension" => of_type(finding, &[Kind::NewExtension]),
        Kind::VanishedCodeSystem if finding.place == "extension" => {
            of_type(finding, &[Kind::VanishedExtension])
        }
        Kind::MissingShare => shares::is_told(finding, &all),
        _ => false,
    };
    findings.into_iter().filter(|finding| !told(finding)).collect()
}

impl<'d> Days<'d> {
    /// What came of one type on a day of the days before.
    fn of_type(&self, name: &str) -> impl Iterator<Item = (i64, &'d TypeProfile)> {
        self.before.iter().filter_map(move |(day, profile)| Some((*day, profile.types.get(name)?)))
    }

    fn types_in_both(&self) -> Vec<&'d str> {
        let now: &'d FeedProfile = self.now;
        let known = |name: &&str| self.of_type(name).next().is_some();
        now.types.keys().map(String::as_str).filter(known).collect()
    }

    fn types(&self) -> BTreeSet<&'d str> {
        let before = self.before.iter().flat_map(|(_, profile)| profile.types.keys());
        before.chain(self.now.types.keys()).map(String::as_str).collect()
    }
}

/// What all types have changed by, on a logarithmic scale, if they have: the median, or of fewer than three what each
/// has changed by at least.
fn shared(changes: &[f64], least: f64) -> Option<f64> {
    let mut changes = changes.to_vec();
    let median = series::median(&mut changes);
    let alike = changes.iter().filter(|change| **change * median.signum() >= least).count();
    let enough = if changes.len() < 3 { changes.len() } else { changes.len().div_ceil(2) };
    (alike >= enough.max(1) && median.abs() >= least).then_some(median)
}

#[cfg(test)]
mod tests;
