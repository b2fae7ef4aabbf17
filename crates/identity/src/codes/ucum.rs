//! UCUM units that are made of known parts only: braces may hold free text, so annotations are listed too.

const ATOMS: &[&str] = &[
    "m", "g", "s", "l", "L", "mol", "K", "Cel", "Hz", "N", "Pa", "J", "W", "V", "A", "kat", "U", "[iU]",
    "[IU]", "eq", "osm", "cal", "[Cal]", "bar", "bit", "By", "Bq", "Ci", "Gy", "Sv", "B", "mm[Hg]",
    "cm[H2O]", "m[Hg]", "m[H2O]", "t", "u", "eV", "rad", "sr", "lm", "lx", "C", "F", "Ohm", "S", "Wb", "T",
    "H", "cd",
];
const ATOMS_WITHOUT_PREFIX: &[&str] = &[
    "min",
    "h",
    "d",
    "wk",
    "mo",
    "a",
    "%",
    "deg",
    "[degF]",
    "[in_i]",
    "[ft_i]",
    "[yd_i]",
    "[mi_i]",
    "[lb_av]",
    "[oz_av]",
    "[pH]",
    "[ppm]",
    "[ppb]",
    "[ppth]",
    "[drp]",
    "[arb'U]",
    "[CFU]",
    "[tsp_us]",
    "[tbs_us]",
    "[foz_us]",
    "[pt_us]",
    "[gal_us]",
    "[HPF]",
    "[LPF]",
    "[diop]",
    "[Ch]",
    "[GPL'U]",
    "[MPL'U]",
    "[beth'U]",
    "[kn_i]",
    "[mi_us]",
    "dB",
    "Np",
    "[stone_av]",
    "[PFU]",
    "[smoot]",
    "[S]",
    "[car_m]",
    "[gr]",
    "[dye'U]",
    "[ka'U]",
    "[todd'U]",
    "[anti'Xa'U]",
    "[APL'U]",
];
const PREFIXES: &[&str] =
    &["Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y"];
const ANNOTATIONS: &[&str] = &[
    "score",
    "Score",
    "#",
    "count",
    "nominal",
    "ratio",
    "INR",
    "presence",
    "logmar",
    "T-score",
    "SG",
    "pack-years",
    "cells",
    "cell",
    "beats",
    "breaths",
    "tot",
    "tbl",
    "tablet",
    "capsule",
    "puff",
    "dose",
    "doses",
    "1.73_m2",
    "HPF",
    "LPF",
    "RBC",
    "WBC",
    "copies",
    "CFU",
    "titer",
    "index",
    "Index",
    "S/CO",
    "rate",
    "number",
    "steps",
    "drinks",
    "events",
    "episodes",
    "creat",
    "Hb",
    "hemoglobin",
    "eGFR",
    "BPM",
    "bpm",
    "pH",
    "Ct",
    "Z-score",
    "MoM",
    "EV",
    "FEU",
    "DDU",
    "RNA",
    "DNA",
];

/// Whether every part of `unit` is known.
pub(super) fn is_known(unit: &str) -> bool {
    let unit = unit.strip_prefix('/').unwrap_or(unit);
    !unit.is_empty() && unit.len() <= 48 && unit.is_ascii() && terms(unit)
}

/// Splits at the `.` and `/` that stand outside braces, and judges each term.
fn terms(unit: &str) -> bool {
    let mut from = 0;
    let mut depth = 0_u32;
    for (at, byte) in unit.bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            b'.' | b'/' if depth == 0 => {
                if !term(&unit[from..at]) {
                    return false;
                }
                from = at + 1;
            }
            _ => {}
        }
    }
    depth == 0 && term(&unit[from..])
}

/// A power of ten, a small number, or a prefix, an atom and an exponent; then at most one annotation.
fn term(term: &str) -> bool {
    let (unit, annotation) = match term.strip_suffix('}').and_then(|open| open.split_once('{')) {
        Some((unit, annotation)) => (unit, Some(annotation)),
        None => (term, None),
    };
    match annotation {
        Some(annotation) if !ANNOTATIONS.contains(&annotation) => return false,
        Some(_) if unit.is_empty() => return true,
        _ => {}
    }
    if let Some(power) = unit.strip_prefix("10*").or_else(|| unit.strip_prefix("10^")) {
        return is_exponent(power);
    }
    if (1..=4).contains(&unit.len()) && unit.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    if is_atom(unit) {
        return true;
    }
    let base = unit.trim_end_matches(|c: char| c.is_ascii_digit());
    let (atom, exponent) = (base.trim_end_matches(['-', '+']), &unit[base.len()..]);
    base.len() < unit.len() && is_exponent(exponent) && base.len() - atom.len() <= 1 && is_atom(atom)
}

fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_atom(text: &str) -> bool {
    ATOMS_WITHOUT_PREFIX.contains(&text)
        || ATOMS.contains(&text)
        || PREFIXES.iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|atom| ATOMS.contains(&atom)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_part_by_part() {
        for good in [
            "/min",
            "mm[Hg]",
            "mg/dL",
            "%",
            "kg/m2",
            "{score}",
            "fL",
            "mmol/L",
            "10*3/uL",
            "U/L",
            "Cel",
            "{#}",
            "[pH]",
            "mL/min/{1.73_m2}",
            "k[IU]/L",
            "u[IU]/mL",
            "mg/g{creat}",
            "10*-6",
            "1",
            "m.s-2",
            "cm[H2O]",
            "kPa",
            "mmol/mol",
            "dB",
            "d",
            "wk",
            "[in_i]",
            "g.m-2",
        ] {
            assert!(is_known(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "Quibblewick",
            "{Quibblewick}",
            "mg{Amy}",
            "[Smith]",
            "mg//L",
            "mmHg",
            "10*",
            "m]",
            "{",
            "0770090012",
        ] {
            assert!(!is_known(bad), "{bad}");
        }
    }
}
