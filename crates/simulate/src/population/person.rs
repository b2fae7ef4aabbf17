//! A person: who they are, how ill they are, and what befalls them.

use super::{FAMILIES, NhsNumber, names, places};
use crate::calendar::{DAY, END, HOUR, MINUTE, Moment, START, YEAR};
use crate::clinical::{COMPLAINTS, Complaint, LONG_TERM, LongTerm};
use crate::random::Random;

/// Administrative sex as these records hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// A home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// House and street.
    pub(crate) line: String,
    /// Post town.
    pub(crate) town: &'static str,
    /// Postcode.
    pub(crate) postcode: String,
}

/// An ethnic category of the NHS Data Dictionary: code and display.
pub(crate) type Ethnicity = (&'static str, &'static str);

/// One urgent-care pathway, from a 111 call on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pathway {
    /// When the call begins.
    pub(crate) call: Moment,
    /// What is wrong.
    pub(crate) complaint: &'static Complaint,
    /// The last stage: 1 the call, 2 an ambulance, 3 the emergency department, 4 admission.
    pub(crate) stages: u8,
    /// When the ambulance's crew reach the person.
    pub(crate) on_scene: Moment,
    /// When the ambulance leaves the scene, or arrives at the hospital.
    pub(crate) ambulance_end: Moment,
    /// When the emergency department is done.
    pub(crate) emergency_end: Moment,
    /// When the admitted person leaves the hospital.
    pub(crate) discharge: Moment,
}

/// One of the population.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) index: u32,
    pub(crate) sex: Sex,
    pub(crate) given: [&'static str; 2],
    pub(crate) family: &'static str,
    pub(crate) birth: Moment,
    /// Age in whole years at the end.
    pub(crate) age: i64,
    pub(crate) death: Option<Moment>,
    pub(crate) nhs_number: NhsNumber,
    /// The mother's number, which a newborn's records carry until it has been traced.
    pub(crate) mother: Option<NhsNumber>,
    /// The home, and the one after a move.
    pub(crate) homes: [Address; 2],
    pub(crate) moves: bool,
    /// The practices before and after a move: 0 is the one that takes part here.
    pub(crate) practices: [u32; 2],
    pub(crate) landline: Option<String>,
    pub(crate) mobile: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) ethnicity: Ethnicity,
    pub(crate) conditions: Vec<(&'static LongTerm, Moment)>,
    pub(crate) pathways: Vec<Pathway>,
}

const ETHNICITIES: &[Ethnicity] = &[
    ("A", "White - British"),
    ("A", "White - British"),
    ("A", "White - British"),
    ("A", "White - British"),
    ("B", "White - Irish"),
    ("C", "White - Any other White background"),
    ("D", "Mixed - White and Black Caribbean"),
    ("G", "Mixed - Any other mixed background"),
    ("H", "Asian or Asian British - Indian"),
    ("J", "Asian or Asian British - Pakistani"),
    ("K", "Asian or Asian British - Bangladeshi"),
    ("M", "Black or Black British - Caribbean"),
    ("N", "Black or Black British - African"),
    ("R", "Other Ethnic Groups - Chinese"),
    ("Z", "Not stated"),
];

impl Person {
    /// The person with this index: the same whatever the size of the population.
    pub(crate) fn new(seed: u64, index: u32) -> Self {
        let mut random = Random::new(seed, u64::from(index) * 8);
        // Every fortieth person is a newborn, and the one before is the mother.
        let newborn = index % 40 == 9;
        let mother = index % 40 == 8;
        let sex = if mother || random.chance(510) { Sex::Female } else { Sex::Male };
        let age_days = match (newborn, mother) {
            (true, _) => random.between(3, 38),
            (_, true) => random.between(19 * 366, 41 * 365),
            // Two draws lean the population towards its middle and older years.
            _ => (random.between(0, 96 * 365) * 2 + random.between(200, 80 * 365)) / 3,
        };
        let birth = Moment(END.0 - age_days * DAY + random.between(0, 20) * HOUR);
        let age = age_days * DAY / YEAR;
        let given = [*random.pick(names::given(sex)), *random.pick(names::given(sex))];
        let family = *random.pick(FAMILIES);
        let death = (index % 25 == 6 && age > 50).then(|| END.plus(-random.between(10, 500) * DAY));
        let moves = index % 15 == 4;
        let home = places::home(&mut random);
        let practice = if random.chance(920) { 0 } else { 1 + random.below(3) };
        let mut person = Self {
            index,
            sex,
            given,
            family,
            birth,
            age,
            death,
            nhs_number: NhsNumber::of(seed, index),
            mother: newborn.then(|| NhsNumber::of(seed, index - 1)),
            homes: [home, places::home(&mut random)],
            moves,
            practices: [practice, if moves { 1 + random.below(3) } else { practice }],
            landline: random.chance(450).then(|| format!("01632 960{:03}", random.below(1000))),
            mobile: random.chance(850).then(|| format!("07700 900{:03}", random.below(1000))),
            email: None,
            ethnicity: *random.pick(ETHNICITIES),
            conditions: Vec::new(),
            pathways: Vec::new(),
        };
        person.email = random.chance(600).then(|| person.mail_address());
        person.fall_ill(&mut random);
        person.need_urgent_care(&mut random);
        person
    }

    /// "Given Family", as most systems show it.
    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.given[0], self.family)
    }

    /// The first moment of which any provider has a record.
    pub(crate) fn from(&self) -> Moment {
        START.max(self.birth)
    }

    /// The moment after which there is nothing to record.
    pub(crate) fn until(&self) -> Moment {
        self.death.unwrap_or(END)
    }

    /// Whether the person is known to have the condition with this SNOMED CT code.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.conditions.iter().any(|(condition, _)| condition.snomed.code == code)
    }

    fn mail_address(&self) -> String {
        let mut text: String =
            self.family.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
        text.insert(0, '.');
        text.insert_str(0, &self.given[0].to_ascii_lowercase());
        text + &format!("{}@example.org", self.index)
    }

    fn fall_ill(&mut self, random: &mut Random) {
        for condition in LONG_TERM {
            let odds = condition.permille_at(self.age);
            if random.chance(odds) {
                let years = random.between(0, 18).min((self.age - condition.from_age).max(0));
                let onset = Moment(END.0 - years * YEAR - random.between(550, 900) * DAY);
                self.conditions.push((condition, onset.max(self.birth.plus(30 * DAY))));
            }
        }
        let until = self.until();
        self.conditions.retain(|(_, onset)| *onset < until.plus(-30 * DAY));
    }

    fn need_urgent_care(&mut self, random: &mut Random) {
        let weight = if self.age < 5 || self.age > 70 { 330 } else { 160 };
        // Pathways are 40 days apart and end before the person's records do.
        let mut at = self.from().plus(random.between(5, 500) * DAY);
        while at.plus(30 * DAY) < self.until() && self.pathways.len() < 4 {
            if random.chance(weight) {
                let call = at.plus(random.between(0, DAY - 1));
                self.pathways.push(pathway(random, call, self.age));
            }
            at = at.plus(random.between(200, 700) * DAY);
        }
    }
}

/// A pathway with times as they are in a busy region.
fn pathway(random: &mut Random, call: Moment, age: i64) -> Pathway {
    let stages = match random.below(100) {
        0..35 => 1,
        35..52 => 2,
        52..78 => 3,
        _ => 4,
    };
    let fits: Vec<&'static Complaint> =
        COMPLAINTS.iter().filter(|c| (c.from_age..=c.to_age).contains(&age)).collect();
    let complaint = *random.pick(&fits);
    let on_scene = call.plus(random.between(18, 150) * MINUTE);
    let ambulance_end = on_scene.plus(random.between(25, 80) * MINUTE);
    let emergency_end = ambulance_end.plus(random.between(95, 660) * MINUTE);
    let discharge = emergency_end.plus(random.between(1, 13) * DAY + random.between(0, 600) * MINUTE);
    Pathway { call, complaint, stages, on_scene, ambulance_end, emergency_end, discharge }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newborns_follow_their_mothers() {
        let (mother, newborn) = (Person::new(1, 48), Person::new(1, 49));
        assert_eq!((mother.sex, newborn.mother), (Sex::Female, Some(mother.nhs_number)));
        assert!(newborn.age == 0 && (18..=42).contains(&mother.age));
    }

    #[test]
    fn nothing_is_recorded_after_death() {
        for index in (6..6000).step_by(25) {
            let person = Person::new(2, index);
            assert!(person.pathways.iter().all(|p| p.discharge < person.until()));
            assert!(
                person.conditions.iter().all(|(_, onset)| (person.birth..person.until()).contains(onset))
            );
        }
    }
}
