//! `carelake reference`, as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use marts::reference::{ReferenceKind, SaidColumn};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ReferenceCommand {
    /// Load a list that is about nobody from a CSV file, in the place of what the table held.
    Load(LoadArgs),
    /// Show the reference tables.
    List,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The table is `reference.NAME` in SQL; marts join it. Lists of three kinds are known, by their publishers' own columns:
  organisations   files of the Organisation Data Service: epraccur.csv, etr.csv and their like, without a head
  postcodes       the ONS Postcode Directory or the National Statistics Postcode Lookup
  deprivation     the English Indices of Deprivation, file 7: ranks, deciles and scores
Of any other file each column is text, by its name in the head in small letters, but for what --column says. Columns are
of text, integer, decimal, date or boolean; an empty field is null. Nothing about persons belongs into such a table.

Examples:
  carelake reference load organisations epraccur.csv
  carelake reference load trusts etr.csv --kind organisations
  carelake reference load postcodes ONSPD_AUG_2026_UK.csv
  carelake reference load wards wards.csv --key ward --column ward --column 'beds:integer:open beds, counted at noon'")]
pub(crate) struct LoadArgs {
    /// What the table is called: small letters, digits and `_`.
    pub(crate) name: String,
    /// The file, in CSV with commas, in UTF-8.
    pub(crate) file: PathBuf,
    /// What the file is a list of; as the table is called if it is left out.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// A column that tells rows apart; several do it together.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) key: Vec<String>,
    /// What a column holds and means.
    #[arg(long = "column", value_name = "NAME[:TYPE[:MEANING]]", value_parser = SaidColumn::read)]
    pub(crate) columns: Vec<SaidColumn>,
    /// The file's first line is a row: --column names its columns, in order.
    #[arg(long)]
    pub(crate) no_head: bool,
    /// What a row is, in a sentence.
    #[arg(long)]
    pub(crate) description: Option<String>,
}

/// What a file is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Organisations, by ODS code.
    Organisations,
    /// Postcodes.
    Postcodes,
    /// Deprivation of small areas.
    Deprivation,
    /// Something else.
    Other,
}

impl LoadArgs {
    /// What the file is a list of.
    pub(crate) fn kind(&self) -> ReferenceKind {
        match self.kind {
            None => ReferenceKind::of(&self.name),
            Some(Kind::Organisations) => ReferenceKind::Organisations,
            Some(Kind::Postcodes) => ReferenceKind::Postcodes,
            Some(Kind::Deprivation) => ReferenceKind::Deprivation,
            Some(Kind::Other) => ReferenceKind::Other,
        }
    }
}
