//! What may be registered as a view.

use crate::refinery::view_rows::table_schema;
use control::{Control, ControlError, NewView};
use deltalake::kernel::{StructType, engine::arrow_conversion::TryIntoKernel};
use fhir::{ResourceType, json};
use std::collections::HashSet;
use views::{View, ViewDefinition, ViewError};

/// Why a definition cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is no JSON.
    #[error("it is no JSON")]
    Json(#[source] json::JsonError),
    /// It is JSON and no ViewDefinition that can be compiled.
    #[error("it is no ViewDefinition that the lake understands")]
    Definition(#[source] ViewError),
    /// No resources of this type are kept.
    #[error("it is over `{0}`, which is no resource type of FHIR R4")]
    Type(String),
    /// SQL folds names to lower case, so this one could be asked for in quotes only.
    #[error("its name `{0}` has capital letters, which SQL folds to small ones: write it small")]
    Capitals(String),
    /// A view that every lake has goes by this name.
    #[error("its name `{0}` is a built-in view's: give it another")]
    BuiltIn(String),
    /// Two columns differ in capital letters only.
    #[error("it has two columns `{0}` but for capital letters, which tables do not tell apart")]
    Columns(String),
    /// A column's type cannot be kept.
    #[error("a table cannot hold its columns")]
    Kept(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The control database failed.
    #[error("register the view")]
    Control(#[source] ControlError),
}

/// A ViewDefinition, compiled.
///
/// # Errors
/// It is no JSON, or no ViewDefinition that is understood.
pub fn compile(text: &[u8]) -> Result<View, Refused> {
    let value = json::parse(text).map_err(Refused::Json)?;
    let definition = ViewDefinition::parse(&value).map_err(Refused::Definition)?;
    View::compile(&definition).map_err(Refused::Definition)
}

/// A view as the control database registers it.
pub(super) fn to_register(view: &View) -> NewView {
    NewView {
        name: view.name().to_owned(),
        resource: view.resource().to_owned(),
        definition: view.definition().to_owned(),
    }
}

/// Registers a ViewDefinition beside the `builtin` ones: the compiled view, and its number unless the newest of that
/// name has the same definition already. The worker builds it.
///
/// # Errors
/// It cannot be kept as a table, or the control database failed.
pub async fn register(
    control: &Control,
    builtin: &[View],
    text: &[u8],
) -> Result<(View, Option<i64>), Refused> {
    let view = compile(text)?;
    check(&view, builtin)?;
    let number = control.register_view(&to_register(&view)).await.map_err(Refused::Control)?;
    Ok((view, number))
}

fn check(view: &View, builtin: &[View]) -> Result<(), Refused> {
    let name = view.name();
    if builtin.iter().any(|other| other.name().eq_ignore_ascii_case(name)) {
        return Err(Refused::BuiltIn(name.to_owned()));
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Refused::Capitals(name.to_owned()));
    }
    if ResourceType::parse(view.resource()).is_none() {
        return Err(Refused::Type(view.resource().to_owned()));
    }
    let mut seen = HashSet::new();
    for column in view.columns() {
        if !seen.insert(column.name.to_ascii_lowercase()) {
            return Err(Refused::Columns(column.name.clone()));
        }
    }
    let kept: Result<StructType, _> = table_schema(view).as_ref().try_into_kernel();
    kept.map(drop).map_err(|error| Refused::Kept(Box::new(error)))
}
