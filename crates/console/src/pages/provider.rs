//! One provider.

use super::providers::state;
use crate::{
    Address, Frame, Page, Place, Section, Tone, button,
    chart::Plot,
    facts, figure,
    grid::{self, Grid},
    tag,
    text::text,
};
use maud::{Markup, html};
use model::Timestamp;

/// What a provider shows that it is itself by. Never the secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// Its method, such as `secret` or `mtls`.
    pub method: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Whether it counts now.
    pub counts: bool,
}

/// Something that is different in its feed from the days before.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The day.
    pub day: String,
    /// Where, such as `Observation.code`.
    pub place: String,
    /// What it is, in a sentence.
    pub sentence: String,
    /// Whether it stops promotion.
    pub stops: bool,
}

/// One provider.
#[derive(Clone, Debug)]
pub struct ProviderPage {
    /// Its name.
    pub name: String,
    /// Whether it is let in.
    pub enabled: bool,
    /// Its OAuth client id.
    pub client_id: String,
    /// Its grants.
    pub scopes: Vec<String>,
    /// When it was registered.
    pub created: Timestamp,
    /// Networks that it may come from; any if empty.
    pub networks: Vec<String>,
    /// Whether it may come over private addresses only.
    pub private_only: bool,
    /// What it shows that it is itself by.
    pub credentials: Vec<Credential>,
    /// Resources accepted a day, the oldest first; none where the person may not see it.
    pub accepted: Option<Vec<(String, u64)>>,
    /// Segments of it that are not published.
    pub backlog: u64,
    /// What has changed in its feed and nobody has seen to, the newest first.
    pub findings: Vec<Finding>,
    /// Whether the person may refuse it, or let it in again.
    pub may_change: bool,
    /// Whether the person may give it credentials, and take them back.
    pub may_rotate: bool,
}

impl Page for ProviderPage {
    fn title(&self) -> String {
        self.name.clone()
    }

    fn place(&self) -> Place {
        Place::below(Section::Providers)
    }

    fn command(&self) -> Option<String> {
        Some(format!("provider show {}", facts::word(&self.name)))
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        let here = Address::provider(&self.name);
        Some(html! {
            (state(self.enabled))
            @if self.may_change && self.enabled { (button::taking(&here.change("disable"), "Refuse it")) }
            @if self.may_change && !self.enabled { (button::button(&here.change("enable"), "Let it in")) }
        })
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            (facts::facts(&[
                ("Client id", html! { code { (text(&self.client_id)) } }),
                ("Grants", text(&self.scopes.join(" "))),
                ("Comes from", html! {
                    @if self.networks.is_empty() { "any network" } @else { (text(&self.networks.join(", "))) }
                    @if self.private_only { ", over private addresses only" }
                }),
                ("Registered", figure::moment(self.created)),
                ("Waiting", html! { (figure::counted(self.backlog, "segment", "segments")) " to be published" }),
            ]))
            @if let Some(accepted) = &self.accepted && !accepted.is_empty() {
                @let values = accepted.iter().map(|(day, count)| (day.clone(), Some(*count as f64))).collect();
                (facts::section("What arrived", Plot { title: "Resources accepted a day".to_owned(), values, line: false }.render("arrived")))
            }
            (facts::section("Credentials", self.credentials(frame)))
            @if !self.findings.is_empty() { (facts::section("What has changed", self.changed(frame))) }
        }
    }
}

impl ProviderPage {
    fn credentials(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Id"),
            grid::column("Method"),
            grid::column("State"),
            grid::column("Made"),
            grid::column("Ends"),
            grid::column("Change"),
        ];
        let row = |one: &Credential| {
            vec![
                html! { code { (text(&one.id)) } },
                text(&one.method),
                if one.counts { tag::tag(Tone::Good, "counts") } else { tag::tag(Tone::Quiet, "over") },
                figure::moment(one.created),
                figure::perhaps(one.expires),
                html! {
                    @if self.may_rotate && one.counts { (button::link(&Address::credential(&one.id).change("revoke"), "Take it back")) }
                    @else { (figure::none()) }
                },
            ]
        };
        let rows = self.credentials.iter().map(row).collect();
        html! {
            (Grid { caption: "Credentials", quiet: true, columns: &columns, rows }.render(frame, None))
            @if self.may_rotate { p { (button::button(&Address::new_credential(&self.name), "A further credential")) } }
        }
    }

    fn changed(&self, frame: &Frame) -> Markup {
        let columns =
            [grid::column("Day"), grid::column("Where"), grid::column("What"), grid::column("Marts")];
        let row = |one: &Finding| {
            vec![
                text(&one.day),
                text(&one.place),
                text(&one.sentence),
                html! { @if one.stops { (tag::tag(Tone::Bad, "stopped")) } @else { (tag::tag(Tone::Quiet, "go on")) } },
            ]
        };
        let rows = self.findings.iter().map(row).collect();
        html! {
            (Grid { caption: "Findings", quiet: true, columns: &columns, rows }.render(frame, None))
            p class="hint" { "Seen to: " (facts::command("feed acknowledge NUMBER --note '…'")) }
        }
    }
}
