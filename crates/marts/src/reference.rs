//! Reference tables: lists that are about nobody, such as organisations, postcodes and deprivation, as files of their
//! publishers have them.

use crate::{mart::is_name, quote::sql_name};

/// The schema of reference tables.
pub const REFERENCE: &str = "reference";

/// What a file's rows are called while its columns are taken.
pub const FILE: &str = "file";

/// What a file is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// Organisations, as the Organisation Data Service publishes them: 27 columns without a head (`epraccur`, `etr`).
    Organisations,
    /// Postcodes and where they lie, by the head of the ONS Postcode Directory or the NSPL.
    Postcodes,
    /// Deprivation of small areas, by the head of the English Indices of Deprivation (all ranks, deciles and scores).
    Deprivation,
    /// Something else: each column by its name.
    Other,
}

/// A column of a reference table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceColumn {
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// How it comes out of the columns of the file, in SQL.
    pub sql: String,
}

/// How a file becomes a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What a row is, in a sentence.
    pub description: String,
    /// Whether the first line names the columns.
    pub has_head: bool,
    /// The file's columns, as [`ReferenceColumn::sql`] names them.
    pub file: Vec<String>,
    /// The table's columns.
    pub columns: Vec<ReferenceColumn>,
    /// The columns that tell rows apart.
    pub key: Vec<String>,
}

/// What somebody says of a column: its type and its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub data_type: ColumnType,
    /// What it means; may be empty.
    pub meaning: String,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, as it stands.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number with a decimal point, to nine places.
    Decimal,
    /// A day, as `2026-11-27`.
    Date,
    /// `true` or `false`.
    Boolean,
}

/// Why a file cannot be a reference table, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoLayout(pub String);

impl ReferenceKind {
    /// What goes by this name; [`ReferenceKind::Other`] if nothing does.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "organisations" => Self::Organisations,
            "postcodes" => Self::Postcodes,
            "deprivation" => Self::Deprivation,
            _ => Self::Other,
        }
    }
}

impl ColumnType {
    /// What goes by this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "integer" => Self::Integer,
            "decimal" => Self::Decimal,
            "date" => Self::Date,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    /// A column of the file as this type; empty is null.
    fn sql(self, column: &str) -> String {
        let text = text(column);
        match self {
            Self::Text => text,
            Self::Integer => format!("cast({text} as bigint)"),
            Self::Decimal => format!("cast({text} as decimal(38, 9))"),
            Self::Date => format!("cast({text} as date)"),
            Self::Boolean => format!("cast({text} as boolean)"),
        }
    }
}

impl SaidColumn {
    /// A column from `NAME`, `NAME:TYPE` or `NAME:TYPE:MEANING`.
    ///
    /// # Errors
    /// It is not one of these.
    pub fn read(said: &str) -> Result<Self, NoLayout> {
        let mut parts = said.splitn(3, ':').map(str::trim);
        let (name, data_type) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("text"));
        let data_type = ColumnType::parse(data_type).ok_or_else(|| {
            NoLayout(format!("`{said}`: a column is of text, integer, decimal, date or boolean"))
        })?;
        if !is_name(name) {
            return Err(NoLayout(format!("`{name}` is no name of a column: small letters, digits and `_`")));
        }
        let meaning = parts.next().unwrap_or_default().to_owned();
        Ok(Self { name: name.to_owned(), data_type, meaning })
    }
}

impl Layout {
    /// How a file of `kind` becomes a table, by the fields of its first line. Of one that is none of the known kinds,
    /// `said` tells types and meanings of columns by name; where it has `no_head`, `said` names its columns in order.
    ///
    /// # Errors
    /// The first line is not what a file of this kind begins with, or two columns have one name.
    pub fn of(
        kind: ReferenceKind,
        first: &[String],
        (said, no_head): (&[SaidColumn], bool),
        key: &[String],
    ) -> Result<Self, NoLayout> {
        let layout = match kind {
            ReferenceKind::Organisations => organisations(first),
            ReferenceKind::Postcodes => postcodes(first),
            ReferenceKind::Deprivation => deprivation(first),
            ReferenceKind::Other => other(first, said, no_head),
        }?;
        if kind != ReferenceKind::Other && !(said.is_empty() && key.is_empty() && !no_head) {
            return Err(NoLayout("the columns and the key of a file of this kind are known".to_owned()));
        }
        let key = if key.is_empty() { layout.key.clone() } else { key.to_vec() };
        if let Some(column) = key.iter().find(|key| !layout.columns.iter().any(|has| has.name == **key)) {
            return Err(NoLayout(format!("the key `{column}` is no column of the file")));
        }
        Ok(Self { key, ..layout })
    }

    /// The SELECT over [`FILE`] that makes the table.
    #[must_use]
    pub fn sql(&self) -> String {
        let columns: Vec<_> =
            self.columns.iter().map(|column| format!("{} as \"{}\"", column.sql, column.name)).collect();
        format!("select {} from {FILE}", columns.join(", "))
    }
}

/// A column of the file as text; empty is null.
fn text(column: &str) -> String {
    format!("nullif(trim({}), '')", sql_name(column))
}

/// A day that is written as 20261127.
fn day(column: &str) -> String {
    format!("to_date({}, '%Y%m%d')", text(column))
}

fn column(name: &str, meaning: &str, sql: String) -> ReferenceColumn {
    ReferenceColumn { name: name.to_owned(), meaning: meaning.to_owned(), sql }
}

/// The fields of a file of the Organisation Data Service that are taken: place, name, meaning, whether it is a day.
const OF_ORGANISATIONS: [(usize, &str, &str, bool); 12] = [
    (1, "code", "the organisation's ODS code", false),
    (2, "name", "what it is called", false),
    (3, "national_grouping", "ODS code of its national grouping", false),
    (4, "health_geography", "ODS code of its high level health geography", false),
    (10, "postcode", "where it is", false),
    (11, "opened", "the day on which it opened", true),
    (12, "closed", "the day on which it closed; null while it is open", true),
    (13, "status", "its status, such as ACTIVE", false),
    (14, "subtype", "its organisation sub-type code", false),
    (15, "commissioner", "ODS code of who commissions it", false),
    (16, "joined", "the day from which that commissions it", true),
    (26, "setting", "of a prescribing cost centre: its setting, such as 4 for a GP practice", false),
];

/// Fields of a line of the Organisation Data Service.
const ODS_FIELDS: usize = 27;

fn organisations(first: &[String]) -> Result<Layout, NoLayout> {
    if first.len() != ODS_FIELDS {
        return Err(NoLayout(format!(
            "a file of organisations has {ODS_FIELDS} columns, as epraccur.csv and etr.csv of the Organisation Data \
             Service have; this one has {}",
            first.len()
        )));
    }
    let taken = OF_ORGANISATIONS.iter().map(|&(place, name, meaning, is_day)| {
        let from = format!("c{place}");
        column(name, meaning, if is_day { day(&from) } else { text(&from) })
    });
    // Its files have no head; one that somebody has put there is not taken for an organisation.
    let has_head = first.first().is_some_and(|code| code.to_lowercase().contains("code"));
    Ok(Layout {
        description: "One row per organisation, by ODS code.".to_owned(),
        has_head,
        file: (1..=ODS_FIELDS).map(|place| format!("c{place}")).collect(),
        columns: taken.collect(),
        key: vec!["code".to_owned()],
    })
}

/// The columns of a postcode directory that are taken: name, meaning, and how its heads begin: those of areas have had
/// the year of their boundaries in them since 2024, such as `lad25cd`.
const OF_POSTCODES: [(&str, &str, &[&str]); 11] = [
    ("postcode", "the postcode, with one space", &["pcds"]),
    ("introduced", "the month from which it was in use, as 198001", &["dointr"]),
    ("terminated", "the month in which it went out of use; null while it is in use", &["doterm"]),
    ("local_authority", "code of the local authority district", &["oslaua", "laua", "lad??cd"]),
    ("ward", "code of the electoral ward", &["osward", "ward", "wd??cd"]),
    ("region", "code of the region", &["rgn", "rgn??cd"]),
    ("icb", "code of the integrated care board", &["icb", "icb??cd"]),
    ("lsoa_2011", "code of the lower layer super output area of 2011", &["lsoa11", "lsoa11cd"]),
    ("lsoa_2021", "code of the lower layer super output area of 2021", &["lsoa21", "lsoa21cd"]),
    ("msoa_2021", "code of the middle layer super output area of 2021", &["msoa21", "msoa21cd"]),
    ("output_area_2021", "code of the output area of 2021", &["oa21", "oa21cd"]),
];

/// Whether a name is of a form in which `?` stands for a digit.
fn fits(form: &str, name: &str) -> bool {
    form.len() == name.len()
        && form.bytes().zip(name.bytes()).all(|(f, n)| f == n || f == b'?' && n.is_ascii_digit())
}

fn postcodes(first: &[String]) -> Result<Layout, NoLayout> {
    let file = heads(first);
    let find = |forms: &[&str]| file.iter().find(|name| forms.iter().any(|form| fits(form, name)));
    let mut columns = Vec::new();
    for (name, meaning, forms) in OF_POSTCODES {
        match find(forms) {
            Some(found) => columns.push(column(name, meaning, text(found))),
            None if columns.is_empty() => {
                return Err(NoLayout(
                    "a file of postcodes has a head with `pcds`, as the ONS Postcode Directory and the NSPL have"
                        .to_owned(),
                ));
            }
            None => {}
        }
    }
    let district = "split_part(trim(\"pcds\"), ' ', 1)".to_owned();
    columns.insert(
        1,
        column("district", "the part before the space: what the lake keeps of a person's", district),
    );
    Ok(Layout {
        description: "One row per postcode: where it lies.".to_owned(),
        has_head: true,
        file,
        columns,
        key: vec!["postcode".to_owned()],
    })
}

/// Domains of deprivation: how heads begin, and what columns are called.
const DOMAINS: [(&str, &str, &str); 8] = [
    ("index of multiple deprivation", "imd", "of all domains together"),
    ("income ", "income", "of income"),
    ("employment", "employment", "of employment"),
    ("education", "education", "of education, skills and training"),
    ("health deprivation", "health", "of health and disability"),
    ("crime", "crime", "of crime"),
    ("barriers to housing", "housing", "of barriers to housing and services"),
    ("living environment", "environment", "of the living environment"),
];

fn deprivation(first: &[String]) -> Result<Layout, NoLayout> {
    let lower: Vec<_> = first.iter().map(|head| bare(head).to_lowercase()).collect();
    let find = |begins: &str, holds: &str| {
        let at = lower.iter().position(|head| head.starts_with(begins) && head.contains(holds))?;
        first.get(at).map(|head| bare(head).to_owned())
    };
    let wrong = || {
        NoLayout(
            "a file of deprivation has a head that begins with `LSOA code`, as the English Indices of Deprivation have"
                .to_owned(),
        )
    };
    let lsoa = find("lsoa code", "").ok_or_else(wrong)?;
    let mut columns = vec![column("lsoa", "code of the lower layer super output area", text(&lsoa))];
    for (name, meaning, begins) in [
        ("lsoa_name", "what that is called", "lsoa name"),
        ("local_authority", "code of its local authority district", "local authority district code"),
        ("local_authority_name", "what that is called", "local authority district name"),
    ] {
        columns.extend(find(begins, "").map(|head| column(name, meaning, text(&head))));
    }
    for (begins, name, meaning) in DOMAINS {
        for (figure, data_type, what) in [
            ("score", ColumnType::Decimal, "score"),
            ("rank", ColumnType::Integer, "rank, 1 for the most deprived,"),
            ("decile", ColumnType::Integer, "decile, 1 for the most deprived,"),
        ] {
            if let Some(head) = find(begins, figure) {
                let meaning = format!("{what} {meaning}");
                columns.push(column(&format!("{name}_{figure}"), &meaning, data_type.sql(&head)));
            }
        }
    }
    if !columns.iter().any(|column| column.name.starts_with("imd_")) {
        return Err(wrong());
    }
    Ok(Layout {
        description: "One row per lower layer super output area: how deprived it is.".to_owned(),
        has_head: true,
        file: first.iter().map(|head| bare(head).to_owned()).collect(),
        columns,
        key: vec!["lsoa".to_owned()],
    })
}

fn other(first: &[String], said: &[SaidColumn], no_head: bool) -> Result<Layout, NoLayout> {
    let file = match no_head {
        false => heads(first),
        true if said.len() == first.len() => said.iter().map(|column| column.name.clone()).collect(),
        true => {
            return Err(NoLayout(format!(
                "the file has {} columns, and {} are named: name each with --column",
                first.len(),
                said.len()
            )));
        }
    };
    if let Some(strange) = said.iter().find(|column| !file.contains(&column.name)) {
        return Err(NoLayout(format!(
            "the file has no column `{}`: it has {}",
            strange.name,
            file.join(", ")
        )));
    }
    for (at, name) in file.iter().enumerate() {
        if !is_name(name) {
            return Err(NoLayout(format!("column {} has no name that a table can have", at + 1)));
        }
        if file.iter().take(at).any(|before| before == name) {
            return Err(NoLayout(format!("two columns are called `{name}`")));
        }
    }
    let columns = file.iter().map(|name| {
        let said = said.iter().find(|column| column.name == *name);
        let (data_type, meaning) =
            said.map_or((ColumnType::Text, ""), |said| (said.data_type, said.meaning.as_str()));
        column(name, meaning, data_type.sql(name))
    });
    let columns = columns.collect();
    Ok(Layout { description: String::new(), has_head: !no_head, file, columns, key: Vec::new() })
}

/// A head without the mark that some programs begin a file with, and without what stands around it.
fn bare(head: &str) -> &str {
    head.trim_start_matches('\u{feff}').trim()
}

/// The names of a head's columns: in small letters, with `_` for what is neither letter nor digit.
fn heads(first: &[String]) -> Vec<String> {
    let name = |head: &String| {
        let lower = bare(head).to_lowercase();
        let kept = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        kept.collect::<Vec<_>>().join("_")
    };
    first.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    fn names(layout: &Layout) -> String {
        layout.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn heads_of_old_and_new_postcode_directories_are_known() {
        let old = fields(
            "\u{feff}pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,osward,rgn,lsoa11,oa21,lsoa21,msoa21,icb",
        );
        let new =
            fields("PCD7,PCDS,dointr,doterm,cty25cd,lad25cd,wd25cd,rgn25cd,icb25cd,oa21cd,lsoa21cd,msoa21cd");
        let of = |first: &[String]| Layout::of(ReferenceKind::Postcodes, first, (&[], false), &[]).unwrap();
        let all = "postcode district introduced terminated local_authority ward region icb lsoa_2011 lsoa_2021 \
                   msoa_2021 output_area_2021";
        assert_eq!(names(&of(&old)), all);
        assert_eq!(names(&of(&new)), all.replace("lsoa_2011 ", ""));
        assert!(of(&new).sql().contains("\"lad25cd\""));
        assert!(Layout::of(ReferenceKind::Postcodes, &fields("a,b"), (&[], false), &[]).is_err());
    }

    #[test]
    fn deprivation_is_read_by_what_its_heads_begin_with() {
        let first = fields(
            "LSOA code (2011),LSOA name (2011),Local Authority District code (2019),Index of Multiple Deprivation (IMD) \
             Score,Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived),Income Score (rate),Income \
             Deprivation Affecting Children Index (IDACI) Score (rate)",
        );
        let layout = Layout::of(ReferenceKind::Deprivation, &first, (&[], false), &[]).unwrap();
        assert_eq!(names(&layout), "lsoa lsoa_name local_authority imd_score imd_rank income_score");
        assert!(layout.sql().contains("\"Income Score (rate)\""));
    }

    #[test]
    fn a_file_of_another_kind_is_text_but_where_it_is_said() {
        let first = fields("Ward Code,Open beds,since");
        let said = ["open_beds:integer:how many", "since:date"].map(|said| SaidColumn::read(said).unwrap());
        let key = ["ward_code".to_owned()];
        let layout = Layout::of(ReferenceKind::Other, &first, (&said, false), &key).unwrap();
        assert_eq!(
            layout.sql(),
            "select nullif(trim(\"ward_code\"), '') as \"ward_code\", cast(nullif(trim(\"open_beds\"), '') as bigint) \
             as \"open_beds\", cast(nullif(trim(\"since\"), '') as date) as \"since\" from file"
        );
        let headless = Layout::of(ReferenceKind::Other, &first, (&said, true), &[]).unwrap_err();
        assert_eq!(headless.0, "the file has 3 columns, and 2 are named: name each with --column");
        assert!(Layout::of(ReferenceKind::Other, &fields("a,A"), (&[], false), &[]).is_err());
        assert!(Layout::of(ReferenceKind::Other, &first, (&[], false), &["x".to_owned()]).is_err());
        assert!(SaidColumn::read("beds:float").is_err());
    }
}
