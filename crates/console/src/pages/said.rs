//! What people say of a table: shown beside it, and changed on a page.

use crate::{
    Address, Frame, Page, Place, Section, button, facts,
    field::{self, Field},
    text::text,
};
use maud::{Markup, html};

/// How near to persons rows may be said to be: the word, and what it is.
const CLASSES: [(&str, &str); 4] = [
    ("", "as is assumed of its kind"),
    ("identifiable", "identifiable: they name persons"),
    ("pseudonymised", "pseudonymised: of persons, under pseudonyms"),
    ("aggregate", "aggregate: of many persons each, or of nobody"),
];

/// What people say of a table.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Who answers for it; may be empty.
    pub owner: String,
    /// Words that it is found by.
    pub tags: Vec<String>,
    /// How near to persons its rows are; empty where nobody knows.
    pub classification: String,
    /// How long it is kept; may be empty.
    pub retention: String,
}

impl Said {
    /// The facts that are shown of it.
    pub(super) fn facts(&self) -> Vec<(&'static str, Markup)> {
        let of = |said: &str| html! { @if said.is_empty() { "nobody says" } @else { (text(said)) } };
        vec![
            ("Owner", of(&self.owner)),
            ("Classification", of(&self.classification)),
            ("Retention", of(&self.retention)),
            (
                "Tags",
                html! {
                    @if self.tags.is_empty() { "none" }
                    @for (at, tag) in self.tags.iter().enumerate() {
                        @if at > 0 { ", " } (button::link(&Address::catalogue().with("q", tag), tag))
                    }
                },
            ),
        ]
    }
}

/// What is said of a table, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct DescribeForm {
    /// The table's schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// What it holds.
    pub description: String,
    /// Words that it is found by, apart by commas.
    pub tags: String,
    /// How near to persons its rows are; empty for what is assumed.
    pub classification: String,
    /// How long it is kept.
    pub retention: String,
    /// What columns mean: `column: meaning`, a line each.
    pub columns: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

impl Page for DescribeForm {
    fn title(&self) -> String {
        format!("What {}.{} is", self.schema, self.name)
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Catalogue);
        let table = Address::table(&self.schema, &self.name);
        place.above.push((format!("{}.{}", self.schema, self.name), table));
        place
    }

    fn command(&self) -> Option<String> {
        let table = format!("{}.{}", self.schema, self.name);
        Some(format!("catalog describe {}", facts::word(&table)))
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @if let Some(why) = &self.problem { (field::problem("", why)) }
            p { "What stands here is shown in the place of what the table says of itself, to everybody who sees the catalogue, and exported with it. It is told and not enforced: policies say who may read, and nothing is deleted for its retention." }
            (field::post(frame, &Address::describe(&self.schema, &self.name), "form", html! {
                (Field { name: "owner", label: "Who answers for it", value: &self.owner, hint: "A team's name or address.", ..Field::default() }.render())
                (Field { name: "description", label: "What it holds", value: &self.description, lines: 3, ..Field::default() }.render())
                (Field { name: "tags", label: "Tags", value: &self.tags, hint: "Words that it is found by, with commas between them.", ..Field::default() }.render())
                (field::choice("classification", "How near its rows are to persons", &CLASSES, &self.classification))
                (Field { name: "retention", label: "How long it is kept", value: &self.retention, hint: "And by which rule, such as: 8 years, Records Management Code.", ..Field::default() }.render())
                (Field { name: "columns", label: "What columns mean", value: &self.columns, hint: "column: meaning, one a line.", lines: 8, ..Field::default() }.render())
                (field::submit("Keep it"))
                (button::link(&Address::table(&self.schema, &self.name), "Leave it as it is"))
            }))
        }
    }
}
