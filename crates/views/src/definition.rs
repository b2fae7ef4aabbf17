//! ViewDefinition as it was written: its form is checked here, its expressions when it is compiled.

use crate::{ViewError, ViewErrorReason, path::Constant};
use fhir::{
    json::Value,
    path::{Decimal, Literal, Moment},
};

/// How deeply `select` and `unionAll` may nest.
const MAX_DEPTH: usize = 32;

/// What a ViewDefinition calls its type: 2.0 the logical model's canonical, 3.0 the plain token, and the canonical in
/// `resourceDefinition`. Both schemes of the older address are in use.
const CANONICALS: &[&str] = &[
    "http://hl7.org/fhir/StructureDefinition/ViewDefinition",
    "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition",
    "http://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition",
];

/// A ViewDefinition of right form, as SQL on FHIR 2.0 or the ballot of 3.0 has it
/// (`StructureDefinition/ViewDefinition`).
#[derive(Clone, Debug)]
pub struct ViewDefinition {
    name: String,
    resource: String,
    description: Option<String>,
    text: String,
    pub(crate) constants: Vec<Constant>,
    pub(crate) selects: Vec<Select>,
    pub(crate) wheres: Vec<Text>,
}

/// A text and the element that it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) at: String,
    pub(crate) text: String,
}

/// One `select`, or one branch of a `unionAll`.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) each: Iteration,
    pub(crate) columns: Vec<ColumnDefinition>,
    pub(crate) selects: Vec<Self>,
    pub(crate) union_at: String,
    pub(crate) union_all: Vec<Self>,
}

/// What a `select` makes rows of.
#[derive(Clone, Debug)]
pub(crate) enum Iteration {
    Focus,
    ForEach { path: Text, or_null: bool },
    Repeat(Vec<Text>),
}

/// One `column`.
#[derive(Clone, Debug)]
pub(crate) struct ColumnDefinition {
    pub(crate) at: String,
    pub(crate) name: String,
    pub(crate) path: Text,
    pub(crate) description: Option<String>,
    pub(crate) kind: Option<Text>,
    pub(crate) ansi: Option<Text>,
    pub(crate) misfit: Option<Text>,
    pub(crate) collection: bool,
}

impl ViewDefinition {
    /// Reads a ViewDefinition resource.
    ///
    /// The elements that 3.0 added or changed are checked; others that do not say how rows are made (`status`,
    /// `url`, …) are passed over. `fhirVersion` and `profile` tell people what the view is for: its rows are those
    /// that R4 makes of them.
    ///
    /// # Errors
    /// An element is missing or of the wrong form; the error names it.
    pub fn parse(json: &Value<'_>) -> Result<Self, ViewError> {
        let root = Element { at: String::new(), value: json };
        if json.as_object().is_none() {
            return Err(root.form("an object"));
        }
        root.check_head()?;
        let resource = root.required("resource")?.text()?;
        let name = match root.member("name") {
            Some(name) => name.name()?,
            None => resource.to_lowercase(),
        };
        let selects = root.required("select")?.items()?;
        let wheres = root.optional_items("where")?;
        Ok(Self {
            name,
            resource,
            description: root.optional_text("description")?,
            text: String::from_utf8_lossy(&json.to_canonical()).into_owned(),
            constants: root.optional_items("constant")?.iter().map(constant).collect::<Result<_, _>>()?,
            selects: selects.iter().map(|item| select(item, 0)).collect::<Result<_, _>>()?,
            wheres: wheres.iter().map(|item| item.required("path")?.located()).collect::<Result<_, _>>()?,
        })
    }

    /// The view's name; the resource type in lower case where the definition has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The resource type that it makes rows of.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// What the definition says about itself.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The whole resource as JSON in canonical form.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A value and where it stands.
struct Element<'v> {
    at: String,
    value: &'v Value<'v>,
}

impl<'v> Element<'v> {
    fn path_of(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    fn member(&self, name: &str) -> Option<Self> {
        self.value.get(name).map(|value| Self { at: self.path_of(name), value })
    }

    fn required(&self, name: &str) -> Result<Self, ViewError> {
        self.member(name).ok_or_else(|| ViewError::new(self.path_of(name), ViewErrorReason::Missing))
    }

    fn form(&self, expected: &'static str) -> ViewError {
        ViewError::new(&self.at, ViewErrorReason::Form { expected })
    }

    fn text(&self) -> Result<String, ViewError> {
        match self.value.as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(self.form("a text")),
        }
    }

    fn located(&self) -> Result<Text, ViewError> {
        Ok(Text { at: self.at.clone(), text: self.text()? })
    }

    /// Checks what says which version of the standard the definition is of, and what it is for.
    fn check_head(&self) -> Result<(), ViewError> {
        if let Some(kind) = self.member("resourceType") {
            let text = kind.text()?;
            if text != "ViewDefinition" && !CANONICALS.contains(&text.as_str()) {
                return Err(kind.form("`ViewDefinition`"));
            }
        }
        if let Some(definition) = self.member("resourceDefinition") {
            let text = definition.text()?;
            let canonical = text.split_once('|').map_or(text.as_str(), |(canonical, _)| canonical);
            if !CANONICALS.contains(&canonical) {
                return Err(definition.form("the canonical of ViewDefinition"));
            }
        }
        // One in 2.0, several in 3.0.
        if let Some(identifier) = self.member("identifier") {
            let several = identifier.value.as_array().is_some();
            let items = if several { identifier.items()? } else { vec![identifier] };
            if let Some(wrong) = items.iter().find(|item| item.value.as_object().is_none()) {
                return Err(wrong.form("an Identifier"));
            }
        }
        for name in ["profile", "fhirVersion"] {
            for item in self.optional_items(name)? {
                item.text()?;
            }
        }
        Ok(())
    }

    fn optional_text(&self, name: &str) -> Result<Option<String>, ViewError> {
        self.member(name).map(|member| member.text()).transpose()
    }

    /// A name that databases take (the standard's constraint `sql-name`).
    fn name(&self) -> Result<String, ViewError> {
        let text = self.text()?;
        let fits = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if fits { Ok(text) } else { Err(self.form("a letter, then letters, digits and `_`")) }
    }

    fn items(&self) -> Result<Vec<Self>, ViewError> {
        let items = self.value.as_array().filter(|items| !items.is_empty());
        let items = items.ok_or_else(|| self.form("an array with items"))?;
        let located = |(index, value)| Self { at: format!("{}[{index}]", self.at), value };
        Ok(items.iter().enumerate().map(located).collect())
    }

    fn optional_items(&self, name: &str) -> Result<Vec<Self>, ViewError> {
        self.member(name).map_or_else(|| Ok(Vec::new()), |member| member.items())
    }
}

fn constant(element: &Element<'_>) -> Result<Constant, ViewError> {
    let name = element.required("name")?.name()?;
    let members = element.value.as_object().into_iter().flat_map(|object| object.iter());
    let mut values =
        members.filter_map(|(member, _)| member.strip_prefix("value").map(|kind| (member, kind)));
    let (member, kind) =
        values.next().ok_or_else(|| ViewError::new(element.path_of("value[x]"), ViewErrorReason::Missing))?;
    let value = element.required(member)?;
    let text = value.value.as_number().or_else(|| value.value.as_str()).unwrap_or_default();
    let need = |found: Option<Literal>, expected| found.ok_or_else(|| value.form(expected));
    let literal = match kind {
        "Boolean" => need(value.value.as_bool().map(Literal::Boolean), "a boolean")?,
        "Decimal" => need(Decimal::parse(text).map(Literal::Decimal), "a number")?,
        "Integer" | "PositiveInt" | "UnsignedInt" => {
            need(text.parse().ok().map(|whole: i32| Literal::Integer(whole.into())), "a whole number")?
        }
        "Integer64" => need(text.parse().ok().map(Literal::Long), "a whole number")?,
        "Date" => need(Moment::parse_date(text).map(Literal::Moment), "a date")?,
        "DateTime" | "Instant" => {
            need(Moment::parse_date_time(text).map(Literal::Moment), "a date and time")?
        }
        "Time" => need(Moment::parse_time(text).map(Literal::Moment), "a time")?,
        "Base64Binary" | "Canonical" | "Code" | "Id" | "Markdown" | "Oid" | "String" | "Uri" | "Url"
        | "Uuid" => Literal::String(value.text()?),
        _ => return Err(ViewError::new(&value.at, ViewErrorReason::Unsupported { what: member.to_owned() })),
    };
    Ok(Constant { name, value: literal, text: text.into() })
}

fn select(element: &Element<'_>, depth: usize) -> Result<Select, ViewError> {
    if depth == MAX_DEPTH {
        return Err(element.form("nested less deeply"));
    }
    if element.value.as_object().is_none() {
        return Err(element.form("an object"));
    }
    let columns = element.optional_items("column")?;
    let selects = element.optional_items("select")?;
    let union_all = element.optional_items("unionAll")?;
    let nested =
        |items: Vec<Element<'_>>| items.iter().map(|item| select(item, depth + 1)).collect::<Result<_, _>>();
    Ok(Select {
        each: each(element)?,
        columns: columns.iter().map(column).collect::<Result<_, _>>()?,
        selects: nested(selects)?,
        union_at: element.path_of("unionAll"),
        union_all: nested(union_all)?,
    })
}

fn each(element: &Element<'_>) -> Result<Iteration, ViewError> {
    let found = (element.member("forEach"), element.member("forEachOrNull"), element.member("repeat"));
    match found {
        (None, None, None) => Ok(Iteration::Focus),
        (Some(path), None, None) => Ok(Iteration::ForEach { path: path.located()?, or_null: false }),
        (None, Some(path), None) => Ok(Iteration::ForEach { path: path.located()?, or_null: true }),
        (None, None, Some(paths)) => {
            Ok(Iteration::Repeat(paths.items()?.iter().map(Element::located).collect::<Result<_, _>>()?))
        }
        _ => Err(element.form("with at most one of `forEach`, `forEachOrNull` and `repeat`")),
    }
}

fn column(element: &Element<'_>) -> Result<ColumnDefinition, ViewError> {
    let (mut ansi, mut misfit) = (None, None);
    for tag in element.optional_items("tag")? {
        match tag.required("name")?.text()?.as_str() {
            "ansi/type" => ansi = Some(tag.required("value")?.located()?),
            "carelake/misfit" => misfit = Some(tag.required("value")?.located()?),
            _ => {}
        }
    }
    let collection = match element.member("collection") {
        None => false,
        Some(flag) => flag.value.as_bool().ok_or_else(|| flag.form("a boolean"))?,
    };
    Ok(ColumnDefinition {
        at: element.at.clone(),
        name: element.required("name")?.name()?,
        path: element.required("path")?.located()?,
        description: element.optional_text("description")?,
        kind: element.member("type").map(|kind| kind.located()).transpose()?,
        ansi,
        misfit,
        collection,
    })
}
