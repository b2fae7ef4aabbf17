//! Whether all is well with the service itself.

use crate::{
    Frame, Page, Place, Region, Section, Tone, facts,
    grid::{self, Grid},
    shell, tag,
    text::text,
};
use maud::{Markup, html};

/// One thing that is looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// What is looked at, such as `Audit trail`.
    pub what: String,
    /// How it is.
    pub tone: Tone,
    /// The same in a word, such as `well`.
    pub word: String,
    /// What was found, in a sentence.
    pub found: String,
    /// What to do, where something is to be done; may be empty.
    pub advice: String,
}

/// The state of the service.
#[derive(Clone, Debug)]
pub struct HealthPage {
    /// What was looked at.
    pub checks: Vec<Check>,
    /// What is known of the process and its machine: names and values.
    pub machine: Vec<(&'static str, String)>,
}

impl Page for HealthPage {
    fn title(&self) -> String {
        "Health".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Health)
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! { @for region in self.regions(frame) { (shell::live(region)) } }
    }

    fn regions(&self, frame: &Frame) -> Vec<Region> {
        let columns =
            [grid::column("What"), grid::column("State"), grid::column("Found"), grid::column("To do")];
        let row = |check: &Check| {
            vec![
                text(&check.what),
                tag::tag(check.tone, &check.word),
                text(&check.found),
                text(&check.advice),
            ]
        };
        let rows = self.checks.iter().map(row).collect();
        let facts: Vec<_> = self.machine.iter().map(|(name, value)| (*name, text(value))).collect();
        let inside = html! {
            (Grid { caption: "What is looked at", quiet: true, columns: &columns, rows }.render(frame, None))
            (facts::section("Process and machine", facts::facts(&facts)))
            p class="hint" { "For programs: " code { "/healthz" } " and " code { "/readyz" } " of the gateway." }
        };
        vec![shell::region("health", inside)]
    }
}
