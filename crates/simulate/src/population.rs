//! One population of persons, as they are; what providers make of them is in `providers`.

mod names;
mod nhs_number;
mod person;
mod places;

pub(crate) use names::{FAMILIES, GIVEN_FEMALE, GIVEN_MALE};
pub(crate) use nhs_number::{NhsNumber, PERSONS_MAX};
pub(crate) use person::Address;
pub(crate) use person::{Person, Sex};
