//! A provider that is to be registered, or to have a further credential; and the credential, shown once.

use crate::{
    Address, Frame, Page, Place, Section, button, facts,
    field::{self, Field},
    text::text,
};
use maud::{Markup, html};

/// How a provider can show that it is itself: the word, and what it is.
const METHODS: [(&str, &str); 5] = [
    ("secret", "a client id and a secret (OAuth 2 client credentials)"),
    ("smart", "signed assertions (SMART Backend Services)"),
    ("sigv4", "signed requests (AWS Signature Version 4)"),
    ("mtls", "a certificate of its own (mutual TLS)"),
    ("issuer", "tokens of an outside issuer"),
];

/// What is asked of a new provider, or of a new credential, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct ProviderForm {
    /// The provider that gets a further credential; none where one is to be registered.
    pub of: Option<String>,
    /// Its name.
    pub name: String,
    /// Its grants, apart by spaces.
    pub scopes: String,
    /// The method of its credential.
    pub method: String,
    /// A JWK Set, or the https address of one.
    pub keys: String,
    /// A certificate in PEM.
    pub certificate: String,
    /// An outside issuer.
    pub issuer: String,
    /// The client's name there.
    pub client: String,
    /// Networks it may come from, apart by spaces.
    pub networks: String,
    /// Whether it may come over private addresses only.
    pub private_only: bool,
    /// How long older credentials of the same method go on, in hours.
    pub overlap_hours: String,
    /// The outside issuers that there are.
    pub issuers: Vec<String>,
    /// What is wrong with what was typed: the field, and a sentence.
    pub problem: Option<(String, String)>,
}

impl Page for ProviderForm {
    fn title(&self) -> String {
        match &self.of {
            Some(name) => format!("A further credential for {name}"),
            None => "Register a provider".to_owned(),
        }
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Providers);
        place.above.extend(self.of.as_ref().map(|name| (name.clone(), Address::provider(name))));
        place
    }

    fn body(&self, frame: &Frame) -> Markup {
        let to = match &self.of {
            Some(name) => Address::new_credential(name),
            None => Address::new_provider(),
        };
        let back = self.of.as_ref().map_or_else(Address::providers, |name| Address::provider(name));
        html! {
            @if let Some((name, why)) = &self.problem { (field::problem(name, why)) }
            p {
                @match &self.of {
                    None => "It is let in from its first request on, with the credential that is shown once on the next page.",
                    Some(_) => "The new credential is shown once on the next page. Older ones of the same method go on for the hours that you say, then end.",
                }
            }
            (field::post(frame, &to, "form", html! {
                @if self.of.is_none() {
                    (Field { name: "name", label: "Name, and its id space", value: &self.name, required: true,
                        hint: "a-z, 0-9 and -, such as gp-elm-grove", ..Field::default() }.render())
                    (Field { name: "scopes", label: "What it may do", value: &self.scopes, required: true,
                        hint: "SMART scopes, such as system/*.c or system/Observation.cu", ..Field::default() }.render())
                }
                (field::choice("method", "How it shows that it is itself", &METHODS, &self.method))
                (self.method("smart", "For SMART Backend Services: its public keys", html! {
                    (Field { name: "keys", label: "Public keys", value: &self.keys, lines: 4,
                        hint: "a JWK Set, or the https address of one", ..Field::default() }.render())
                }))
                (self.method("mtls", "For mutual TLS: its certificate", html! {
                    (Field { name: "certificate", label: "Certificate", value: &self.certificate, lines: 4,
                        hint: "in PEM", ..Field::default() }.render())
                }))
                @if !self.issuers.is_empty() {
                    @let none = [("", "none")];
                    @let issuers: Vec<_> = none.into_iter().chain(self.issuers.iter().map(|name| (name.as_str(), name.as_str()))).collect();
                    (self.method("issuer", "For an outside issuer: which, and who it is there", html! {
                        (field::choice("issuer", "Issuer", &issuers, &self.issuer))
                        (Field { name: "client", label: "Its client there", value: &self.client, ..Field::default() }.render())
                    }))
                }
                @if self.of.is_none() {
                    (Field { name: "networks", label: "Networks that it may come from", value: &self.networks,
                        hint: "such as 10.8.0.0/16; any, if empty", ..Field::default() }.render())
                    (field::tick("private_only", "Over the gateway's private addresses only", self.private_only))
                } @else {
                    (Field { name: "overlap_hours", label: "Hours that older credentials go on", kind: "number",
                        value: &self.overlap_hours, required: true, ..Field::default() }.render())
                }
                div class="buttons" {
                    (field::submit(if self.of.is_none() { "Register it" } else { "Make it" }))
                    (button::button(&back, "Go back"))
                }
            }))
            p class="hint" { "From the command line: "
                (facts::command(&match &self.of {
                    Some(name) => format!("provider rotate {}", facts::word(name)),
                    None => "provider add NAME".to_owned(),
                }))
            }
        }
    }
}

impl ProviderForm {
    /// What one method asks for; open where it is chosen.
    fn method(&self, method: &str, title: &str, inside: Markup) -> Markup {
        html! { details class="method" open[self.method == method] { summary { (text(title)) } (inside) } }
    }
}

/// A credential that was just made: shown this once.
#[derive(Clone, Debug)]
pub struct ShownOnce {
    /// The provider that it is of.
    pub provider: String,
    /// What it is made of: names and values.
    pub parts: Vec<(String, String)>,
    /// How a first token is had with it, where it is one of client id and secret.
    pub first_token: Option<String>,
}

impl Page for ShownOnce {
    fn title(&self) -> String {
        format!("The credential of {}", self.provider)
    }

    fn place(&self) -> Place {
        let mut place = Place::below(Section::Providers);
        place.above.push((self.provider.clone(), Address::provider(&self.provider)));
        place
    }

    fn body(&self, _: &Frame) -> Markup {
        html! {
            div class="message success" role="status" {
                (crate::icon::of(crate::Tone::Good))
                div { p { strong { "It counts from now on." } } p { "What follows is shown this once: hand it over on a way of its own, and leave this page." } }
            }
            @for (name, value) in &self.parts {
                div class="once" { span class="hint" { (text(name)) } pre tabindex="0" { (text(value)) } }
            }
            @if let Some(command) = &self.first_token {
                (facts::section("A first token", html! { pre tabindex="0" { (text(command)) } }))
            }
            p { (button::button(&Address::provider(&self.provider), "To the provider")) }
        }
    }
}
