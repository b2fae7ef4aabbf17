//! Check digits: SNOMED CT (Verhoeff) and LOINC (mod 10).

/// The dihedral group of order 10, and the permutation of Verhoeff's scheme.
const D: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const P: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Six to 18 digits that check, in a concept partition: `00`, or `10` with its seven digits of namespace.
///
/// The partition matters here: of ten random digits one in ten checks, one in 500
/// is a concept as well, and an NHS number is ten digits.
pub(super) fn is_snomed_concept(code: &str) -> bool {
    let bytes = code.as_bytes();
    if !(6..=18).contains(&bytes.len()) || bytes[0] == b'0' || !bytes.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let partition = &bytes[bytes.len() - 3..bytes.len() - 1];
    if partition != b"00" && (partition != b"10" || bytes.len() < 11) {
        return false;
    }
    let sum = bytes.iter().rev().enumerate().fold(0, |sum: u8, (at, byte)| {
        let permuted = P[at % 8][usize::from(byte - b'0')];
        D[usize::from(sum)][usize::from(permuted)]
    });
    sum == 0
}

/// One to seven digits, a hyphen and the mod-10 check digit (LOINC Users' Guide, "LOINC check digit").
pub(super) fn is_loinc(code: &str) -> bool {
    let Some((digits, [check])) =
        code.split_once('-').map(|(digits, check)| (digits.as_bytes(), check.as_bytes()))
    else {
        return false;
    };
    if !(1..=7).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) || !check.is_ascii_digit() {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            let doubled = if at % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    (10 - sum % 10) % 10 == u32::from(check - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snomed_concepts_check_by_verhoeff_and_partition() {
        for good in ["138875005", "404684003", "73211009", "10509002", "999000011000001104"] {
            assert!(is_snomed_concept(good), "{good}");
        }
        // The fourth is a description, the fifth an NHS number.
        for bad in ["138875006", "12345", "0138875005", "900000000000497017", "9434765919", "73211009x", ""] {
            assert!(!is_snomed_concept(bad), "{bad}");
        }
    }

    #[test]
    fn loinc_numbers_check_by_mod_10() {
        for good in ["8480-6", "8462-4", "29463-7", "85354-9", "718-7", "4548-4", "34117-2"] {
            assert!(is_loinc(good), "{good}");
        }
        for bad in ["8480-7", "8480", "-6", "8480-66", "x480-6", "LP7839-6", "12345678-9"] {
            assert!(!is_loinc(bad), "{bad}");
        }
    }
}
