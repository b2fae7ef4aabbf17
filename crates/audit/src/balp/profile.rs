//! The profiles, put together from the tables and compiled once.

use super::{
    BALP, disclosure, r4, rest,
    rules::{Rules, WORDS},
    token,
};
use fhir::path::Expression;
use std::sync::LazyLock;

/// A profile of the AuditEvent: its invariants, those of the profile that it derives from included.
#[derive(Debug)]
pub struct Profile {
    id: &'static str,
    invariants: Vec<Invariant>,
}

/// One thing that a profile asks of an event.
#[derive(Debug)]
pub struct Invariant {
    name: &'static str,
    sentence: &'static str,
    text: String,
    expression: Expression,
}

impl Profile {
    /// Its id in BALP: `IHE.BasicAudit.Read`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Its canonical URL, as `meta.profile` names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{BALP}StructureDefinition/{}", self.id)
    }

    /// Everything that it asks, those of its parent first.
    pub fn invariants(&self) -> impl Iterator<Item = &Invariant> {
        self.invariants.iter()
    }
}

impl Invariant {
    /// Its name, which is its own within the profile.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it asks, in words.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        self.sentence
    }

    /// What it asks, as FHIRPath over the AuditEvent: it is kept when that is true.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn expression(&self) -> &Expression {
        &self.expression
    }
}

/// What R4 asks of every AuditEvent and [`fhir::check`] does not look at; the id is `AuditEvent`.
#[must_use]
pub fn base() -> &'static Profile {
    static BASE: LazyLock<Profile> = LazyLock::new(|| compiled(&r4::RULES));
    &BASE
}

/// Every profile of BALP that is known here.
pub fn profiles() -> impl Iterator<Item = &'static Profile> {
    static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        let families = [rest::PROFILES, token::PROFILES, disclosure::PROFILES];
        families.into_iter().flatten().copied().map(compiled).collect()
    });
    PROFILES.iter()
}

fn compiled(rules: &Rules) -> Profile {
    let mut invariants = Vec::new();
    compile(&[rules], &mut invariants);
    Profile { id: rules.name, invariants }
}

/// Compiles the rules of the last of `path`, after those of its parts. The path is what leads there from the
/// profile, whose words go before those of its parts.
fn compile(path: &[&Rules], invariants: &mut Vec<Invariant>) {
    let Some(rules) = path.last() else { return };
    for part in rules.with {
        compile(&[path, &[part]].concat(), invariants);
    }
    for (name, sentence, expression) in rules.rules {
        let text = spelt_out(expression, path);
        #[expect(
            clippy::expect_used,
            reason = "the tables are constants, and a test compiles every line of them"
        )]
        let expression = Expression::parse(&text).expect("an invariant is FHIRPath");
        invariants.push(Invariant { name, sentence, text, expression });
    }
}

/// An expression with every word replaced by what it stands for. What is no word is FHIRPath's own `%name`.
fn spelt_out(expression: &str, path: &[&Rules]) -> String {
    let mut pieces = expression.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let (word, rest) = piece.split_at(end);
        let tables = path.iter().map(|rules| rules.words).chain([WORDS]);
        match tables.flatten().find(|(name, _)| *name == word) {
            Some((_, meaning)) => text.push_str(&spelt_out(meaning, path)),
            None => {
                text.push('%');
                text.push_str(word);
            }
        }
        text.push_str(rest);
    }
    text
}
