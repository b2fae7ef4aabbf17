//! The walk over one element's value: what stands anywhere in it, told by its form.
//!
//! The form is enough and the types of FHIR are not asked: `extension` holds extensions, an object with `system` and
//! `code` is a Coding, one with a number as `value` and a unit is a Quantity. So contained resources and the values of
//! extensions are read like everything else.

use fhir::json::{JsonError, Token, Tokens};
use std::borrow::Cow;

/// Who is told what was found.
pub(super) trait Finds {
    /// A code system; whether it stood in an extension.
    fn system(&mut self, uri: &str, in_extension: bool);
    /// An extension that is no part of another.
    fn extension(&mut self, url: &str);
    /// A profile that the resource claims.
    fn profile(&mut self, url: &str);
    /// A quantity's unit: its system and code if there are such, and whether there is a text.
    fn unit(&mut self, system: Option<&str>, code: Option<&str>, has_text: bool);
    /// What a code stands for, if it may be told.
    fn concept(&mut self, system: &str, code: &str) -> Option<u32>;
    /// How many units were told of that belong to no concept yet.
    fn open_units(&self) -> usize;
    /// Those from `first` on belong to `concept`.
    fn close_units(&mut self, first: usize, concept: u32);
}

/// Where the walk is.
#[derive(Clone, Copy)]
pub(super) struct Place<'n> {
    /// The name of the member whose value it is.
    pub(super) name: &'n str,
    pub(super) in_extension: bool,
    /// Whether a code here says what the surrounding element is of.
    pub(super) names_concept: bool,
    /// Whether this is `meta` itself.
    pub(super) is_meta: bool,
}

/// Walks over the value that comes next, and says what concept it names.
pub(super) fn value(
    tokens: &mut Tokens<'_>,
    place: Place<'_>,
    finds: &mut impl Finds,
) -> Result<Option<u32>, JsonError> {
    match tokens.token()? {
        Some(Token::Object) => object(tokens, place, finds),
        Some(Token::Array) => array(tokens, place, finds),
        _ => Ok(None),
    }
}

fn array(
    tokens: &mut Tokens<'_>,
    place: Place<'_>,
    finds: &mut impl Finds,
) -> Result<Option<u32>, JsonError> {
    let mut concept = None;
    loop {
        let found = match tokens.token()? {
            Some(Token::Object) => object(tokens, place, finds)?,
            Some(Token::Array) => array(tokens, place, finds)?,
            Some(Token::End) | None => return Ok(concept),
            Some(Token::Text(text)) => {
                if place.is_meta && place.name == "profile" {
                    finds.profile(&text);
                }
                None
            }
            Some(_) => None,
        };
        concept = concept.or(found);
    }
}

/// What an object has that tells what it is.
#[derive(Default)]
struct Form<'t> {
    system: Option<Cow<'t, str>>,
    code: Option<Cow<'t, str>>,
    url: Option<Cow<'t, str>>,
    has_unit: bool,
    has_value: bool,
    has_number: bool,
    has_display: bool,
}

fn object(
    tokens: &mut Tokens<'_>,
    place: Place<'_>,
    finds: &mut impl Finds,
) -> Result<Option<u32>, JsonError> {
    let mut form = Form::default();
    let (mut own, mut inner) = (None, None);
    let first = finds.open_units();
    while let Some(Token::Name(name)) = tokens.token()? {
        let child = Place {
            name: &name,
            in_extension: place.in_extension || is_extension(&name),
            names_concept: name == "code" || place.names_concept && name == "coding",
            is_meta: place.is_meta,
        };
        match tokens.token()? {
            Some(Token::Object) => note(&name, object(tokens, child, finds)?, &mut own, &mut inner),
            Some(Token::Array) => note(&name, array(tokens, child, finds)?, &mut own, &mut inner),
            Some(Token::Text(text)) => form.text(&name, text),
            Some(Token::Number(_)) if name == "value" => (form.has_value, form.has_number) = (true, true),
            _ => {}
        }
    }
    if let Some(own) = own {
        finds.close_units(first, own);
    }
    Ok(form.tell(place, finds).or(inner))
}

/// Keeps the concept that a member named: `code` says what this object is of, `coding` what the surrounding one is.
fn note(name: &str, found: Option<u32>, own: &mut Option<u32>, inner: &mut Option<u32>) {
    match name {
        "code" => *own = own.or(found),
        "coding" => *inner = inner.or(found),
        _ => {}
    }
}

pub(super) fn is_extension(name: &str) -> bool {
    name == "extension" || name == "modifierExtension"
}

impl<'t> Form<'t> {
    fn text(&mut self, name: &str, text: Cow<'t, str>) {
        match name {
            "system" => self.system = Some(text),
            "code" => self.code = Some(text),
            "url" => self.url = Some(text),
            "unit" => self.has_unit = true,
            "value" => self.has_value = true,
            "display" => self.has_display = true,
            _ => {}
        }
    }

    fn tell(&self, place: Place<'_>, finds: &mut impl Finds) -> Option<u32> {
        let (system, code) = (self.system.as_deref(), self.code.as_deref());
        if let Some(url) = &self.url
            && is_extension(place.name)
        {
            // Parts of an extension have relative names, which are its own business.
            if url.contains(':') {
                finds.extension(url);
            }
            return None;
        }
        let quantity = place.name.ends_with("Quantity") || place.name == "quantity";
        if self.has_number && (quantity || self.has_unit || code.is_some()) {
            finds.unit(system, code, self.has_unit);
            return None;
        }
        let system = system.filter(|_| !self.has_value && (code.is_some() || self.has_display))?;
        finds.system(system, place.in_extension);
        if place.names_concept { finds.concept(system, code?) } else { None }
    }
}
