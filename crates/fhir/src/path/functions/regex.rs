//! Regular expressions (FHIRPath §5.6.9, §5.6.10), matched in time linear in the text.

use super::{Answer, Call, Definition, Gives, made, truth};
use crate::path::{
    ast::ExprKind,
    error::{PathError, Rule},
    evaluate::Evaluator,
    types::SystemType,
};
use regex::{Captures, Regex, RegexBuilder};

/// The memory that one compiled expression may take.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// What compiling one counts as work.
const COMPILING: usize = 1_000;

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("matches", 1, 2, |evaluator, call| matches(evaluator, call, false)).on_text().boolean(),
    Definition::new("matchesFull", 1, 2, |evaluator, call| matches(evaluator, call, true))
        .on_text()
        .boolean(),
    Definition::new("replaceMatches", 2, 2, replace_matches).on_text().gives(Gives::One(SystemType::String)),
];

/// Compiles a pattern. A full stop matches line ends too (§5.6.9, "single line mode"); of flags there are `i` and `m`.
fn compile(call: &Call<'_, '_>, pattern: &str, flags: &str) -> Result<Regex, PathError> {
    if !flags.chars().all(|flag| matches!(flag, 'i' | 'm')) {
        return Err(call.fail(Rule::Argument));
    }
    RegexBuilder::new(pattern)
        .dot_matches_new_line(true)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .nest_limit(64)
        .build()
        .map_err(|_| call.fail(Rule::Regex))
}

/// The pattern of the first argument, from what was compiled before if it stands in the expression's text.
fn pattern<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    pattern: &str,
    flags: &str,
    full: bool,
) -> Result<Regex, PathError> {
    evaluator.spend(COMPILING, call.position)?;
    let compiled = || {
        let alone = compile(call, pattern, flags)?;
        // Compiled alone first, so that an unbalanced bracket cannot escape the group.
        if full { compile(call, &format!("^(?:{pattern})$"), flags) } else { Ok(alone) }
    };
    let fixed = call.arguments.first().is_some_and(|argument| matches!(argument.kind, ExprKind::Literal(_)));
    if fixed { evaluator.patterns.get(format!("{full}{flags}/{pattern}"), compiled) } else { compiled() }
}

fn matches<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>, full: bool) -> Answer<'a> {
    let (text, asked) = (call.text()?, call.text_argument(evaluator, 0)?);
    let flags = call.text_argument(evaluator, 1)?.unwrap_or_default();
    let (Some(text), Some(asked)) = (text, asked) else { return Ok(Vec::new()) };
    evaluator.spend(text.len() / 8, call.position)?;
    truth(pattern(evaluator, call, &asked, &flags, full)?.is_match(&text))
}

fn replace_matches<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let (text, asked) = (call.text()?, call.text_argument(evaluator, 0)?);
    let by = call.text_argument(evaluator, 1)?;
    let (Some(text), Some(asked), Some(by)) = (text, asked, by) else { return Ok(Vec::new()) };
    if asked.is_empty() {
        return made(evaluator, call, text.into_owned());
    }
    evaluator.spend(text.len() / 8, call.position)?;
    let regex = pattern(evaluator, call, &asked, "", false)?;
    let mut result = String::new();
    let mut end = 0;
    for captures in regex.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        result.push_str(text.get(end..whole.start()).unwrap_or_default());
        expand(&by, &captures, &mut result);
        end = whole.end();
        evaluator.spend(1 + by.len() / 8 + whole.len() / 8, call.position)?;
        if result.len() / 8 > usize::try_from(evaluator.environment.work).unwrap_or(usize::MAX) {
            return Err(call.fail(Rule::Limit));
        }
    }
    result.push_str(text.get(end..).unwrap_or_default());
    made(evaluator, call, result)
}

/// Appends `by` with `$1` and `${name}` replaced by what their groups matched; `$$` and any other `$` is itself.
fn expand(by: &str, captures: &Captures<'_>, result: &mut String) {
    let mut rest = by;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let named = after.strip_prefix('{').and_then(|named| named.split_once('}'));
        if let Some((name, remaining)) = named {
            result.push_str(captures.name(name).map_or("", |found| found.as_str()));
            rest = remaining;
        } else if digits > 0 {
            let (number, remaining) = after.split_at(digits);
            let group = number.parse().ok().and_then(|number: usize| captures.get(number));
            result.push_str(group.map_or("", |found| found.as_str()));
            rest = remaining;
        } else {
            result.push('$');
            rest = after.strip_prefix('$').unwrap_or(after);
        }
    }
    result.push_str(rest);
}
