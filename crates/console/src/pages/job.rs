//! One job: what it is, when it runs, how it went, what it is made of.

use super::run_row::{self, RunRow};
use crate::{
    Address, Frame, Page, Place, Section, Tone, button, facts, figure,
    graph::Graph,
    grid::Grid,
    tag,
    text::{block, text},
};
use maud::{Markup, html};
use model::Timestamp;

/// A model of a mart that the job builds.
#[derive(Clone, Debug)]
pub struct Model {
    /// The table that it makes, such as `winter.encounters`.
    pub table: String,
    /// Its SQL.
    pub sql: String,
}

/// What the person may do to the job.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobPowers {
    /// Queue a run of it.
    pub run: bool,
    /// Pause and resume it.
    pub pause: bool,
    /// Change the mart that it builds.
    pub edit: bool,
}

/// One job.
#[derive(Clone, Debug)]
pub struct JobPage {
    /// Its name.
    pub name: String,
    /// What kind of work.
    pub kind: String,
    /// On what.
    pub target: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// When it is queued, in words.
    pub when: String,
    /// When the clock queues it next.
    pub next_due: Option<Timestamp>,
    /// Whether neither clock nor publications queue it.
    pub paused: bool,
    /// How often a run that failed is tried again.
    pub retries: u32,
    /// How long an attempt may take, in milliseconds.
    pub timeout_ms: i64,
    /// What it takes a share of, and how many runs of that may be at work at once.
    pub resource: (String, u64),
    /// Its newest runs, the newest first.
    pub runs: Vec<RunRow>,
    /// What it reads and makes, drawn.
    pub graph: Graph,
    /// What it is made of.
    pub models: Vec<Model>,
    /// What the person may do.
    pub may: JobPowers,
}

impl Page for JobPage {
    fn title(&self) -> String {
        self.name.clone()
    }

    fn place(&self) -> Place {
        Place::below(Section::Jobs)
    }

    fn command(&self) -> Option<String> {
        Some(format!("job show {}", facts::word(&self.name)))
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        let here = Address::job(&self.name);
        Some(html! {
            @if self.paused { (tag::tag(Tone::Warning, "paused")) }
            @if self.may.edit { (button::button(&Address::mart(&self.target), "Edit the SQL")) }
            @if self.may.run { (button::button(&here.change("run"), "Run now")) }
            @if self.may.pause && self.paused { (button::button(&here.change("resume"), "Resume")) }
            @if self.may.pause && !self.paused { (button::button(&here.change("pause"), "Pause")) }
        })
    }

    fn body(&self, frame: &Frame) -> Markup {
        let (resource, at_once) = &self.resource;
        html! {
            (facts::facts(&[
                ("Runs", text(&self.when)),
                ("Next", html! { @match self.next_due { Some(due) => (figure::ago(due, frame.now)), None => (figure::none()) } }),
                ("Work", html! { (text(&self.kind)) " of " (text(&self.target)) }),
                ("Owner", html! { @if self.owner.is_empty() { (figure::none()) } @else { (text(&self.owner)) } }),
                ("Retries", html! { (self.retries) }),
                ("May take", html! { (figure::lasting(self.timeout_ms)) }),
                ("At once", html! { (figure::count(*at_once)) " of " (text(resource)) }),
            ]))
            (facts::section("Runs", html! {
                @if self.runs.is_empty() {
                    (facts::empty("It has not run yet.", html! { (facts::command(&format!("job run {}", facts::word(&self.name)))) }))
                } @else {
                    (Grid {
                        caption: "Runs of this job", quiet: true, columns: &run_row::COLUMNS,
                        rows: run_row::rows(&self.runs, frame),
                    }.render(frame, None))
                    p { (button::link(&Address::runs().with("job", &self.name), "All its runs")) }
                }
            }))
            @if self.graph.nodes.len() > 1 {
                (facts::section("What it reads and makes", self.graph.render("Tables that the job reads, and those that it makes")))
            }
            @for model in &self.models {
                (facts::section(&model.table, block(&model.sql)))
            }
        }
    }
}
