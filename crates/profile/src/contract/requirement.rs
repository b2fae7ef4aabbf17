//! What must hold of a feed whatever it was like before.

use crate::{
    drift::{duration, percent},
    feed::{FeedProfile, TypeProfile},
};
use fhir::ResourceType;
use serde::{Deserialize, Deserializer, de::Error};

/// How often an element may be missing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ElementShare {
    #[serde(rename = "type", deserialize_with = "resource_type")]
    of: ResourceType,
    #[serde(deserialize_with = "element")]
    element: String,
    #[serde(deserialize_with = "share")]
    missing_at_most: f64,
    #[serde(default)]
    pub(super) stop: bool,
}

/// A profile that resources must claim.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Profile {
    #[serde(rename = "type", deserialize_with = "resource_type")]
    of: ResourceType,
    url: String,
    #[serde(default = "all", deserialize_with = "share")]
    share_at_least: f64,
    #[serde(default)]
    pub(super) stop: bool,
}

/// How much may come in a day.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct VolumeBounds {
    #[serde(rename = "type", default, deserialize_with = "maybe_resource_type")]
    of: Option<ResourceType>,
    at_least: Option<u64>,
    at_most: Option<u64>,
    #[serde(default)]
    pub(super) stop: bool,
}

/// How long a share of resources may take to come.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DelayBound {
    #[serde(rename = "type", deserialize_with = "resource_type")]
    of: ResourceType,
    hours_at_most: f64,
    #[serde(default = "most", deserialize_with = "share")]
    share: f64,
    #[serde(default)]
    pub(super) stop: bool,
}

const fn all() -> f64 {
    1.0
}

const fn most() -> f64 {
    0.9
}

fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(from)?;
    let fits = (0.0..=1.0).contains(&share);
    if fits { Ok(share) } else { Err(D::Error::custom("a share is from 0 to 1")) }
}

fn resource_type<'de, D: Deserializer<'de>>(from: D) -> Result<ResourceType, D::Error> {
    let name = String::deserialize(from)?;
    ResourceType::parse(&name)
        .ok_or_else(|| D::Error::custom(format!("FHIR R4 has no resource type `{name}`")))
}

fn maybe_resource_type<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ResourceType>, D::Error> {
    resource_type(from).map(Some)
}

fn element<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let letters = name.strip_suffix("[x]").unwrap_or(&name);
    let fits = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let advice = "write an element of the resource, such as `birthDate`, `valueQuantity` or `value[x]`";
    if fits { Ok(name) } else { Err(D::Error::custom(advice)) }
}

fn of(now: &FeedProfile, kind: ResourceType) -> Option<&TypeProfile> {
    now.types.get(kind.as_str()).filter(|of| of.count.count > 0)
}

impl ElementShare {
    /// Why it is not met, if it is not. What did not come misses nothing.
    pub(super) fn unmet(&self, now: &FeedProfile) -> Option<String> {
        let found = of(now, self.of)?;
        let there: u64 = match self.element.strip_suffix("[x]") {
            Some(choice) => {
                let forms = fhir::r4::choice_forms(choice);
                forms.iter().filter_map(|form| found.elements.get(*form)).map(|form| form.count).sum()
            }
            None => found.elements.get(&self.element).map_or(0, |element| element.count),
        };
        let missing = 1.0 - there as f64 / found.count.count as f64;
        (missing > self.missing_at_most).then(|| {
            let (is, most) = (percent(missing), percent(self.missing_at_most));
            format!(
                "{}.{} is missing in {is} of resources; the contract allows {most}",
                self.of, self.element
            )
        })
    }
}

impl Profile {
    pub(super) fn unmet(&self, now: &FeedProfile) -> Option<String> {
        let found = of(now, self.of)?;
        let claims = |name: &str| name == self.url || name.split('|').next() == Some(self.url.as_str());
        let claimed = found.profiles.iter().filter(|(name, _)| claims(name)).map(|(_, count)| count.count);
        let share = (claimed.sum::<u64>() as f64 / found.count.count as f64).min(1.0);
        (share < self.share_at_least).then(|| {
            let (is, least) = (percent(share), percent(self.share_at_least));
            format!("{is} of {} resources claim `{}`; the contract asks for {least}", self.of, self.url)
        })
    }
}

impl VolumeBounds {
    pub(super) fn unmet(&self, now: &FeedProfile) -> Option<String> {
        let came = match self.of {
            Some(kind) => of(now, kind).map_or(0, |of| of.count.count),
            None => now.resources,
        };
        let what = self.of.map(|kind| format!("{kind} ")).unwrap_or_default();
        let too_few = self.at_least.filter(|least| came < *least);
        let too_many = self.at_most.filter(|most| came > *most);
        match (too_few, too_many) {
            (Some(least), _) => {
                Some(format!("{came} {what}resources came; the contract asks for {least} at least"))
            }
            (_, Some(most)) => Some(format!("{came} {what}resources came; the contract allows {most}")),
            (None, None) => None,
        }
    }
}

impl DelayBound {
    pub(super) fn unmet(&self, now: &FeedProfile) -> Option<String> {
        let took = of(now, self.of)?.delays.seconds_at(self.share)?;
        (took > self.hours_at_most * 3600.0).then(|| {
            let (share, took) = (percent(self.share), duration(took));
            let most = duration(self.hours_at_most * 3600.0);
            format!("{share} of {} resources came within {took}; the contract allows {most}", self.of)
        })
    }
}
