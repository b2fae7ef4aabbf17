//! Counts what is shown to it, resource by resource.

use super::{
    Count, Delays, FeedProfile, NO_CONCEPT, Presence, TypeProfile, Uris, moment, vocabulary,
    walk::{self, Finds, Place, is_extension},
};
use fhir::{
    ResourceType,
    json::{JsonError, Token, Tokens},
};
use model::Timestamp;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
};

/// What all names together may take.
const MEMORY_BYTES: usize = 2 << 20;

/// What an entry takes besides its name.
const ENTRY_BYTES: usize = 96;

/// The most names in one list: a text that is different every time is none that is worth keeping.
const LONGEST_LIST: usize = 64;

/// The most units of one type and concept together, and the most concepts of one type.
const MOST_UNITS: usize = 200;
const MOST_CONCEPTS: usize = 2000;

/// Where the clinical time of a resource stands, the best first.
const TIMES: &[&str] = &[
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "period",
    "occurrenceDateTime",
    "occurrencePeriod",
    "performedDateTime",
    "performedPeriod",
    "recordedDate",
    "authoredOn",
    "issued",
    "date",
    "created",
    "whenHandedOver",
    "whenPrepared",
    "sent",
    "recorded",
];

/// What is no news of an element being there: what every resource has, and what is told otherwise.
const NOT_SHARED: &[&str] = &["resourceType", "id", "extension", "modifierExtension"];

/// Counts what a source sends. It may be shared out: what several observers saw of one period is added up.
#[derive(Debug)]
pub struct Observer {
    profile: FeedProfile,
    types: Vec<SeenType>,
    /// The units of all types, as they were written and as they are kept.
    units: Vec<(Box<str>, Box<str>, Box<str>)>,
    /// The units of the resource at hand: what was measured, and the unit.
    open: Vec<(u32, u32)>,
    run: u64,
    subject: u64,
    hasher: RandomState,
    room: usize,
    buffer: String,
}

/// One resource type.
#[derive(Debug)]
struct SeenType {
    kind: ResourceType,
    times: Vec<usize>,
    count: Tally,
    /// Resources in the run at hand.
    in_run: u64,
    elements: Vec<SeenElement>,
    profiles: List,
    concepts: HashMap<Box<str>, u32>,
    units: HashMap<(u32, u32), Tally>,
    delays: Delays,
    /// The elements that the last resource of this type had, in its order.
    last: Vec<usize>,
}

#[derive(Debug)]
struct SeenElement {
    name: Box<str>,
    presence: Presence,
    /// How many resources of the run at hand had it.
    in_run: u64,
    extensions: List,
    systems: List,
}

/// Names and how often they came.
#[derive(Debug, Default)]
struct List(Vec<(Box<str>, Tally)>);

/// A count that knows in which run it counted last.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: Count,
    run: u64,
}

/// What a unit is called that has no name which may be kept.
const TEXT_ONLY: &str = "(text only)";
const NO_UNIT: &str = "(none)";
const OTHER_CODE: &str = "(other code)";

/// No concept, and what comes after the last.
const NONE: u32 = 0;

impl Default for Observer {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profile: FeedProfile::default(),
            types: Vec::new(),
            units: Vec::new(),
            open: Vec::new(),
            run: 0,
            subject: 0,
            hasher: RandomState::new(),
            room: MEMORY_BYTES,
            buffer: String::new(),
        }
    }

    /// Counts a resource as it stands, which was received at a time. What is none is counted as such.
    pub fn see(&mut self, resource: &[u8], received: Timestamp) {
        match members(resource) {
            Ok(members) => self.see_members(&members, received),
            Err(_) => self.profile.unread += 1,
        }
    }

    /// How many resources it has counted.
    #[must_use]
    pub const fn resources(&self) -> u64 {
        self.profile.resources
    }

    /// What was seen.
    #[must_use]
    pub fn finish(self) -> FeedProfile {
        let Self { mut profile, types, units, .. } = self;
        profile.types = types.into_iter().map(|seen| (seen.kind.to_string(), seen.finish(&units))).collect();
        profile
    }

    fn see_members(&mut self, members: &[(Cow<'_, str>, &str)], received: Timestamp) {
        let kind = members.iter().find(|(name, _)| name == "resourceType");
        let kind = kind.and_then(|(_, raw)| raw.strip_prefix('"')?.strip_suffix('"'));
        let Some(at) = kind.and_then(|kind| self.type_of(kind)) else {
            self.profile.unread += 1;
            return;
        };
        self.profile.resources += 1;
        let day = received.0.div_euclid(86_400_000);
        let (first, last) = self.profile.days.unwrap_or((day, day));
        self.profile.days = Some((first.min(day), last.max(day)));
        let hour = received.0.rem_euclid(86_400_000) / 3_600_000;
        if let Some(hour) = usize::try_from(hour).ok().and_then(|hour| self.profile.hours.get_mut(hour)) {
            *hour += 1;
        }
        self.follow_subject(members);
        let run = self.run;
        let Self { profile, types, units, open, room, buffer, .. } = self;
        let Some(seen) = types.get_mut(at) else { return };
        seen.begin(run);
        open.clear();
        let mut time: Option<(usize, &str)> = None;
        let mut concept = None;
        for (position, (name, raw)) in members.iter().enumerate() {
            let bare = name.strip_prefix('_').unwrap_or(name);
            let Some(element) = seen.element(position, bare) else { continue };
            if bare.len() == name.len() && *raw != "null" {
                if let Some(element) = seen.elements.get_mut(element) {
                    element.presence.count += 1;
                    element.in_run += 1;
                }
                if let Some(rank) = seen.times.iter().position(|at| *at == element)
                    && time.is_none_or(|(best, _)| rank < best)
                {
                    time = Some((rank, raw));
                }
            }
            if !raw.starts_with(['{', '[']) {
                continue;
            }
            let place = Place {
                name: bare,
                in_extension: is_extension(bare),
                names_concept: bare == "code",
                is_meta: bare == "meta",
            };
            let mut sight = Sight { seen, element, run, units, open, profile, room, buffer };
            // The text was read once already, and is JSON.
            let found = walk::value(&mut Tokens::of(raw), place, &mut sight).unwrap_or_default();
            concept = concept.or(found.filter(|_| bare == "code"));
        }
        for (of, unit) in open.drain(..) {
            let of = if of == NONE { concept.unwrap_or(NONE) } else { of };
            seen.units.entry((of, unit)).or_default().add(run);
        }
        if let Some(moment) = time.and_then(|(_, raw)| clinical_time(raw)) {
            seen.delays.add(received.0.saturating_sub(moment));
        }
    }

    fn type_of(&mut self, name: &str) -> Option<usize> {
        if let Some(at) = self.types.iter().position(|seen| seen.kind.as_str() == name) {
            return Some(at);
        }
        self.types.push(SeenType::new(ResourceType::parse(name)?)?);
        Some(self.types.len() - 1)
    }

    /// Begins a new run when a resource is of another patient than the one before. Who that is is kept as a hash
    /// under a key of this observer's own, until the next resource comes.
    fn follow_subject(&mut self, members: &[(Cow<'_, str>, &str)]) {
        let member = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, raw)| *raw);
        let subject = member("subject").or_else(|| member("patient")).or_else(|| member("id")).unwrap_or("");
        let subject = self.hasher.hash_one(subject);
        if subject != self.subject || self.run == 0 {
            (self.subject, self.run) = (subject, self.run + 1);
        }
    }
}

/// The members of a resource: names, and values as they stand.
fn members(resource: &[u8]) -> Result<Vec<(Cow<'_, str>, &str)>, JsonError> {
    let mut tokens = Tokens::new(resource)?;
    let mut members = Vec::with_capacity(24);
    if tokens.token()? != Some(Token::Object) {
        return Ok(members);
    }
    while let Some(Token::Name(name)) = tokens.token()? {
        let raw = tokens.pass()?;
        members.push((name, raw));
    }
    tokens.token()?;
    Ok(members)
}

/// The moment that a time or the beginning of a period names.
fn clinical_time(raw: &str) -> Option<i64> {
    if let Some(text) = raw.strip_prefix('"') {
        return moment::milliseconds(text.strip_suffix('"')?);
    }
    let mut tokens = Tokens::of(raw);
    tokens.token().ok()?;
    while let Ok(Some(Token::Name(name))) = tokens.token() {
        if name != "start" {
            tokens.pass().ok()?;
        } else if let Ok(Some(Token::Text(start))) = tokens.token() {
            return moment::milliseconds(&start);
        } else {
            return None;
        }
    }
    None
}

impl SeenType {
    fn new(kind: ResourceType) -> Option<Self> {
        let names = fhir::r4::knowledge().type_def(kind.as_str())?.json_names();
        // Every name of the type has its place from the beginning: names of others are none.
        let mut names: Vec<Box<str>> = names.map(|found| found.json_name.into()).collect();
        names.sort_unstable();
        let times = TIMES.iter().filter_map(|time| names.binary_search_by(|name| (**name).cmp(*time)).ok());
        Some(Self {
            kind,
            times: times.collect(),
            count: Tally::default(),
            in_run: 0,
            elements: names.into_iter().map(SeenElement::new).collect(),
            profiles: List::default(),
            concepts: HashMap::new(),
            units: HashMap::new(),
            delays: Delays::default(),
            last: Vec::new(),
        })
    }

    /// Counts a resource of a run.
    fn begin(&mut self, run: u64) {
        if self.count.run != run {
            self.end_run();
        }
        self.count.add(run);
        self.in_run += 1;
    }

    /// Counts for each element that the run is over.
    fn end_run(&mut self) {
        for element in &mut self.elements {
            element.presence.runs_with += u64::from(element.in_run > 0);
            element.presence.runs_without += u64::from(element.in_run < self.in_run);
            element.in_run = 0;
        }
        self.in_run = 0;
    }

    /// The place of an element's name. Resources of one type mostly have the same elements in the same order.
    fn element(&mut self, position: usize, name: &str) -> Option<usize> {
        let last = self.last.get(position).copied();
        if let Some(last) = last
            && self.elements.get(last).is_some_and(|element| *element.name == *name)
        {
            return Some(last);
        }
        let found = self.elements.binary_search_by(|element| (*element.name).cmp(name)).ok()?;
        if self.last.len() <= position {
            self.last.resize(position + 1, 0);
        }
        if let Some(last) = self.last.get_mut(position) {
            *last = found;
        }
        Some(found)
    }

    fn finish(mut self, units: &[(Box<str>, Box<str>, Box<str>)]) -> TypeProfile {
        self.end_run();
        let mut profile =
            TypeProfile { count: self.count.count, delays: self.delays, ..TypeProfile::default() };
        for element in self.elements {
            let name = element.name.into_string();
            put(&mut profile.extensions, &name, element.extensions);
            put(&mut profile.systems, &name, element.systems);
            if element.presence.count > 0 && !NOT_SHARED.contains(&name.as_str()) {
                profile.elements.insert(name, element.presence);
            }
        }
        profile.profiles = self.profiles.into_names();
        let mut concepts: BTreeMap<u32, Box<str>> =
            self.concepts.into_iter().map(|(name, at)| (at, name)).collect();
        concepts.insert(NONE, NO_CONCEPT.into());
        for ((concept, unit), tally) in self.units {
            let (Some(concept), Some((.., unit))) = (concepts.get(&concept), units.get(unit as usize)) else {
                continue;
            };
            let names = profile.units.entry(concept.to_string()).or_default();
            names.entry(unit.to_string()).or_default().merge(tally.count);
        }
        profile
    }
}

fn put(uris: &mut Uris, name: &str, list: List) {
    if !list.0.is_empty() {
        uris.insert(name.to_owned(), list.into_names());
    }
}

impl SeenElement {
    fn new(name: Box<str>) -> Self {
        Self {
            name,
            presence: Presence::default(),
            in_run: 0,
            extensions: List::default(),
            systems: List::default(),
        }
    }
}

impl Tally {
    const fn add(&mut self, run: u64) {
        self.count.count += 1;
        if self.run != run {
            self.run = run;
            self.count.runs += 1;
        }
    }
}

impl List {
    fn into_names(self) -> BTreeMap<String, Count> {
        self.0.into_iter().map(|(name, tally)| (name.into_string(), tally.count)).collect()
    }

    /// Counts `name` if it is known.
    fn count(&mut self, name: &str, run: u64) -> bool {
        let known = self.0.iter_mut().find(|(known, _)| **known == *name);
        known.map(|(_, tally)| tally.add(run)).is_some()
    }
}

/// The resource at hand, for the walk over one of its elements.
struct Sight<'o> {
    seen: &'o mut SeenType,
    element: usize,
    run: u64,
    units: &'o mut Vec<(Box<str>, Box<str>, Box<str>)>,
    open: &'o mut Vec<(u32, u32)>,
    profile: &'o mut FeedProfile,
    room: &'o mut usize,
    buffer: &'o mut String,
}

impl Sight<'_> {
    /// Takes room for a name, if there is enough.
    const fn take_room(&mut self, name_bytes: usize) -> bool {
        match self.room.checked_sub(name_bytes + ENTRY_BYTES) {
            Some(room) => {
                *self.room = room;
                true
            }
            None => {
                self.profile.left_out += 1;
                false
            }
        }
    }

    /// Counts a URI in the list that `list` says.
    fn uri(&mut self, raw: &str, list: impl Fn(&mut SeenType) -> Option<&mut List>) {
        let run = self.run;
        if list(self.seen).is_some_and(|list| list.count(raw, run)) {
            return;
        }
        let Some(kept) = vocabulary::uri(raw) else {
            self.profile.unfit += 1;
            return;
        };
        if list(self.seen).is_some_and(|list| list.count(&kept, run)) {
            return;
        }
        if list(self.seen).is_none_or(|list| list.0.len() >= LONGEST_LIST) {
            self.profile.left_out += 1;
        } else if self.take_room(kept.len())
            && let Some(list) = list(self.seen)
        {
            let mut tally = Tally::default();
            tally.add(run);
            list.0.push((kept.into(), tally));
        }
    }

    /// The place of a unit; none if there is no room.
    fn unit_of(&mut self, system: &str, code: &str) -> Option<u32> {
        let known =
            self.units.iter().position(|(of, as_written, _)| **of == *system && **as_written == *code);
        if let Some(known) = known {
            return u32::try_from(known).ok();
        }
        let kept: Cow<'_, str> = match system {
            "http://unitsofmeasure.org" => vocabulary::unit(code).map_or(OTHER_CODE.into(), Into::into),
            "" => code.into(),
            _ if vocabulary::is_code(system, code) => format!("{system}|{code}").into(),
            _ => OTHER_CODE.into(),
        };
        if kept == OTHER_CODE && (system, code) != ("", OTHER_CODE) {
            // What was written is not even remembered.
            self.profile.unfit += 1;
            return self.unit_of("", OTHER_CODE);
        }
        if self.units.len() >= MOST_UNITS || !self.take_room(kept.len() + code.len() + system.len()) {
            return None;
        }
        self.units.push((system.into(), code.into(), kept.into()));
        u32::try_from(self.units.len() - 1).ok()
    }
}

impl Finds for Sight<'_> {
    fn system(&mut self, uri: &str, in_extension: bool) {
        let element = self.element;
        if in_extension {
            // All extensions of a type together, wherever they stand.
            let at = self.seen.elements.binary_search_by(|element| (*element.name).cmp("extension"));
            let at = at.unwrap_or(element);
            self.uri(uri, |seen| seen.elements.get_mut(at).map(|element| &mut element.systems));
        } else {
            self.uri(uri, |seen| seen.elements.get_mut(element).map(|element| &mut element.systems));
        }
    }

    fn extension(&mut self, url: &str) {
        let element = self.element;
        self.uri(url, |seen| seen.elements.get_mut(element).map(|element| &mut element.extensions));
    }

    fn profile(&mut self, url: &str) {
        self.uri(url, |seen| Some(&mut seen.profiles));
    }

    fn unit(&mut self, system: Option<&str>, code: Option<&str>, has_text: bool) {
        let unit = match (system, code) {
            (Some(system), Some(code)) => self.unit_of(system, code),
            (None, Some(_)) => self.unit_of("", OTHER_CODE),
            _ if has_text => self.unit_of("", TEXT_ONLY),
            _ => self.unit_of("", NO_UNIT),
        };
        match unit {
            Some(unit) => self.open.push((NONE, unit)),
            None => self.profile.left_out += 1,
        }
    }

    fn concept(&mut self, system: &str, code: &str) -> Option<u32> {
        self.buffer.clear();
        self.buffer.push_str(system);
        self.buffer.push('|');
        self.buffer.push_str(code);
        if let Some(known) = self.seen.concepts.get(self.buffer.as_str()) {
            return Some(*known);
        }
        if !vocabulary::is_code(system, code) {
            return None;
        }
        if self.seen.concepts.len() >= MOST_CONCEPTS || !self.take_room(self.buffer.len()) {
            return None;
        }
        let next = u32::try_from(self.seen.concepts.len() + 1).ok()?;
        self.seen.concepts.insert(self.buffer.as_str().into(), next);
        Some(next)
    }

    fn open_units(&self) -> usize {
        self.open.len()
    }

    fn close_units(&mut self, first: usize, concept: u32) {
        for (of, _) in self.open.iter_mut().skip(first).filter(|(of, _)| *of == NONE) {
            *of = concept;
        }
    }
}
