//! What every page stands in: who is signed in, where they are, and what the page has to offer to it.

use crate::Address;
use maud::Markup;
use model::Timestamp;

/// What is the same on every page that one answer shows.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Who is signed in; nobody on the pages of the sign-in.
    pub person: Option<Person>,
    /// The token that every form which changes something sends back as `csrf`.
    pub csrf: String,
    /// The address of this page, with its query.
    pub here: Address,
    /// When the page was made.
    pub now: Timestamp,
    /// Which colours were chosen.
    pub theme: Theme,
    /// Whether the lake holds no real person's data.
    pub synthetic: bool,
    /// What the person may open, in the order of [`Section::ALL`].
    pub sections: Vec<Section>,
    /// Alerts that nobody has seen to.
    pub open_alerts: u64,
    /// What has just been done, in a sentence.
    pub done: Option<String>,
    /// Where the browser hears of changes to the page's [`Region`]s (server-sent events), if it is to.
    pub events: Option<Address>,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// The roles that they act in now.
    pub roles: Vec<String>,
}

/// Which colours a page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the person's system has them.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its word in forms and in the page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A part of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What arrived, what waits, what failed.
    Overview,
    /// Who sends.
    Providers,
    /// What is run, and how it went.
    Jobs,
    /// What there is.
    Catalogue,
    /// Questions.
    Sql,
    /// What was done, by whom.
    Audit,
    /// What was found unusual.
    Alerts,
    /// Who may do what, and under which keys.
    Policies,
    /// Whether all is well.
    Health,
}

impl Section {
    /// All of them, in the order of the navigation.
    pub const ALL: [Self; 9] = [
        Self::Overview,
        Self::Providers,
        Self::Jobs,
        Self::Catalogue,
        Self::Sql,
        Self::Audit,
        Self::Alerts,
        Self::Policies,
        Self::Health,
    ];

    /// What it is called, and where it begins.
    #[must_use]
    pub fn entry(self) -> (&'static str, Address) {
        match self {
            Self::Overview => ("Overview", Address::overview()),
            Self::Providers => ("Providers", Address::providers()),
            Self::Jobs => ("Jobs", Address::jobs()),
            Self::Catalogue => ("Catalogue", Address::catalogue()),
            Self::Sql => ("SQL", Address::sql()),
            Self::Audit => ("Audit", Address::audit()),
            Self::Alerts => ("Alerts", Address::alerts()),
            Self::Policies => ("Policies and keys", Address::policies()),
            Self::Health => ("Health", Address::health()),
        }
    }
}

/// Where a page stands in the console.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The part that it belongs to; none for the sign-in and for errors.
    pub section: Option<Section>,
    /// The pages above it, from the section down, without itself.
    pub above: Vec<(String, Address)>,
}

impl Place {
    /// The page that a section begins with.
    #[must_use]
    pub const fn first_of(section: Section) -> Self {
        Self { section: Some(section), above: Vec::new() }
    }

    /// A page below that.
    #[must_use]
    pub fn below(section: Section) -> Self {
        let (name, address) = section.entry();
        Self { section: Some(section), above: vec![(name.to_owned(), address)] }
    }
}

/// A part of a page that changes while it is open: what an event of its id carries, and what the script then shows.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its id in the page and the event's name.
    pub id: &'static str,
    /// What is inside; the event's data.
    pub html: String,
}

/// A page: a model that knows how it is shown.
pub trait Page {
    /// What it is called, in the heading, the window and the history.
    fn title(&self) -> String;

    /// Where it stands.
    fn place(&self) -> Place;

    /// What it shows, below its heading.
    fn body(&self, frame: &Frame) -> Markup;

    /// What stands beside its heading: its state, and what can be done.
    fn beside(&self, _frame: &Frame) -> Option<Markup> {
        None
    }

    /// The command that shows the same, without `carelake`; none where there is nothing to have elsewhere.
    fn command(&self) -> Option<String> {
        None
    }

    /// Whether it can also be had as CSV and JSON: its address with `format=csv` or `format=json`.
    fn is_a_list(&self) -> bool {
        false
    }

    /// The parts that change while it is open, as they are now.
    fn regions(&self, _frame: &Frame) -> Vec<Region> {
        Vec::new()
    }
}
