//! Who sends.

use crate::{
    Address, Frame, Page, Paging, Place, Section, Sort, Tone, button, facts, figure,
    grid::{self, Grid},
    tag,
    text::text,
};
use maud::{Markup, html};

/// One provider in the list.
#[derive(Clone, Debug)]
pub struct ProviderRow {
    /// Its name.
    pub name: String,
    /// Whether it is let in.
    pub enabled: bool,
    /// How it authenticates: the methods of its credentials that count.
    pub methods: Vec<String>,
    /// Its grants, such as `system/*.cu`.
    pub scopes: Vec<String>,
    /// Segments of it that are not published.
    pub backlog: u64,
    /// Findings in its feed that nobody has seen to.
    pub findings: u64,
}

/// A list of providers.
#[derive(Clone, Debug)]
pub struct ProviderList {
    /// The providers, in order.
    pub rows: Vec<ProviderRow>,
    /// How they are ordered: by `name`, `backlog` or `findings`.
    pub sort: Sort,
    /// Which of them are shown.
    pub paging: Paging,
    /// Whether the person may register one.
    pub may_add: bool,
}

pub(crate) fn state(enabled: bool) -> Markup {
    if enabled { tag::tag(Tone::Good, "let in") } else { tag::tag(Tone::Bad, "refused") }
}

impl Page for ProviderList {
    fn title(&self) -> String {
        "Providers".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Providers)
    }

    fn command(&self) -> Option<String> {
        Some("provider list".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        self.may_add.then(|| button::button(&Address::new_provider(), "Register a provider"))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Provider").by("name"),
            grid::column("State"),
            grid::column("Authenticates by"),
            grid::column("Grants"),
            grid::numbers("Waiting").by("backlog"),
            grid::numbers("Findings").by("findings"),
        ];
        let row = |row: &ProviderRow| {
            vec![
                button::link(&Address::provider(&row.name), &row.name),
                state(row.enabled),
                text(&row.methods.join(", ")),
                text(&row.scopes.join(" ")),
                html! { (figure::count(row.backlog)) },
                html! { (figure::count(row.findings)) },
            ]
        };
        html! {
            @if self.rows.is_empty() {
                (facts::empty("No provider is registered.", html! { (facts::command("provider add gp-elm-grove")) }))
            } @else {
                (Grid { caption: "Providers", quiet: true, columns: &columns, rows: self.rows.iter().map(row).collect() }
                    .render(frame, Some(&self.sort)))
                (grid::paging(frame, &self.paging, "providers"))
            }
        }
    }
}
