//! Marts: folders of SQL models, each of which makes a table.
//!
//! A [`Mart`] is read from the texts of a folder: `mart.toml` says what it
//! answers and when it is built ([`Rules`]), and each `.sql` file, or [`Recipe`], is a [`Model`],
//! whose comment says what its table is, how it is kept, and what must hold of
//! it ([`Test`]). [`order`] puts tables into the order in which they can be made,
//! from the SQL itself. [`builtin`] has the marts of every lake. [`mod@reference`] knows files of lists that marts are
//! joined with.
//!
//! **Invariant:** no input or output, and no clock. **Invariant:** an error names
//! file and line, and holds nothing but what its author wrote there.

mod builtin;
mod comment;
mod error;
mod mart;
mod named;
pub mod order;
mod period;
mod program;
mod quote;
mod recipe;
pub mod reference;
mod schedule;
mod span;
mod sql_model;
mod starter;
mod test;

pub use builtin::builtin;
pub use error::MartError;
pub use mart::{Mart, Missed, Rules, can_be_schema, is_name};
pub use named::{TableRef, tables_named};
pub use period::{Period, Span, day_begins};
pub use program::{Program, files_named};
pub use quote::{sql_name, sql_text};
pub use recipe::{Preview, RECIPE_ENDING, Recipe};
pub use schedule::{Schedule, ScheduleError};
pub use sql_model::{ByPeriod, Materialised, Model};
pub use starter::starter;
pub use test::Test;
