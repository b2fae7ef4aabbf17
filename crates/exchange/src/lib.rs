//! The catalogue's outward faces: what a lake holds, told in the words that others understand.
//!
//! [`catalogue`] is what is told, in plain types that the binary fills from the control database; [`glue`] makes an
//! AWS Glue catalogue equal to it, [`dcat`] tells it as DCAT-AP, [`hdruk`] as the metadata of Health Data Research
//! UK, and [`openlineage`] tells of the runs that made it. It describes tables: nothing of what rows say gets here,
//! and values of partitions, which are the nearest to it, leave for Glue only.

pub mod catalogue;
pub mod dcat;
pub mod glue;
pub mod hdruk;
pub mod openlineage;

mod arrow_type;
mod ids;
mod nulls;

pub use ids::id_of;
