//! Elements whose type is part of their name: `value[x]` is `valueQuantity`, `valueString`, … (R4 §2.6.6.4).

/// The base names of every choice element of R4 4.0.1, from the published StructureDefinitions, sorted.
const NAMES: &[&str] = &[
    "abatement",
    "additive",
    "age",
    "allowed",
    "amount",
    "answer",
    "asNeeded",
    "author",
    "born",
    "bounds",
    "characteristic",
    "chargeItem",
    "code",
    "collected",
    "content",
    "created",
    "date",
    "deceased",
    "defaultValue",
    "definingSubstance",
    "definition",
    "detail",
    "diagnosis",
    "dose",
    "doseNumber",
    "due",
    "duration",
    "effective",
    "entity",
    "event",
    "example",
    "fastingStatus",
    "fixed",
    "identified",
    "indication",
    "instances",
    "item",
    "legallyBinding",
    "location",
    "manufacturer",
    "maxValue",
    "medication",
    "minValue",
    "minimumVolume",
    "module",
    "multipleBirth",
    "name",
    "occurred",
    "occurrence",
    "offset",
    "onset",
    "participantEffective",
    "pattern",
    "performed",
    "probability",
    "procedure",
    "product",
    "quantity",
    "rate",
    "reported",
    "scheduled",
    "seriesDoses",
    "serviced",
    "source",
    "start",
    "statusReason",
    "studyEffective",
    "subject",
    "substance",
    "target",
    "time",
    "timing",
    "topic",
    "used",
    "value",
    "when",
];

/// The types that a choice element can have, as they stand in its name, sorted.
const TYPES: &[&str] = &[
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "CodeableConcept",
    "Coding",
    "ContactDetail",
    "ContactPoint",
    "Contributor",
    "Count",
    "DataRequirement",
    "Date",
    "DateTime",
    "Decimal",
    "Distance",
    "Dosage",
    "Duration",
    "Expression",
    "HumanName",
    "Id",
    "Identifier",
    "Instant",
    "Integer",
    "Markdown",
    "Meta",
    "Money",
    "Oid",
    "ParameterDefinition",
    "Period",
    "PositiveInt",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "RelatedArtifact",
    "SampledData",
    "Signature",
    "String",
    "Time",
    "Timing",
    "TriggerDefinition",
    "UnsignedInt",
    "Uri",
    "Url",
    "UsageContext",
    "Uuid",
];

/// Whether `name` is a choice element's in some resource type.
pub(crate) fn is_choice(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// Whether `kind` is a data type, as a choice element's name has it.
pub(crate) fn is_type(kind: &str) -> bool {
    TYPES.binary_search(&kind).is_ok()
}

/// The choice element that `member` is a form of (`valueQuantity` → `value`).
pub(crate) fn base_of(member: &str) -> Option<&str> {
    let capitals = member.char_indices().filter(|(_, letter)| letter.is_ascii_uppercase());
    let mut splits = capitals.filter_map(|(at, _)| member.split_at_checked(at));
    splits.find(|(base, kind)| is_choice(base) && is_type(kind)).map(|(base, _)| base)
}

/// What the choice element `name` may be called.
pub(crate) fn forms(name: &str) -> impl Iterator<Item = String> {
    TYPES.iter().map(move |kind| format!("{name}{kind}"))
}

/// The member that holds the choice element `name` when it has the type `kind` (`value`, `dateTime` → `valueDateTime`).
pub(crate) fn form(name: &str, kind: &str) -> Box<str> {
    let mut member = String::with_capacity(name.len() + kind.len());
    member.push_str(name);
    let mut characters = kind.chars();
    member.extend(characters.next().map(|first| first.to_ascii_uppercase()));
    member.push_str(characters.as_str());
    member.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_element_is_known_by_its_base_name_and_a_type() {
        assert!(NAMES.is_sorted() && TYPES.is_sorted());
        assert!(is_choice("value") && !is_choice("class"));
        assert_eq!(
            (base_of("valueDateTime"), base_of("valueSet"), base_of("value")),
            (Some("value"), None, None)
        );
        assert!(forms("value").any(|form| form == "valueQuantity"));
        assert_eq!(&*form("value", "dateTime"), "valueDateTime");
    }
}
