//! One run: how it went, what it read and wrote, what it said, why it failed.

use super::run_row::RunRow;
use crate::{
    Address, Frame, Page, Place, Region, Section, Tone, button, facts, figure,
    grid::{self, Grid},
    shell, tag,
    text::{block, text},
};
use maud::{Markup, html};
use model::Timestamp;

/// A table that a run read or wrote.
#[derive(Clone, Debug)]
pub struct TableUse {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its version in Delta Lake.
    pub version: i64,
    /// Rows read or written.
    pub rows: Option<u64>,
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Its number in the run, from 1.
    pub line: u64,
    /// When it was said.
    pub at: Timestamp,
    /// What was said.
    pub said: String,
}

/// What the person may do to the run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunPowers {
    /// Run its job again as it was run.
    pub retry: bool,
    /// End it.
    pub cancel: bool,
    /// Change the mart that it builds.
    pub edit: bool,
}

/// One run.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// What it is in lists.
    pub run: RunRow,
    /// The time that a schedule meant.
    pub due: Option<Timestamp>,
    /// The sequence that it read at.
    pub read_at: Option<u64>,
    /// The sequence that it published.
    pub published: Option<u64>,
    /// Whether somebody has asked that it end.
    pub stopping: bool,
    /// Why it failed, in full.
    pub error: Option<String>,
    /// What can be done about the error, in a sentence.
    pub advice: Option<String>,
    /// What it read.
    pub inputs: Vec<TableUse>,
    /// What it wrote.
    pub outputs: Vec<TableUse>,
    /// How it carried out its models, by their names.
    pub plans: Vec<(String, String)>,
    /// Lines of its log, in order: the last ones.
    pub log: Vec<LogLine>,
    /// Lines before these that are not shown.
    pub log_before: u64,
    /// What the person may do.
    pub may: RunPowers,
}

impl Page for RunPage {
    fn title(&self) -> String {
        format!("Run {}", self.run.id)
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Jobs);
        place.above.extend(self.run.job.as_ref().map(|job| (job.clone(), Address::job(job))));
        place
    }

    fn command(&self) -> Option<String> {
        Some(format!("job show {}", self.run.id))
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        let here = Address::run(self.run.id);
        Some(html! {
            @if self.may.edit && self.run.kind == "mart" { (button::button(&Address::mart(&self.run.target), "Edit the SQL")) }
            @if self.may.retry { (button::button(&here.change("retry"), "Retry")) }
            @if self.may.cancel { (button::taking(&here.change("cancel"), "Cancel")) }
        })
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @for region in self.regions(frame) { (shell::live(region)) }
            @if !self.inputs.is_empty() { (facts::section("What it read", tables(&self.inputs, frame))) }
            @if !self.outputs.is_empty() { (facts::section("What it wrote", tables(&self.outputs, frame))) }
            @if !self.plans.is_empty() { (facts::section("How it was carried out", plans(&self.plans))) }
        }
    }

    fn regions(&self, frame: &Frame) -> Vec<Region> {
        vec![
            shell::region("state", self.state(frame)),
            shell::region("log", facts::section("Log", self.log())),
        ]
    }
}

impl RunPage {
    fn state(&self, frame: &Frame) -> Markup {
        let run = &self.run;
        html! {
            p class="state" {
                (run.state.tag())
                @if self.stopping { (tag::tag(Tone::Warning, "ends soon")) }
            }
            @if let Some(error) = &self.error {
                div class="message problem" {
                    (crate::icon::of(Tone::Bad))
                    div {
                        (block(error))
                        @if let Some(advice) = &self.advice { p { (text(advice)) } }
                    }
                }
            }
            (facts::facts(&[
                ("Job", html! {
                    @match &run.job {
                        Some(job) => (button::link(&Address::job(job), job)),
                        None => { (text(&run.kind)) " of " (text(&run.target)) },
                    }
                }),
                ("By", html! { (run.cause.as_str()) @if !run.actor.is_empty() { ", " (text(&run.actor)) } }),
                ("Due", figure::perhaps(self.due)),
                ("Queued", figure::moment(run.queued)),
                ("Began", figure::perhaps(run.started)),
                ("Ended", figure::perhaps(run.ended)),
                ("Took", html! { @match run.took(frame.now) { Some(ms) => (figure::lasting(ms)), None => (figure::none()) } }),
                ("Attempt", html! { (run.attempt) }),
                ("Read at", html! { @match self.read_at { Some(seq) => { "sequence " (seq) }, None => (figure::none()) } }),
                ("Published", html! { @match self.published { Some(seq) => { "sequence " (seq) }, None => (figure::none()) } }),
                ("Result", html! { @if self.error.is_none() { (text(&run.detail)) } @else { "see above" } }),
            ]))
        }
    }

    fn log(&self) -> Markup {
        html! {
            @if self.log.is_empty() { p class="hint" { "It has said nothing yet." } }
            @else {
                @if self.log_before > 0 {
                    p class="hint" { (figure::count(self.log_before)) " lines before these: " (facts::command(&format!("job logs {}", self.run.id))) }
                }
                ol class="log" tabindex="0" aria-label="Log" {
                    @for line in &self.log {
                        li value=(line.line) { (figure::moment(line.at)) " " (text(&line.said)) }
                    }
                }
            }
        }
    }
}

fn plans(all: &[(String, String)]) -> Markup {
    html! {
        @for (model, plan) in all { details { summary { (text(model)) } (block(plan)) } }
    }
}

fn tables(all: &[TableUse], frame: &Frame) -> Markup {
    let columns = [grid::column("Table"), grid::numbers("Version"), grid::numbers("Rows")];
    let row = |one: &TableUse| {
        let name = format!("{}.{}", one.schema, one.name);
        vec![
            button::link(&Address::table(&one.schema, &one.name), &name),
            html! { (one.version) },
            html! { @match one.rows { Some(rows) => (figure::count(rows)), None => (figure::none()) } },
        ]
    };
    Grid { caption: "Tables", quiet: true, columns: &columns, rows: all.iter().map(row).collect() }
        .render(frame, None)
}
