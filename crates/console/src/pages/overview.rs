//! The overview: what arrived, what waits, what failed. On an empty lake: what to do first.

use super::{
    alerts::{self, AlertRow},
    run_row::{self, RunRow},
};
use crate::{
    Address, Frame, Page, Place, Region, Section, Tone, button,
    chart::Plot,
    facts::{self, Figure},
    figure,
    grid::{self, Grid},
    shell,
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// What one source has sent.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// The source.
    pub source: String,
    /// Resources accepted a day, in the order of [`Overview::days`].
    pub accepted: Vec<u64>,
    /// Its segments that are not published yet.
    pub backlog: u64,
    /// Findings in its feed that nobody has seen to.
    pub findings: u64,
}

/// The state of the lake.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The newest commit sequence; 0 if nothing was ever published.
    pub sequence: u64,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// Segments that are registered and not published.
    pub backlog: u64,
    /// The days that arrivals are told of, the oldest first, such as `11-26`; today is the last.
    pub days: Vec<String>,
    /// What each source has sent, by name; none where the person may not see it.
    pub arrivals: Option<Vec<Arrivals>>,
    /// Runs at work or waiting, and the newest that failed; none where the person may not see it.
    pub runs: Option<(Vec<RunRow>, Vec<RunRow>)>,
    /// The newest alerts that nobody has seen to; none where the person may not see them.
    pub alerts: Option<Vec<AlertRow>>,
    /// Where providers send to, such as `https://localhost:8443`.
    pub gateway: String,
    /// The file of the certificate authority that providers trust.
    pub ca_file: String,
}

impl Page for Overview {
    fn title(&self) -> String {
        "Overview".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Overview)
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @for region in self.regions(frame) { (shell::live(region)) }
        }
    }

    fn regions(&self, frame: &Frame) -> Vec<Region> {
        vec![
            shell::region("figures", self.figures(frame)),
            shell::region("first", html! { @if self.sequence == 0 { (self.first_hour(frame)) } }),
            shell::region("work", self.work(frame)),
            shell::region(
                "arrivals",
                html! {
                    @if let Some(arrivals) = &self.arrivals && !arrivals.is_empty() {
                        (facts::section("What arrived", self.arrived(arrivals, frame)))
                    }
                },
            ),
        ]
    }
}

impl Overview {
    fn work(&self, frame: &Frame) -> Markup {
        html! {
            @if let Some(alerts) = &self.alerts && !alerts.is_empty() {
                (facts::section("Alerts", alerts::table(alerts, frame)))
            }
            @if let Some((running, failed)) = &self.runs {
                @if !failed.is_empty() { (facts::section("Failed", runs(failed, frame))) }
                @if !running.is_empty() { (facts::section("At work", runs(running, frame))) }
            }
        }
    }
}

fn runs(all: &[RunRow], frame: &Frame) -> Markup {
    let rows = run_row::rows(all, frame);
    Grid { caption: "Runs", quiet: true, columns: &run_row::COLUMNS, rows }.render(frame, None)
}

impl Overview {
    fn figures(&self, frame: &Frame) -> Markup {
        let today: u64 = self.arrivals.iter().flatten().filter_map(|source| source.accepted.last()).sum();
        let mut figures = Vec::new();
        if self.arrivals.is_some() {
            figures.push(Figure {
                name: "Arrived today",
                value: html! { (figure::count(today)) },
                remark: html! { "resources" },
                tone: None,
            });
        }
        figures.push(Figure {
            name: "Waiting",
            value: html! { (figure::count(self.backlog)) },
            remark: html! { "segments to be published" },
            tone: None,
        });
        figures.push(Figure {
            name: "Published",
            value: html! { @match self.published { Some(at) => (figure::ago(at, frame.now)), None => (figure::none()) } },
            remark: html! { "sequence " (self.sequence) },
            tone: None,
        });
        if let Some((running, failed)) = &self.runs {
            figures.push(Figure {
                name: "At work",
                value: html! { (figure::count(running.len() as u64)) },
                remark: html! { (button::link(&Address::jobs(), "jobs")) },
                tone: None,
            });
            figures.push(Figure {
                name: "Failed",
                value: html! { (figure::count(failed.len() as u64)) },
                remark: html! { "and not made good since" },
                tone: Some(if failed.is_empty() { Tone::Good } else { Tone::Bad }),
            });
        }
        if let Some(alerts) = &self.alerts {
            figures.push(Figure {
                name: "Alerts",
                value: html! { (figure::count(alerts.len() as u64)) },
                remark: html! { (button::link(&Address::alerts(), "open")) },
                tone: Some(if alerts.is_empty() { Tone::Good } else { Tone::Warning }),
            });
        }
        facts::figures(figures)
    }

    fn arrived(&self, arrivals: &[Arrivals], frame: &Frame) -> Markup {
        let of_day = |at: usize| arrivals.iter().filter_map(|source| source.accepted.get(at)).sum::<u64>();
        let values = self.days.iter().enumerate().map(|(at, day)| (day.clone(), Some(of_day(at) as f64)));
        let plot =
            Plot { title: "Resources accepted a day".to_owned(), values: values.collect(), line: false };
        let columns = [
            grid::column("Source"),
            grid::numbers("Today"),
            grid::numbers("These days"),
            grid::numbers("Waiting"),
            grid::numbers("Findings"),
        ];
        let row = |source: &Arrivals| {
            vec![
                button::link(&Address::provider(&source.source), &source.source),
                html! { (figure::count(source.accepted.last().copied().unwrap_or_default())) },
                html! { (figure::count(source.accepted.iter().sum())) },
                html! { (figure::count(source.backlog)) },
                html! { (figure::count(source.findings)) },
            ]
        };
        let rows = arrivals.iter().map(row).collect();
        html! {
            (plot.render("arrived"))
            (Grid { caption: "Arrivals by source", quiet: true, columns: &columns, rows }.render(frame, None))
        }
    }

    fn first_hour(&self, frame: &Frame) -> Markup {
        let (gateway, ca) = (facts::word(&self.gateway), facts::word(&self.ca_file));
        let token = format!(
            "curl --cacert {ca} -u CLIENT_ID:SECRET -d grant_type=client_credentials {gateway}/oauth/token"
        );
        let send = format!(
            "curl --cacert {ca} -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/fhir+json' -d '{{\"resourceType\":\"Patient\",\"gender\":\"female\"}}' {gateway}/fhir/r4/Patient"
        );
        facts::section(
            "The first hour",
            html! {
                p { "Nothing has come in yet. Four steps lead to a first answer." }
                ol class="steps" {
                    li {
                        "Register a provider; its credential is shown once. "
                        @if frame.sections.contains(&Section::Providers) { (button::button(&Address::new_provider(), "Register a provider")) " " }
                        (facts::command("provider add gp-elm-grove"))
                    }
                    li { "Get a token, and send a first resource. " pre tabindex="0" { (text(&token)) } pre tabindex="0" { (text(&send)) } }
                    li {
                        "Ask for it. "
                        @if frame.sections.contains(&Section::Sql) { (button::button(&Address::sql().with("sql", "select * from view.patient"), "Ask")) " " }
                        (facts::command("sql 'select * from view.patient'"))
                    }
                    li {
                        "Make a mart of it. "
                        @if frame.sections.contains(&Section::Jobs) { (button::button(&Address::new_mart().with("from", "view.patient"), "Make a mart")) " " }
                        (facts::command("mart new --from view.patient -o first/patients.sql && carelake mart register first/"))
                    }
                }
                p { "Or see a whole lake at work: " (facts::command("demo --keep demo-home")) }
            },
        )
    }
}
