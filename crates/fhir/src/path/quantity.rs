//! Quantities with units of UCUM or of the calendar (FHIRPath §4.1.8, §6.1 to §6.6).

mod arithmetic;
mod compare;
pub(super) use compare::equivalent;
mod ucum;

use super::{decimal::Decimal, moment::MomentUnit};
use std::fmt;

/// A number and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// How many.
    pub value: Decimal,
    /// Of what.
    pub unit: Unit,
}

/// A unit and which of the two systems it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    text: String,
    kind: UnitKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitKind {
    /// A code of UCUM, such as `mg`.
    Ucum,
    /// A word of the calendar, such as `years`.
    Calendar(MomentUnit),
    /// A duration of UCUM in a FHIR Quantity: FHIR reads it as the calendar's where that is asked for
    /// (R4 "FHIRPath", §"Using FHIR types in expressions"), and as UCUM's beside units of UCUM.
    FhirDuration(MomentUnit),
}

/// The words of the calendar, and the code of UCUM that is nearest to each.
const CALENDAR: &[(&str, &str, MomentUnit, &str)] = &[
    ("year", "years", MomentUnit::Year, "a"),
    ("month", "months", MomentUnit::Month, "mo"),
    ("week", "weeks", MomentUnit::Week, "wk"),
    ("day", "days", MomentUnit::Day, "d"),
    ("hour", "hours", MomentUnit::Hour, "h"),
    ("minute", "minutes", MomentUnit::Minute, "min"),
    ("second", "seconds", MomentUnit::Second, "s"),
    ("millisecond", "milliseconds", MomentUnit::Millisecond, "ms"),
];

impl Unit {
    /// The unit `1` of UCUM, which numbers have.
    #[must_use]
    pub fn one() -> Self {
        Self::ucum("1")
    }

    /// A unit by its code of UCUM, which is not checked.
    #[must_use]
    pub fn ucum(code: &str) -> Self {
        Self { text: code.to_owned(), kind: UnitKind::Ucum }
    }

    /// A unit by its word of the calendar, singular or plural.
    #[must_use]
    pub fn calendar(word: &str) -> Option<Self> {
        let (_, _, unit, _) = CALENDAR.iter().find(|(one, many, ..)| *one == word || *many == word)?;
        Some(Self { text: word.to_owned(), kind: UnitKind::Calendar(*unit) })
    }

    /// The unit of a FHIR Quantity by its code of UCUM.
    pub(super) fn of_fhir(code: &str) -> Self {
        let duration = CALENDAR.iter().find(|(.., ucum)| *ucum == code);
        let kind = duration.map_or(UnitKind::Ucum, |(_, _, unit, _)| UnitKind::FhirDuration(*unit));
        Self { text: code.to_owned(), kind }
    }

    /// As written: a code of UCUM, or a word of the calendar.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a word of the calendar.
    #[must_use]
    pub const fn is_calendar(&self) -> bool {
        matches!(self.kind, UnitKind::Calendar(_))
    }

    /// The code of UCUM: of a word of the calendar the nearest one.
    fn code(&self) -> &str {
        match self.kind {
            UnitKind::Calendar(unit) => {
                CALENDAR.iter().find(|(_, _, known, _)| *known == unit).map_or("1", |(.., code)| code)
            }
            _ => &self.text,
        }
    }

    /// What a moment is moved by: a word of the calendar, or a unit of UCUM of a fixed length from days down
    /// (§6.7: `'a'` and `'mo'` are no calendar units).
    pub(super) fn moment_unit(&self) -> Option<MomentUnit> {
        match self.kind {
            UnitKind::Calendar(unit) | UnitKind::FhirDuration(unit) => Some(unit),
            UnitKind::Ucum => {
                let (_, _, unit, _) = CALENDAR.iter().find(|(.., code)| *code == self.text)?;
                (*unit >= MomentUnit::Week).then_some(*unit)
            }
        }
    }
}

impl Quantity {
    /// A number as a quantity (§5.5: its unit is `1`).
    #[must_use]
    pub fn of_number(value: Decimal) -> Self {
        Self { value, unit: Unit::one() }
    }

    /// Reads `4 days`, `4.5 'mg'` or `4` (§5.5).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+').unwrap_or(text);
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        let value = Decimal::parse(number)?;
        let rest = rest.trim_start();
        let unit = match rest.strip_prefix('\'') {
            Some(quoted) => {
                let code =
                    quoted.strip_suffix('\'').filter(|code| !code.is_empty() && !code.contains('\''))?;
                Unit::ucum(code)
            }
            None if rest.is_empty() => Unit::one(),
            None => Unit::calendar(rest)?,
        };
        Some(Self { value, unit })
    }

    /// The same quantity in the unit that `unit` names: a word of the calendar, or a code of UCUM.
    pub(super) fn converted(&self, unit: &str) -> Option<Self> {
        let unit = Unit::calendar(unit).unwrap_or_else(|| Unit::ucum(unit));
        self.in_unit(&unit)
    }
}

impl fmt::Display for Quantity {
    /// `4 days`, `4.5 'mg'` (§5.5).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unit.is_calendar() {
            write!(f, "{} {}", self.value, self.unit.text)
        } else {
            write!(f, "{} '{}'", self.value, self.unit.text)
        }
    }
}

#[cfg(test)]
mod tests;
