//! The cases that do not pass, and why each does not.

/// Cases of one group that fail for one reason.
pub(super) struct Reason {
    pub(super) group: &'static str,
    pub(super) names: &'static [&'static str],
    pub(super) why: &'static str,
}

pub(super) const OFFICIAL: &[Reason] = &[
    Reason {
        group: "testPlus",
        names: &["testPlusDate19"],
        why: "The case drops a tenth of a second. FHIRPath §6.7 drops fractions above seconds only, and the \
              JavaScript engine's cases keep them too.",
    },
    Reason {
        group: "HighBoundary",
        names: &["HighBoundaryDecimal15"],
        why: "The case says that 0.0034 is at most 0.0. The draft's `highBoundary` is the greatest value that the \
              input may stand for, so that it is not below the input.",
    },
    Reason {
        group: "HighBoundary",
        names: &["HighBoundaryDateTimeMillisecond1", "HighBoundaryDateTimeMillisecond3"],
        why: "The case fills in seconds and not the minutes of an hour: T08 lasts to 08:59:59.999, not to \
              08:00:59.999.",
    },
];

pub(super) const JAVASCRIPT: &[Reason] = &[
    Reason {
        group: "5.1_existence.yaml",
        names: &["49", "60"],
        why: "The case takes primitives without a value for equal although their ids differ. FHIRPath §6.1.1 \
              compares child elements, and case 77 of the file tells such primitives apart.",
    },
    Reason {
        group: "5.2_filtering_and_projection.yaml",
        names: &["28"],
        why: "`ofType(System.String)` of a FHIR string. FHIRPath §5.2.4 asks what `is` asks, and HL7's suite \
              (testType14) says that a FHIR primitive is not of the System type.",
    },
    Reason {
        group: "simple.yaml",
        names: &["45"],
        why: "As case 28 of `5.2_filtering_and_projection.yaml`.",
    },
    Reason {
        group: "5.8_tree_navigation.yaml",
        names: &["4"],
        why: "The case expects the order of the JSON text. FHIRPath §5.8.1 leaves the order of children open; here \
              it is that of R4's definition, as the reader keeps members sorted.",
    },
    Reason {
        group: "6.1_equality.yaml",
        names: &["91", "93"],
        why: "Two primitives of one value with different extensions. R4 converts primitives to System values \
              before they are compared (FHIRPath §6.1.1), and a System value has no extension.",
    },
    Reason {
        group: "6.2_comparision.yaml",
        names: &["90"],
        why: "Without a model `Observation.value` is empty, and that is no error for `comparable`: case 91 has an \
              empty input too, and `false`.",
    },
    Reason {
        group: "6.3_types.yaml",
        names: &["26"],
        why: "A Questionnaire of DSTU2, whose elements R4 does not have.",
    },
    Reason {
        group: "6.6_math.yaml",
        names: &["79", "80"],
        why: "The expected quotient has the digits of binary floating point. Here a quotient without an end has \
              sixteen digits after the point (FHIRPath §4.1.4 asks for eight).",
    },
    Reason {
        group: "6.6_math.yaml",
        names: &["211"],
        why: "The case moves the result into the zone of the machine that runs it. Here a dateTime keeps its zone.",
    },
    Reason {
        group: "bigint.yaml",
        names: &["1", "2"],
        why: "`integer64` is a type of R5, and the number is beyond 64 bits.",
    },
    Reason { group: "factory.yaml", names: &["31", "32"], why: "`integer64` is a type of R5." },
    Reason {
        group: "extensions.yaml",
        names: &["11"],
        why: "In DSTU2 an element's id is of the type `id`; in R4 it is System.String.",
    },
    Reason {
        group: "extensions.yaml",
        names: &["16"],
        why: "`_address` stands beside an element that is no primitive, which R4 §2.6.2.3 does not allow: there is \
              no second address.",
    },
    Reason {
        group: "simple.yaml",
        names: &["14"],
        why: "A condition of two items. FHIRPath §5.1.2 asks for a Boolean, and §4.5 makes more than one item an error.",
    },
    Reason {
        group: "simple.yaml",
        names: &["34"],
        why: "`length` without brackets is a member, which a string does not have: empty is not equal to empty \
              (FHIRPath §6.1.1). The engine meets the property of its own language's strings.",
    },
];
