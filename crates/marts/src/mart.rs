//! A mart: a named set of tables that answers one kind of question.

use crate::{
    MartError, Model, RECIPE_ENDING, Recipe, Schedule, TableRef, order, period::USUAL_ZONE,
    reference::REFERENCE, span,
};
use serde::Deserialize;
use std::ops::Range;

/// The file that says what a mart is.
pub(crate) const MART_FILE: &str = "mart.toml";

/// Names of the lake's own: schemas, zones, and what a run keeps for itself.
const TAKEN: [&str; 13] = [
    "raw",
    "view",
    "public",
    "audit",
    "catalog",
    "information_schema",
    "pg_catalog",
    "lake",
    REFERENCE,
    "landing",
    "vault",
    "link",
    "work",
];

/// A mart: a named set of tables that answers one kind of question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mart {
    /// Its name, and its schema in SQL.
    pub name: String,
    /// What it answers, in a sentence.
    pub question: String,
    /// Who answers for it, such as a team's address; empty if nobody is named.
    pub owner: String,
    /// When and how it is built.
    pub rules: Rules,
    /// Its tables, each after those that it reads.
    pub models: Vec<Model>,
    /// Its ViewDefinitions, by file, as they were handed in.
    pub views: Vec<(String, String)>,
}

/// When and how a mart is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// When it is due by the clock.
    pub schedule: Option<Schedule>,
    /// What becomes of times that passed while nobody worked.
    pub missed: Missed,
    /// Whether it is built again when a table that it reads has changed.
    pub on_commit: bool,
    /// The least time between two builds that changes bring about, in milliseconds.
    pub settle_ms: i64,
    /// How often a build that failed is tried again.
    pub retries: u32,
    /// How long the first retry waits, in milliseconds; each later one waits twice as long.
    pub backoff_ms: i64,
    /// How long a build may take, in milliseconds.
    pub timeout_ms: i64,
}

/// What becomes of due times that nobody was there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missed {
    /// One run makes up for all of them.
    #[default]
    Once,
    /// They are passed over.
    Skip,
    /// Each has a run, the oldest first; a hundred at most.
    Each,
}

impl Missed {
    /// What goes by this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Once, Self::Skip, Self::Each].into_iter().find(|each| each.as_str() == name)
    }

    /// Its name in files and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Skip => "skip",
            Self::Each => "each",
        }
    }
}

impl Rules {
    /// The time zone in which its days begin: that of its schedule.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.schedule.as_ref().map_or(USUAL_ZONE, Schedule::zone)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            schedule: None,
            missed: Missed::Once,
            on_commit: false,
            settle_ms: 60_000,
            retries: 2,
            backoff_ms: 30_000,
            timeout_ms: 3_600_000,
        }
    }
}

/// `mart.toml`, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    question: toml::Spanned<String>,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    job: Job,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    schedule: Option<toml::Spanned<String>>,
    zone: Option<toml::Spanned<String>>,
    #[serde(default)]
    missed: Missed,
    #[serde(default)]
    on_commit: bool,
    settle: Option<toml::Spanned<String>>,
    retries: Option<toml::Spanned<u32>>,
    backoff: Option<toml::Spanned<String>>,
    timeout: Option<toml::Spanned<String>>,
}

/// The most retries that a job may have.
const MOST_RETRIES: u32 = 20;

impl Mart {
    /// Reads a mart called `name` from the texts of its folder, by file name: `mart.toml`, models (`.sql`), recipes
    /// (`.recipe.toml`), ViewDefinitions (`.json`) and [what programs need](crate::program::files_named). Other files are passed
    /// over.
    ///
    /// # Errors
    /// With file and line: `mart.toml` is missing or not understood, a model is not, tables are made from each
    /// other, or the name is one of the lake's own.
    pub fn read<'a>(
        name: &str,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, MartError> {
        if !can_be_schema(name) {
            return Err(MartError::new(
                MART_FILE,
                0,
                format!(
                    "`{name}` cannot be a mart's name: small letters, digits and `_`, and none of {}",
                    TAKEN.join(", ")
                ),
            ));
        }
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_unstable();
        let head = files.iter().find(|(file, _)| *file == MART_FILE);
        let (_, head) = head
            .ok_or_else(|| MartError::new(MART_FILE, 0, "the file is missing; it says `question = \"…\"`"))?;
        let (question, owner, rules) = read_head(head)?;
        let of = |ending: &'static str| files.iter().filter(move |(file, _)| file.ends_with(ending));
        let written = of(".sql").map(|(file, text)| Model::read(file, text));
        let cooked = of(RECIPE_ENDING).map(|(file, text)| cooked(file, text));
        let mut models = written.chain(cooked).collect::<Result<Vec<_>, _>>()?;
        for model in &mut models {
            if let Some(program) = &mut model.program {
                program.take_files(&format!("{}.sql", model.name), &files)?;
            }
        }
        for (at, model) in models.iter().enumerate() {
            if models.iter().take(at).any(|before| before.name == model.name) {
                let what = format!("two files make the table `{}`", model.name);
                return Err(MartError::new(MART_FILE, 0, what));
            }
        }
        if models.is_empty() {
            return Err(MartError::new(
                MART_FILE,
                0,
                "the mart has no model, a file `NAME.sql` or `NAME.recipe.toml` beside this one",
            ));
        }
        let nodes: Vec<(String, Vec<String>)> = models
            .iter()
            .map(|model| {
                let tests = model.tests.iter().flat_map(super::Test::reads);
                let own = |table: &TableRef| table.schema == name;
                let needs = model.reads.iter().cloned().chain(tests).filter(own).map(|table| table.name);
                (model.name.clone(), needs.collect())
            })
            .collect();
        for (model, needs) in &nodes {
            if let Some(need) = needs.iter().find(|need| !models.iter().any(|other| other.name == **need)) {
                return Err(MartError::new(
                    &format!("{model}.sql"),
                    0,
                    format!("there is no model `{need}` in this mart"),
                ));
            }
        }
        let order =
            order::sorted(&nodes).map_err(|circle| MartError::new(MART_FILE, 0, circle.to_string()))?;
        let views = of(".json").map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let models = order.into_iter().filter_map(|at| models.get(at).cloned()).collect();
        Ok(Self { name: name.to_owned(), question, owner, rules, models, views })
    }

    /// The tables that its models read, its own among them; one may come more than once.
    pub fn reads(&self) -> impl Iterator<Item = &TableRef> {
        self.models.iter().flat_map(|model| &model.reads)
    }

    /// The model of that name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

/// Whether `name` can be a mart's, a model's or a key column's name: small letters, digits and `_`, a letter first, 63
/// characters at most.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    letters && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.len() <= 63
}

/// Whether `name` can be a schema beside the lake's own: a [name](is_name) that none of these has.
#[must_use]
pub fn can_be_schema(name: &str) -> bool {
    is_name(name) && !TAKEN.contains(&name)
}

/// The model that a recipe becomes.
fn cooked(file: &str, text: &str) -> Result<Model, MartError> {
    let recipe = Recipe::read(file, text)?;
    let name = file.strip_suffix(RECIPE_ENDING).unwrap_or(file);
    Model::read(&format!("{name}.sql"), &recipe.model()).map_err(|error| MartError::new(file, 0, error.what))
}

fn read_head(text: &str) -> Result<(String, String, Rules), MartError> {
    let line_of =
        |at: Range<usize>| text.get(..at.start).map_or(0, |before| before.matches('\n').count() + 1);
    let wrong = |at: Range<usize>, what: String| MartError::new(MART_FILE, line_of(at), what);
    let File { question, owner, job } = toml::from_str(text)
        .map_err(|error| wrong(error.span().unwrap_or_default(), error.message().to_owned()))?;
    if question.get_ref().trim().is_empty() {
        return Err(wrong(question.span(), "the question is empty".to_owned()));
    }
    let usual = Rules::default();
    let span = |given: Option<toml::Spanned<String>>, usual: i64| match given {
        None => Ok(usual),
        Some(given) => span::milliseconds(given.get_ref()).ok_or_else(|| {
            wrong(
                given.span(),
                format!("`{}` is no length of time, such as `90s`, `10m`, `2h` or `1d`", given.get_ref()),
            )
        }),
    };
    let schedule = match (&job.schedule, &job.zone) {
        (None, None) => None,
        (None, Some(zone)) => return Err(wrong(zone.span(), "a time zone without a schedule".to_owned())),
        (Some(cron), zone) => {
            let name = zone.as_ref().map_or(USUAL_ZONE, |zone| zone.get_ref().as_str());
            Some(
                Schedule::parse(cron.get_ref(), name)
                    .map_err(|error| wrong(cron.span(), error.to_string()))?,
            )
        }
    };
    let retries = match job.retries {
        Some(given) if *given.get_ref() > MOST_RETRIES => {
            return Err(wrong(given.span(), format!("at most {MOST_RETRIES} retries")));
        }
        given => given.map_or(usual.retries, toml::Spanned::into_inner),
    };
    let rules = Rules {
        schedule,
        missed: job.missed,
        on_commit: job.on_commit,
        settle_ms: span(job.settle, usual.settle_ms)?,
        retries,
        backoff_ms: span(job.backoff, usual.backoff_ms)?,
        timeout_ms: span(job.timeout, usual.timeout_ms)?,
    };
    Ok((question.into_inner(), owner, rules))
}
