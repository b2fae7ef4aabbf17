//! Alerts: what the rules have found unusual.

use crate::{
    Address, Frame, Page, Place, Section, Tone, button, facts, figure,
    grid::{self, Grid},
    tag,
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// One alert in a list.
#[derive(Clone, Debug)]
pub struct AlertRow {
    /// Its number.
    pub id: i64,
    /// How much it matters: `notice`, `warning` or `critical`.
    pub severity: String,
    /// What it is called.
    pub title: String,
    /// What was found, in a sentence.
    pub sentence: String,
    /// The rule that found it.
    pub rule: String,
    /// Of whom.
    pub subject: String,
    /// Events that it is made of.
    pub count: u64,
    /// The first of these.
    pub first: Timestamp,
    /// The last of these.
    pub last: Timestamp,
    /// Who has seen to it, and when.
    pub acknowledged: Option<(String, Timestamp)>,
}

/// A list of alerts.
#[derive(Clone, Debug)]
pub struct AlertList {
    /// The alerts, the newest first.
    pub rows: Vec<AlertRow>,
    /// Whether those that somebody has seen to are among them; the query parameter `all`.
    pub all: bool,
}

/// One alert.
#[derive(Clone, Debug)]
pub struct AlertPage {
    /// What it is in lists.
    pub alert: AlertRow,
    /// What was found out, by whoever has seen to it.
    pub note: String,
    /// The first and the last record that it is made of: writer and number.
    pub records: Vec<(String, u64)>,
}

fn severity(of: &str) -> Markup {
    let tone = match of {
        "critical" => Tone::Bad,
        "warning" => Tone::Warning,
        _ => Tone::Quiet,
    };
    tag::tag(tone, of)
}

/// Alerts as a table.
pub(crate) fn table(alerts: &[AlertRow], frame: &Frame) -> Markup {
    let columns = [
        grid::column("Alert"),
        grid::column("Severity"),
        grid::column("What was found"),
        grid::column("Last"),
        grid::column("Seen to"),
    ];
    let row = |alert: &AlertRow| {
        vec![
            button::link(&Address::alert(alert.id), &alert.title),
            severity(&alert.severity),
            text(&alert.sentence),
            figure::ago(alert.last, frame.now),
            html! { @match &alert.acknowledged { Some((by, _)) => (text(by)), None => (figure::none()) } },
        ]
    };
    Grid { caption: "Alerts", quiet: true, columns: &columns, rows: alerts.iter().map(row).collect() }
        .render(frame, None)
}

impl Page for AlertList {
    fn title(&self) -> String {
        "Alerts".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Alerts)
    }

    fn command(&self) -> Option<String> {
        Some("audit alerts".to_owned())
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        Some(match self.all {
            true => button::button(&Address::alerts(), "Open ones only"),
            false => button::button(&Address::alerts().with("all", "1"), "All of them"),
        })
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @if self.rows.is_empty() {
                (facts::empty("There is no alert that nobody has seen to.", html! { "Rules look at every record of the trail." }))
            } @else { (table(&self.rows, frame)) }
        }
    }
}

impl Page for AlertPage {
    fn title(&self) -> String {
        self.alert.title.clone()
    }

    fn place(&self) -> Place {
        Place::below(Section::Alerts)
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        let to = Address::alert(self.alert.id).change("acknowledge");
        self.alert.acknowledged.is_none().then(|| button::button(&to, "I have seen to this"))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let alert = &self.alert;
        html! {
            p class="state" { (severity(&alert.severity)) }
            p { (text(&alert.sentence)) }
            (facts::facts(&[
                ("Rule", text(&alert.rule)),
                ("Of", text(&alert.subject)),
                ("Events", html! { (figure::count(alert.count)) }),
                ("First", figure::moment(alert.first)),
                ("Last", html! { (figure::moment(alert.last)) ", " (figure::ago(alert.last, frame.now)) }),
                ("Seen to", html! {
                    @match &alert.acknowledged {
                        Some((by, at)) => { (text(by)) ", " (figure::moment(*at)) },
                        None => "by nobody yet",
                    }
                }),
                ("Note", html! { @if self.note.is_empty() { (figure::none()) } @else { (text(&self.note)) } }),
            ]))
            @if !self.records.is_empty() {
                (facts::section("Its records", html! {
                    ul {
                        @for (writer, number) in &self.records {
                            li { (button::link(&Address::audit_record(writer, *number), &format!("record {number} of {writer}"))) }
                        }
                    }
                }))
            }
        }
    }
}
