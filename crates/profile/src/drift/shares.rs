//! Elements that are missing more often than before, or less often.

use super::{
    Claim, Claims, Days, Finding, Kind,
    finding::percent,
    series::{Alike, Point, judge},
};
use crate::feed::{Presence, TypeProfile};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer resources of a type than this have no shares.
const FEWEST: u64 = 20;
/// A day before with fewer is passed over.
const FEWEST_BEFORE: u64 = 5;
/// A change shows in at least so many runs of patients.
const FEWEST_RUNS: u64 = 5;

pub(super) fn ask(days: &Days<'_>, resource_type: &str, claims: &mut Claims) {
    let Some(now) = days.now.types.get(resource_type) else { return };
    if now.count.count < FEWEST {
        return;
    }
    let before: Vec<(i64, &TypeProfile)> =
        days.of_type(resource_type).filter(|(_, before)| before.count.count >= FEWEST_BEFORE).collect();
    let names = before.iter().flat_map(|(_, before)| before.elements.keys()).chain(now.elements.keys());
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    let mut choices: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in &names {
        if let Some(choice) = choice_of(resource_type, name) {
            choices.entry(choice).or_default().push(name);
        }
        claims.shares.extend(share(resource_type, name, &[name], (&before, days.day, now)));
    }
    for (choice, forms) in choices.into_iter().filter(|(_, forms)| forms.len() > 1) {
        let place = format!("{choice}[x]");
        claims.shares.extend(share(resource_type, &place, &forms, (&before, days.day, now)));
    }
}

/// The choice element, such as `value`, that a name is a form of.
fn choice_of(resource_type: &str, name: &str) -> Option<&'static str> {
    let found = fhir::r4::knowledge().type_def(resource_type)?.element(name)?;
    found.element.is_choice.then_some(found.element.name)
}

fn share(
    resource_type: &str,
    place: &str,
    forms: &[&str],
    (before, day, now): (&[(i64, &TypeProfile)], i64, &TypeProfile),
) -> Option<Claim> {
    let points: Vec<Point> = before.iter().map(|(day, of)| point(*day, of, forms)).collect();
    let judged = judge(&points, &point(day, now, forms), Alike::Week)?;
    let total = now.count.count as f64;
    let presence = presence(now, forms);
    // The continuity of the scale is taken back, so that none is 0 and all is 1.
    let was = judged.expected.sin().powi(2);
    let was = ((was * (total + 0.75) - 0.375) / total).clamp(0.0, 1.0);
    let is = (presence.count as f64 / total).min(1.0);
    let runs = if is < was { presence.runs_without } else { presence.runs_with };
    let sentence = format!(
        "{resource_type}.{place} was missing in {} of resources, and is missing in {} of {} today",
        percent(1.0 - was),
        percent(1.0 - is),
        now.count.count
    );
    let finding = Finding {
        kind: Kind::MissingShare,
        resource_type: resource_type.to_owned(),
        place: place.to_owned(),
        name: String::new(),
        before: 1.0 - was,
        after: 1.0 - is,
        sentence,
        is_shared: false,
    };
    Some(Claim { p: judged.p, matters: runs >= FEWEST_RUNS && matters(was, is), finding })
}

fn presence(of: &TypeProfile, forms: &[&str]) -> Presence {
    let found = forms.iter().filter_map(|form| of.elements.get(*form));
    let never = Presence { runs_without: of.count.runs, ..Presence::default() };
    found.fold(never, |sum, form| Presence {
        count: sum.count + form.count,
        runs_with: sum.runs_with + form.runs_with,
        runs_without: sum.runs_without.min(form.runs_without),
    })
}

fn point(day: i64, of: &TypeProfile, forms: &[&str]) -> Point {
    let total = of.count.count as f64;
    let share = (presence(of, forms).count as f64 + 0.375) / (total + 0.75);
    // Anscombe (1948): the variance is that of chance, whatever the share.
    Point { day, value: share.min(1.0).sqrt().asin(), variance: 1.0 / total.mul_add(4.0, 2.0) }
}

/// Whether a change is large enough: 5 points, or 1 point that doubles or halves what was there, or what was missing.
fn matters(was: f64, is: f64) -> bool {
    let doubled = |a: f64, b: f64| a.max(b) >= 2.0 * a.min(b);
    let by = (was - is).abs();
    by >= 0.05 || by >= 0.01 && (doubled(was, is) || doubled(1.0 - was, 1.0 - is))
}

/// Whether the others tell what a finding tells: of a choice and its forms it is the one form that changed, or else
/// the choice.
pub(super) fn is_told(finding: &Finding, all: &[Finding]) -> bool {
    let shares =
        |other: &&Finding| other.kind == Kind::MissingShare && other.resource_type == finding.resource_type;
    let choice = |place: &str| choice_of(&finding.resource_type, place).map(|choice| format!("{choice}[x]"));
    let own = choice(&finding.place).unwrap_or_else(|| finding.place.clone());
    let forms = all.iter().filter(shares).filter(|other| choice(&other.place).as_ref() == Some(&own)).count();
    let whole = all.iter().filter(shares).any(|other| other.place == own);
    if finding.place.ends_with("[x]") {
        forms == 1
    } else {
        choice(&finding.place).is_some() && whole && forms > 1
    }
}
