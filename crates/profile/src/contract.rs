//! What a provider's feed must be like, and which changes of it stop promotion.
//!
//! A contract is a file in TOML, for one provider or for all:
//!
//! ```toml
//! provider = "gp-elm-grove"        # without it: for all
//!
//! [stop]                           # kinds of findings that stop promotion
//! new-unit = true
//! [ignore]                         # kinds that nobody is told of; all others warn
//! new-extension = true
//!
//! [[element]]                      # how often an element may be missing
//! type = "Observation"
//! element = "effective[x]"
//! missing-at-most = 0.02
//! stop = true                      # without it: warns
//!
//! [[profile]]                      # a profile that resources must claim, in any version unless one is written
//! type = "Patient"
//! url = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"
//! share-at-least = 0.99
//!
//! [[volume]]                       # resources in a day; without `type`: of all types
//! at-least = 1000
//! at-most = 9000
//!
//! [[delay]]                        # hours within which a share of resources (0.9 unless written) must come
//! type = "Encounter"
//! hours-at-most = 48
//! share = 0.9
//! ```
//!
//! Findings are what has changed, requirements hold whatever was before. A provider's own contract is laid over the one
//! for all ([`Contract::over`]).

use crate::{
    drift::{Finding, Kind},
    feed::FeedProfile,
};
use model::SourceId;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

mod requirement;

use requirement::{DelayBound, ElementShare, Profile, VolumeBounds};

/// The most bytes of a contract's file.
const LONGEST_FILE_BYTES: usize = 64 << 10;

/// What a feed must be like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contract {
    provider: Option<SourceId>,
    stop: BTreeMap<Kind, bool>,
    ignore: BTreeMap<Kind, bool>,
    elements: Vec<ElementShare>,
    profiles: Vec<Profile>,
    volumes: Vec<VolumeBounds>,
    delays: Vec<DelayBound>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Option<SourceId>,
    #[serde(default)]
    stop: BTreeMap<Kind, bool>,
    #[serde(default)]
    ignore: BTreeMap<Kind, bool>,
    #[serde(default, rename = "element")]
    elements: Vec<ElementShare>,
    #[serde(default, rename = "profile")]
    profiles: Vec<Profile>,
    #[serde(default, rename = "volume")]
    volumes: Vec<VolumeBounds>,
    #[serde(default, rename = "delay")]
    delays: Vec<DelayBound>,
}

/// Why a contract cannot be read, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ContractError {
    /// The file.
    pub file: String,
    /// The line in it, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub sentence: String,
}

/// Something that a contract has to say of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// What it is, for a person.
    pub sentence: String,
    /// The finding, if it is of one; none: a requirement is not met.
    pub finding: Option<Finding>,
}

/// What a contract says of a feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// What stops promotion.
    pub stops: Vec<Remark>,
    /// What somebody should know.
    pub warns: Vec<Remark>,
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract `{}`", self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.sentence)
    }
}

impl Verdict {
    /// Whether what came may be promoted.
    #[must_use]
    pub const fn may_go_on(&self) -> bool {
        self.stops.is_empty()
    }

    fn put(&mut self, stop: bool, remark: Remark) {
        if stop { self.stops.push(remark) } else { self.warns.push(remark) }
    }
}

impl Contract {
    /// Reads the contract in `text`, which is called `file` in what is said of it.
    ///
    /// # Errors
    /// It is no TOML, has a key that contracts do not have, or a value that cannot be.
    pub fn read(file: &str, text: &str) -> Result<Self, ContractError> {
        let problem =
            |line, sentence: &str| ContractError { file: shown(file), line, sentence: shown(sentence) };
        if text.len() > LONGEST_FILE_BYTES {
            return Err(problem(None, "a contract has at most 64 KiB"));
        }
        let line_of = |offset| text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1;
        let read: File = toml::from_str(text).map_err(|error| {
            let sentence: Vec<&str> = error.message().lines().collect();
            problem(error.span().map(|span| line_of(span.start)), &sentence.join("; "))
        })?;
        let File { provider, stop, ignore, elements, profiles, volumes, delays } = read;
        let mut both = stop.iter().filter(|(_, on)| **on).map(|(kind, _)| kind);
        if let Some(kind) = both.find(|kind| ignore.get(kind) == Some(&true)) {
            return Err(problem(None, &format!("`{kind}` can stop promotion or be ignored, not both")));
        }
        Ok(Self { provider, stop, ignore, elements, profiles, volumes, delays })
    }

    /// Whose feed it is for; none: everybody's.
    #[must_use]
    pub const fn provider(&self) -> Option<&SourceId> {
        self.provider.as_ref()
    }

    /// This contract where it says something, and `general` where it does not: kinds that this one names are as it says,
    /// and requirements of both hold.
    #[must_use]
    pub fn over(&self, general: &Self) -> Self {
        let mut whole = general.clone();
        whole.provider.clone_from(&self.provider);
        for (kind, on) in &self.stop {
            whole.stop.insert(*kind, *on);
            whole.ignore.remove(kind);
        }
        for (kind, on) in &self.ignore {
            whole.ignore.insert(*kind, *on);
            if *on {
                whole.stop.remove(kind);
            }
        }
        whole.elements.extend_from_slice(&self.elements);
        whole.profiles.extend_from_slice(&self.profiles);
        whole.volumes.extend_from_slice(&self.volumes);
        whole.delays.extend_from_slice(&self.delays);
        whole
    }

    /// What the contract says of a day's feed and of what has changed in it.
    #[must_use]
    pub fn judge(&self, findings: &[Finding], now: &FeedProfile) -> Verdict {
        let mut verdict = Verdict::default();
        let on = |kinds: &BTreeMap<Kind, bool>, kind| kinds.get(&kind).copied().unwrap_or_default();
        for finding in findings.iter().filter(|finding| !on(&self.ignore, finding.kind)) {
            let remark = Remark { sentence: finding.sentence.clone(), finding: Some(finding.clone()) };
            verdict.put(on(&self.stop, finding.kind), remark);
        }
        let unmet = self.elements.iter().map(|element| (element.stop, element.unmet(now)));
        let unmet = unmet.chain(self.profiles.iter().map(|profile| (profile.stop, profile.unmet(now))));
        let unmet = unmet.chain(self.volumes.iter().map(|volume| (volume.stop, volume.unmet(now))));
        let unmet = unmet.chain(self.delays.iter().map(|delay| (delay.stop, delay.unmet(now))));
        for (stop, sentence) in unmet {
            if let Some(sentence) = sentence {
                verdict.put(stop, Remark { sentence, finding: None });
            }
        }
        verdict
    }
}

/// A text as a screen can show it.
fn shown(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).take(400).collect()
}

#[cfg(test)]
mod tests;
