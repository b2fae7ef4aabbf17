//! The frame as HTML: head, navigation, person, messages, footer.

use crate::{
    Address, Frame, Page, Region, Section, Theme, Tone, assets, facts, field, icon, tag,
    text::{plain, text},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Stands where something comes later. No value can hold it: what people write is escaped.
pub(crate) const LATE: PreEscaped<&str> = PreEscaped("<!--later-->");

/// Characters of a title.
const TITLE: usize = 120;

impl Frame {
    /// The whole page as HTML, to be answered with [`assets::POLICY`].
    #[must_use]
    pub fn render(&self, page: &dyn Page) -> String {
        let title = page.title();
        let place = page.place();
        let theme = (self.theme != Theme::System).then(|| self.theme.as_str());
        let events = self.events.as_ref().map(Address::as_str);
        let markup = html! {
            (DOCTYPE)
            html lang="en-GB" data-theme=[theme] {
                (head(&title))
                body data-events=[events] {
                    a class="skip" href="#main" { "Skip to the page" }
                    (self.top())
                    div class=(if self.person.is_some() { "columns" } else { "columns alone" }) {
                        @if self.person.is_some() { (self.navigation(place.section)) }
                        main id="main" tabindex="-1" {
                            (trail(&place.above, &title))
                            (self.said())
                            div class="title" {
                                h1 { (text(&title)) }
                                @if let Some(beside) = page.beside(self) { div class="beside" { (beside) } }
                            }
                            (page.body(self))
                        }
                    }
                    (self.footer(page))
                }
            }
        };
        markup.into_string()
    }

    /// What stands before and after the part of a page that comes later; of a page without one, all stands before.
    #[must_use]
    pub fn render_around(&self, page: &dyn Page) -> (String, String) {
        let whole = self.render(page);
        match whole.split_once(LATE.0) {
            Some((before, after)) => (before.to_owned(), after.to_owned()),
            None => (whole, String::new()),
        }
    }

    fn top(&self) -> Markup {
        html! {
            header class="top" {
                a class="brand" href=(Address::overview()) { (icon::LAKE) span { "carelake" } }
                @if self.synthetic { (tag::tag(Tone::Quiet, "synthetic data")) }
                span class="live" id="live" role="status" {}
                @if let Some(person) = &self.person {
                    div class="person" {
                        span class="name" { (text(&person.name)) }
                        @if person.roles.is_empty() { span class="role" { "no role" } }
                        @for role in &person.roles { span class="role" { (text(role)) } }
                        (field::post(self, &Address::sign_out(), "plain", html! {
                            button class="button" type="submit" { "Sign out" }
                        }))
                    }
                }
            }
        }
    }

    fn navigation(&self, current: Option<Section>) -> Markup {
        html! {
            nav class="side" aria-label="Console" {
                ul {
                    @for section in Section::ALL.into_iter().filter(|section| self.sections.contains(section)) {
                        @let (name, to) = section.entry();
                        li {
                            a href=(to) aria-current=[(current == Some(section)).then_some("true")] {
                                (icon::section(section)) span { (name) }
                                @if section == Section::Alerts && self.open_alerts > 0 {
                                    span class="many" {
                                        (crate::figure::count(self.open_alerts)) span class="hidden" { " open" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn said(&self) -> Markup {
        html! {
            @if let Some(done) = &self.done {
                div class="message success" role="status" { (icon::of(Tone::Good)) div { (text(done)) } }
            }
        }
    }

    fn footer(&self, page: &dyn Page) -> Markup {
        html! {
            footer {
                @if let Some(command) = page.command() {
                    p class="elsewhere" {
                        "The same "
                        @if page.is_a_list() {
                            "as " a href=(self.here.with("format", "csv")) { "CSV" } ", "
                            a href=(self.here.with("format", "json")) { "JSON" } ", or "
                        }
                        "from the command line: "
                        (facts::command(&format!("{command} --json")))
                    }
                }
                p { "Times are UTC. Made " (crate::figure::moment(self.now)) "." }
                (field::post(self, &Address::theme(), "themes", html! {
                    input type="hidden" name="back" value=(self.here);
                    span id="themes" { "Colours" }
                    span role="group" aria-labelledby="themes" {
                        @for theme in Theme::ALL {
                            button type="submit" name="theme" value=(theme.as_str())
                                aria-pressed=(if theme == self.theme { "true" } else { "false" }) { (theme.as_str()) }
                        }
                    }
                }))
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="same-origin";
            title { (plain(title, TITLE)) " · carelake" }
            link rel="stylesheet" href=(assets::STYLE.path);
            link rel="icon" type="image/svg+xml" href=(assets::ICON.path);
            script src=(assets::SCRIPT.path) defer {}
        }
    }
}

fn trail(above: &[(String, Address)], title: &str) -> Markup {
    html! {
        @if !above.is_empty() {
            nav class="trail" aria-label="Where this page is" {
                ol {
                    @for (name, to) in above { li { (crate::button::link(to, name)) } }
                    li { span aria-current="page" { (text(title)) } }
                }
            }
        }
    }
}

/// A part of a page that changes while it is open, as it stands in the page.
pub(crate) fn live(region: Region) -> Markup {
    html! { div id=(region.id) data-live { (maud::PreEscaped(region.html)) } }
}

/// A part of a page that changes.
pub(crate) fn region(id: &'static str, inside: Markup) -> Region {
    Region { id, html: inside.into_string() }
}
