//! Texts (FHIRPath §5.6). Places and lengths count characters, not bytes.

use super::{Answer, Call, Definition, Gives, made, maybe, truth};
use crate::path::{
    error::{PathError, Rule},
    evaluate::Evaluator,
    item::Item,
    types::SystemType,
};
use std::borrow::Cow;

const TEXT: Gives = Gives::One(SystemType::String);
const NUMBER: Gives = Gives::One(SystemType::Integer);

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("indexOf", 1, 1, |evaluator, call| index(evaluator, call, |text, part| text.find(part)))
        .on_text()
        .gives(NUMBER),
    Definition::new("lastIndexOf", 1, 1, |evaluator, call| {
        index(evaluator, call, |text, part| text.rfind(part))
    })
    .on_text()
    .gives(NUMBER),
    Definition::new("substring", 1, 2, substring).on_text().gives(TEXT),
    Definition::new("startsWith", 1, 1, |evaluator, call| {
        asked(evaluator, call, |text, part| text.starts_with(part))
    })
    .on_text()
    .boolean(),
    Definition::new("endsWith", 1, 1, |evaluator, call| {
        asked(evaluator, call, |text, part| text.ends_with(part))
    })
    .on_text()
    .boolean(),
    Definition::new("contains", 1, 1, |evaluator, call| {
        asked(evaluator, call, |text, part| text.contains(part))
    })
    .on_text()
    .boolean(),
    Definition::new("upper", 0, 0, |evaluator, call| changed(evaluator, call, str::to_uppercase))
        .on_text()
        .gives(TEXT),
    Definition::new("lower", 0, 0, |evaluator, call| changed(evaluator, call, str::to_lowercase))
        .on_text()
        .gives(TEXT),
    Definition::new("trim", 0, 0, |evaluator, call| changed(evaluator, call, |text| text.trim().to_owned()))
        .on_text()
        .gives(TEXT),
    Definition::new("replace", 2, 2, replace).on_text().gives(TEXT),
    Definition::new("length", 0, 0, length).on_text().gives(NUMBER),
    Definition::new("toChars", 0, 0, to_chars).on_text(),
    Definition::new("split", 1, 1, split).on_text(),
    Definition::new("join", 0, 1, join).gives(TEXT),
];

/// A text and what is looked for in it.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The text of the input and that of the first argument, if both are there.
fn pair<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Result<Option<Pair<'a>>, PathError> {
    let (text, part) = (call.text()?, call.text_argument(evaluator, 0)?);
    let pair = text.zip(part);
    let length = pair.as_ref().map_or(0, |(text, part)| text.len() + part.len());
    evaluator.spend(length / 64, call.position)?;
    Ok(pair)
}

fn index<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    find: fn(&str, &str) -> Option<usize>,
) -> Answer<'a> {
    let Some((text, part)) = pair(evaluator, call)? else { return Ok(Vec::new()) };
    let before = find(&text, &part).and_then(|at| text.get(..at));
    let place = before.map_or(Some(-1), |before| i64::try_from(before.chars().count()).ok());
    maybe(place.map(Item::Integer))
}

fn asked<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    ask: fn(&str, &str) -> bool,
) -> Answer<'a> {
    match pair(evaluator, call)? {
        Some((text, part)) => truth(ask(&text, &part)),
        None => Ok(Vec::new()),
    }
}

fn changed<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    change: fn(&str) -> String,
) -> Answer<'a> {
    match call.text()? {
        Some(text) => made(evaluator, call, change(&text)),
        None => Ok(Vec::new()),
    }
}

fn substring<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let (text, start) = (call.text()?, call.integer_argument(evaluator, 0)?);
    let length = call.integer_argument(evaluator, 1)?;
    let (Some(text), Some(Ok(start))) = (text, start.map(usize::try_from)) else { return Ok(Vec::new()) };
    if text.chars().nth(start).is_none() {
        return Ok(Vec::new());
    }
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or_default());
    let part = text.chars().skip(start).take(length).collect();
    made(evaluator, call, part)
}

fn replace<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let pair = pair(evaluator, call)?;
    let (Some((text, part)), Some(by)) = (pair, call.text_argument(evaluator, 1)?) else {
        return Ok(Vec::new());
    };
    // What comes out may be much longer than what went in, so that it is counted before it is made.
    let times = text.matches(part.as_ref()).count();
    evaluator.spend(times.saturating_mul(by.len()) / 8, call.position)?;
    made(evaluator, call, text.replace(part.as_ref(), &by))
}

fn length<'a>(_: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let length = call.text()?.map(|text| text.chars().count());
    maybe(length.and_then(|length| i64::try_from(length).ok()).map(Item::Integer))
}

fn to_chars<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some(text) = call.text()? else { return Ok(Vec::new()) };
    evaluator.spend(text.len(), call.position)?;
    Ok(text.chars().map(|character| Item::String(Cow::Owned(character.to_string()))).collect())
}

fn split<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some((text, separator)) = pair(evaluator, call)? else { return Ok(Vec::new()) };
    evaluator.spend(text.len(), call.position)?;
    if separator.is_empty() {
        return Ok(text.chars().map(|character| Item::String(Cow::Owned(character.to_string()))).collect());
    }
    Ok(text.split(separator.as_ref()).map(|part| Item::String(Cow::Owned(part.to_owned()))).collect())
}

/// The texts of the input in one; primitives without a value are passed over.
fn join<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    if call.input.is_empty() && !evaluator.environment.empty_join {
        return Ok(Vec::new());
    }
    let separator = call.text_argument(evaluator, 0)?.unwrap_or_default();
    let mut parts = Vec::new();
    for item in &call.input {
        match item.value() {
            Some(Item::String(text)) => parts.push(text),
            None => {}
            Some(_) => return Err(call.fail(Rule::Operand)),
        }
    }
    let length: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
    evaluator.spend(length / 8, call.position)?;
    made(evaluator, call, parts.join(separator.as_ref()))
}
