//! Preparation recipes: a table brought into shape in steps, written down in TOML, which become the SQL of a model.

use crate::{
    MartError,
    mart::is_name,
    quote::{sql_name as name, sql_text as text},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write as _};

/// How files of recipes end.
pub const RECIPE_ENDING: &str = ".recipe.toml";

/// A recipe, as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What a row is, in a sentence.
    row: String,
    /// The table that it begins with.
    from: String,
    /// The column of the patient that a row is about. It becomes `person`, under the mart's own pseudonym.
    person: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    tests: Tests,
    #[serde(default, rename = "step")]
    steps: Vec<Step>,
}

/// What must hold of the rows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tests {
    unique: Vec<String>,
    not_null: Vec<String>,
    accepted: BTreeMap<String, Vec<String>>,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    /// Rows that a condition holds of.
    Filter { rows: String },
    /// These columns, in this order.
    Keep { columns: Vec<String> },
    /// All but these columns.
    Drop { columns: Vec<String> },
    /// Columns under other names: new name by old.
    Rename { columns: BTreeMap<String, String> },
    /// New columns, in SQL.
    Derive { columns: BTreeMap<String, String> },
    /// Values of columns in one form.
    Standardise { columns: Vec<String>, form: Form, format: Option<String> },
    /// Values by others; what is not named stays as it is, or becomes `otherwise`.
    Map { column: String, values: BTreeMap<String, String>, otherwise: Option<String>, into: Option<String> },
    /// A quantity in one unit, to nine places: by how much a value is multiplied, by the unit that it has. A value of
    /// another unit becomes null.
    Convert { value: String, unit: String, to: String, factors: BTreeMap<String, String> },
    /// Columns of another table: `on` says which of ours is which of theirs, `take` which of theirs is called what.
    LookUp { table: String, on: BTreeMap<String, String>, take: BTreeMap<String, String> },
    /// A text in parts.
    Split { column: String, at: String, into: Vec<String> },
    /// One row of those that agree in these columns: the one that is greatest in `newest`, by one column after the other.
    Deduplicate { by: Vec<String>, newest: Vec<String> },
}

/// A form of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// Without spaces around.
    Trim,
    /// In small letters.
    Lower,
    /// In capitals.
    Upper,
    /// With one space in the place of several.
    Spaces,
    /// Digits only.
    Digits,
    /// A postcode, in capitals with one space.
    Postcode,
    /// A day, written as `format` says.
    Date,
    /// A number with nine places.
    Number,
}

/// A recipe on a sample, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// A query for how many rows of the sample there are after each step, a column each, in their order.
    pub counts: String,
    /// What each step does, the table itself first, and a query for the first rows after it.
    pub steps: Vec<(String, String)>,
}

impl Recipe {
    /// Reads a recipe from the text of `file`.
    ///
    /// # Errors
    /// With file and line: it is not understood, or a name in it is none.
    pub fn read(file: &str, text: &str) -> Result<Self, MartError> {
        let recipe: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|at| text.get(..at.start));
            let line = before.map_or(0, |before| before.matches('\n').count() + 1);
            MartError::new(file, line, error.message().to_owned())
        })?;
        let wrong = |what: String| Err(MartError::new(file, 0, what));
        let one_line = |text: &str| !text.is_empty() && !text.contains('\n');
        if !one_line(&recipe.row) || recipe.columns.values().any(|meaning| !one_line(meaning)) {
            return wrong("`row` and the meanings of columns are said in one line each".to_owned());
        }
        let (schema, table) = recipe.from.split_once('.').unwrap_or(("", &recipe.from));
        if !(is_name(schema) && is_name(table)) {
            return wrong(format!("`{}` is no table, such as view.observation", recipe.from));
        }
        for (at, step) in recipe.steps.iter().enumerate() {
            if let Some(strange) = step.names().into_iter().find(|name| !is_name(name)) {
                return wrong(format!("step {}: `{strange}` is no name of a column", at + 1));
            }
            if let Step::LookUp { table, on, take } = step {
                let parts: Vec<_> = table.split('.').collect();
                if !(1..=2).contains(&parts.len()) || !parts.iter().all(|part| is_name(part)) {
                    return wrong(format!("step {}: `{table}` is no table", at + 1));
                }
                if on.is_empty() || take.is_empty() {
                    return wrong(format!("step {}: `on` and `take` name a column each", at + 1));
                }
            }
            if let Step::Convert { factors, .. } = step
                && let Some(strange) = factors.values().find(|factor| !is_decimal(factor))
            {
                return wrong(format!("step {}: `{strange}` is no number, such as \"0.001\"", at + 1));
            }
            if matches!(step, Step::Standardise { form, format, .. } if (*form == Form::Date) != format.is_some())
            {
                return wrong(format!(
                    "step {}: a form `date` has a `format`, and no other form has",
                    at + 1
                ));
            }
        }
        Ok(recipe)
    }

    /// The text of the model that it becomes.
    #[must_use]
    pub fn model(&self) -> String {
        let mut text = format!("-- {}\n--\n-- Columns\n", self.row);
        // Writing to a String cannot fail.
        if self.person.is_some() && !self.columns.contains_key("person") {
            text.push_str("--   person: who, under a pseudonym of this mart's own\n");
        }
        for (name, meaning) in &self.columns {
            let _ = writeln!(text, "--   {name}: {meaning}");
        }
        text.push_str("--\n-- Tests\n");
        for (test, columns) in [("unique", &self.tests.unique), ("not null", &self.tests.not_null)] {
            if !columns.is_empty() {
                let _ = writeln!(text, "--   {test}: {}", columns.join(", "));
            }
        }
        for (column, values) in &self.tests.accepted {
            let _ = writeln!(text, "--   accepted: {column} in {}", values.join(", "));
        }
        text.push_str(&self.with(&self.from));
        let last = self.steps.len();
        match &self.person {
            None => {
                let _ = write!(text, "select * from step_{last}");
            }
            Some(patient) => {
                let patient = name(patient);
                let _ = write!(
                    text,
                    "select mart_person(coalesce(l.\"person\", t.{patient})) as \"person\", t.* except ({patient})\n\
                     from step_{last} t left join person_link l on l.\"patient\" = t.{patient}"
                );
            }
        }
        text.push('\n');
        text
    }

    /// What each step makes of the first `sample` rows, and the first `shown` of these.
    #[must_use]
    pub fn preview(&self, sample: u32, shown: u32) -> Preview {
        let with = self.with(&format!("(select * from {} limit {sample})", self.from));
        let count = |step: usize| format!("(select count(*) from step_{step}) as \"step_{step}\"");
        let counts = (0..=self.steps.len()).map(count).collect::<Vec<_>>().join(", ");
        let titles = [format!("{sample} rows of {} at most", self.from)];
        let titles = titles.into_iter().chain(self.steps.iter().map(Step::title)).enumerate();
        let steps =
            titles.map(|(step, title)| (title, format!("{with}select * from step_{step} limit {shown}")));
        Preview { counts: format!("{with}select {counts}"), steps: steps.collect() }
    }

    /// Each step as a query of its own, `step_0` being the table.
    fn with(&self, from: &str) -> String {
        let mut text = format!("with step_0 as (select * from {from})");
        for (before, step) in self.steps.iter().enumerate() {
            let _ = write!(text, ",\nstep_{} as ({})", before + 1, step.sql(&format!("step_{before}")));
        }
        text.push('\n');
        text
    }
}

impl Step {
    /// The names of columns in it.
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Filter { .. } => Vec::new(),
            Self::Keep { columns } | Self::Drop { columns } | Self::Standardise { columns, .. } => {
                texts(columns)
            }
            Self::Rename { columns } => both(columns),
            Self::Derive { columns } => columns.keys().map(String::as_str).collect(),
            Self::Map { column, into, .. } => [column.as_str()].into_iter().chain(into.as_deref()).collect(),
            Self::Convert { value, unit, .. } => vec![value, unit],
            Self::LookUp { on, take, .. } => [both(on), both(take)].concat(),
            Self::Split { column, into, .. } => [vec![column.as_str()], texts(into)].concat(),
            Self::Deduplicate { by, newest } => [texts(by), texts(newest)].concat(),
        }
    }

    /// What it does, for people.
    fn title(&self) -> String {
        match self {
            Self::Filter { rows } => format!("filter: {rows}"),
            Self::Keep { columns } => format!("keep {}", columns.join(", ")),
            Self::Drop { columns } => format!("drop {}", columns.join(", ")),
            Self::Rename { columns } => {
                let pairs: Vec<_> = columns.iter().map(|(old, new)| format!("{old} to {new}")).collect();
                format!("rename {}", pairs.join(", "))
            }
            Self::Derive { columns } => {
                format!("derive {}", columns.keys().cloned().collect::<Vec<_>>().join(", "))
            }
            Self::Standardise { columns, .. } => format!("standardise {}", columns.join(", ")),
            Self::Map { column, .. } => format!("map {column}"),
            Self::Convert { value, to, .. } => format!("convert {value} to {to}"),
            Self::LookUp { table, .. } => format!("look up {table}"),
            Self::Split { column, .. } => format!("split {column}"),
            Self::Deduplicate { by, .. } => format!("deduplicate by {}", by.join(", ")),
        }
    }

    /// A query for what it makes of the rows of `from`.
    fn sql(&self, from: &str) -> String {
        let list = |names: &[String]| names.iter().map(|column| name(column)).collect::<Vec<_>>().join(", ");
        let aliased = |pairs: &BTreeMap<String, String>, of: &str| {
            let one = |(old, new): (&String, &String)| format!("{of}{} as {}", name(old), name(new));
            pairs.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Filter { rows } => format!("select * from {from} where {rows}"),
            Self::Keep { columns } => format!("select {} from {from}", list(columns)),
            Self::Drop { columns } => format!("select * except ({}) from {from}", list(columns)),
            Self::Rename { columns } => {
                let old: Vec<_> = columns.keys().cloned().collect();
                format!("select * except ({}), {} from {from}", list(&old), aliased(columns, ""))
            }
            Self::Derive { columns } => {
                let one = |(column, sql): (&String, &String)| format!("({sql}) as {}", name(column));
                let derived = columns.iter().map(one).collect::<Vec<_>>().join(", ");
                format!("select *, {derived} from {from}")
            }
            Self::Standardise { columns, form, format } => {
                let one = |column: &String| replaced(column, &form.sql(&name(column), format.as_deref()));
                let all = columns.iter().map(one).collect::<Vec<_>>().join(", ");
                format!("select * replace ({all}) from {from}")
            }
            Self::Map { column, values, otherwise, into } => {
                let mapped = mapped(&name(column), values, otherwise.as_deref());
                match into {
                    Some(into) => format!("select *, {mapped} as {} from {from}", name(into)),
                    None => format!("select * replace ({}) from {from}", replaced(column, &mapped)),
                }
            }
            Self::Convert { value, unit, to, factors } => {
                format!("select * replace ({}) from {from}", converted((value, unit), to, factors))
            }
            Self::LookUp { table, on, take } => {
                let same =
                    |(own, theirs): (&String, &String)| format!("o.{} = t.{}", name(own), name(theirs));
                let same = on.iter().map(same).collect::<Vec<_>>().join(" and ");
                let taken = aliased(take, "t.");
                format!("select o.*, {taken} from {from} o left join {table} t on {same}")
            }
            Self::Split { column, at, into } => {
                let (own, at) = (name(column), text(at));
                let one = |(place, part): (usize, &String)| {
                    format!("nullif(trim(split_part({own}, {at}, {})), '') as {}", place + 1, name(part))
                };
                let parts = into.iter().enumerate().map(one).collect::<Vec<_>>().join(", ");
                format!("select * except ({own}), {parts} from {from}")
            }
            Self::Deduplicate { by, newest } => {
                let order: Vec<_> =
                    newest.iter().map(|column| format!("{} desc nulls last", name(column))).collect();
                format!(
                    "select * except (\"rank_\") from (select *, row_number() over (partition by {} order by {}) as \
                     \"rank_\" from {from}) where \"rank_\" = 1",
                    list(by),
                    order.join(", ")
                )
            }
        }
    }
}

impl Form {
    fn sql(self, column: &str, format: Option<&str>) -> String {
        let trimmed = format!("nullif(trim({column}), '')");
        match self {
            Self::Trim => trimmed,
            Self::Lower => format!("lower({trimmed})"),
            Self::Upper => format!("upper({trimmed})"),
            Self::Spaces => format!("regexp_replace({trimmed}, '\\s+', ' ', 'g')"),
            Self::Digits => format!("nullif(regexp_replace({column}, '[^0-9]', '', 'g'), '')"),
            Self::Postcode => {
                let packed = format!("upper(regexp_replace({column}, '\\s', '', 'g'))");
                format!("nullif(regexp_replace({packed}, '^(.+)(...)$', '\\1 \\2'), '')")
            }
            Self::Date => format!("to_date({trimmed}, {})", text(format.unwrap_or("%Y-%m-%d"))),
            Self::Number => format!("cast({trimmed} as decimal(38, 9))"),
        }
    }
}

/// The values of a column by others.
fn mapped(column: &str, values: &BTreeMap<String, String>, otherwise: Option<&str>) -> String {
    let cases: String =
        values.iter().map(|(old, new)| format!(" when {} then {}", text(old), text(new))).collect();
    let rest = otherwise.map_or_else(|| column.to_owned(), text);
    match cases.is_empty() {
        true => rest,
        false => format!("case {column}{cases} else {rest} end"),
    }
}

/// A quantity's value and unit, in the unit `to`.
fn converted((value, unit): (&str, &str), to: &str, factors: &BTreeMap<String, String>) -> String {
    let (own, unit_of, to) = (name(value), name(unit), text(to));
    let case = |(unit, factor): (&String, &String)| {
        let (unit, factor) = (text(unit), text(factor));
        format!(" when {unit} then cast({own} as decimal(38, 12)) * cast({factor} as decimal(24, 12))")
    };
    let cases: String = factors.iter().map(case).collect();
    let number = format!("cast(case {unit_of} when {to} then {own}{cases} end as decimal(38, 9))");
    let known: Vec<_> = factors.keys().map(|unit| text(unit)).chain([to.clone()]).collect();
    let united = format!("case when {unit_of} in ({}) then {to} else {unit_of} end", known.join(", "));
    format!("{}, {}", replaced(value, &number), replaced(unit, &united))
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn both(pairs: &BTreeMap<String, String>) -> Vec<&str> {
    pairs.iter().flat_map(|(one, other)| [one.as_str(), other.as_str()]).collect()
}

fn is_decimal(number: &str) -> bool {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(whole, 12) && digits(part, 12)
}

/// An expression in the place of a column.
fn replaced(column: &str, expression: &str) -> String {
    format!("{expression} as {}", name(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;

    const WEIGHTS: &str = r#"
row = "One row per weight, in kilograms."
from = "view.vital_sign"
person = "patient"

[columns]
value = "the weight (kg)"

[tests]
not_null = ["person", "value"]
accepted.unit = ["kg"]

[[step]]
do = "filter"
rows = "code = '29463-7'"

[[step]]
do = "standardise"
columns = ["unit"]
form = "lower"

[[step]]
do = "convert"
value = "value"
unit = "unit"
to = "kg"
factors = { g = "0.001", "[lb_av]" = "0.45359237" }

[[step]]
do = "deduplicate"
by = ["patient", "time"]
newest = ["id"]

[[step]]
do = "look_up"
table = "reference.wards"
on = { ward = "code" }
take = { name = "ward_name" }
"#;

    #[test]
    fn a_recipe_becomes_a_model() {
        let text = Recipe::read("weights.recipe.toml", WEIGHTS).unwrap().model();
        let model = Model::read("weights.sql", &text).unwrap();
        assert_eq!(model.description, "One row per weight, in kilograms.");
        assert_eq!(model.columns.len(), 2);
        assert_eq!(model.tests.len(), 2);
        let reads: Vec<_> = model.reads.iter().map(ToString::to_string).collect();
        assert_eq!(reads, ["person_link", "reference.wards", "view.vital_sign"]);
    }

    #[test]
    fn every_step_has_its_preview_on_a_sample() {
        let preview = Recipe::read("weights.recipe.toml", WEIGHTS).unwrap().preview(500, 3);
        let titles: Vec<_> = preview.steps.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!(titles[0], "500 rows of view.vital_sign at most");
        assert_eq!(
            titles[3..],
            ["convert value to kg", "deduplicate by patient, time", "look up reference.wards"]
        );
        assert!(
            preview.steps[5].1.contains("limit 500)") && preview.steps[5].1.ends_with("from step_5 limit 3")
        );
        assert!(preview.counts.ends_with("(select count(*) from step_5) as \"step_5\""));
    }

    #[test]
    fn what_is_no_recipe_is_told_with_its_line() {
        let wrong = |text: &str| Recipe::read("a.recipe.toml", text).unwrap_err().to_string();
        let head = "row = \"One.\"\nfrom = \"view.patient\"\n";
        assert!(wrong("row = 1").starts_with("a.recipe.toml:1: "), "{}", wrong("row = 1"));
        assert!(wrong("row = \"One.\"\nfrom = \"patient\"").contains("`patient` is no table"));
        let step = |step: &str| wrong(&format!("{head}[[step]]\n{step}"));
        assert!(step("do = \"dance\"").contains("dance"));
        assert!(step("do = \"drop\"\ncolumns = [\"a\\\"b\"]").contains("step 1: `a\"b` is no name"));
        assert!(step("do = \"standardise\"\ncolumns = [\"a\"]\nform = \"date\"").contains("has a `format`"));
        assert!(
            step("do = \"convert\"\nvalue = \"a\"\nunit = \"b\"\nto = \"kg\"\nfactors = { g = \"1e3\" }")
                .contains("`1e3` is no number")
        );
    }
}
