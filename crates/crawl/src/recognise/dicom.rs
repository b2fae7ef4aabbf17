//! DICOM: a preamble of 128 bytes and `DICM` (PS3.10 §7.1), or a data set that begins at once, as older archives
//! have it. Of the data elements only tags and value representations are looked at: no value is read.

use super::{Recognised, Verdict, more_of_the_head};
use crate::{columns, format::Format, sample::Sample};
use control::Column;
use dicom_core::{
    Tag,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::StandardDataDictionary;

const PREAMBLE: usize = 128;
const PIXEL_DATA: Tag = Tag(0x7fe0, 0x0010);
const TRANSFER_SYNTAX: Tag = Tag(0x0002, 0x0010);
const UNDEFINED: u32 = 0xffff_ffff;
const META: u16 = 0x0002;

/// Value representations whose length stands in four bytes, after two that are zero (PS3.5 §7.1.2).
const LONG: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
    b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// How elements are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    ExplicitLittle,
    ExplicitBig,
    ImplicitLittle,
    /// Packed: nothing can be told.
    Deflated,
}

/// `None` if it is no DICOM.
pub(super) fn recognise(sample: &Sample, last: bool) -> Option<Verdict> {
    let head = sample.head();
    let (data, framed) = match head.get(PREAMBLE..PREAMBLE + 4) {
        Some(b"DICM") => (head.get(PREAMBLE + 4..)?, true),
        _ => (head, false),
    };
    let writing = match framed {
        true => Writing::ExplicitLittle,
        false => unframed(data)?,
    };
    let (columns, enough) = elements(data, writing);
    Some(if enough || last || sample.is_complete() {
        Verdict::Is(Recognised::new(Format::Dicom, "", columns))
    } else {
        more_of_the_head(sample)
    })
}

/// How a data set is written that begins without a preamble; `None` if it begins as none does. The first element is
/// one of the groups 2 or 8, which begin every data set, and its length fits.
fn unframed(data: &[u8]) -> Option<Writing> {
    let &[group_low, group_high, _, element_high, a, b, c, d] = data.get(..8)? else { return None };
    let vr = [a, b];
    match (group_low, group_high) {
        (2 | 8, 0) if is_vr(vr) => Some(Writing::ExplicitLittle),
        (0, 8) if is_vr(vr) => Some(Writing::ExplicitBig),
        // Tags of these groups are below 0x2200, and what stands first is short.
        (8, 0) if element_high < 0x22 && u32::from_le_bytes([a, b, c, d]) < 256 => {
            Some(Writing::ImplicitLittle)
        }
        _ => None,
    }
}

fn is_vr(vr: [u8; 2]) -> bool {
    SHORT.contains(&&vr) || LONG.contains(&&vr)
}

/// The elements in order, as columns, and whether all were seen that come before the pixels.
fn elements(mut data: &[u8], mut writing: Writing) -> (Vec<Column>, bool) {
    let mut columns = Vec::new();
    let mut after = None;
    loop {
        // The meta group is written in explicit little endian whatever comes after it.
        if let (Some(next), true) = (after, group(data) != Some(META)) {
            (writing, after) = (next, None);
        }
        if data.is_empty() {
            return (columns, false);
        }
        let now = if group(data) == Some(META) { Writing::ExplicitLittle } else { writing };
        let Some((tag, vr, length, rest)) = (match now {
            Writing::Deflated => return (columns, true),
            _ => header(data, now),
        }) else {
            return (columns, false);
        };
        if tag == PIXEL_DATA {
            return (columns, true);
        }
        let entry = StandardDataDictionary.by_tag(tag).filter(|_| tag.0 % 2 == 0 && tag.1 != 0);
        if let Some(entry) = entry {
            let vr = vr.unwrap_or_else(|| format!("{:?}", entry.vr().relaxed()));
            columns.push(columns::column(entry.alias(), vr));
        }
        // The end of a sequence of undefined length is not looked for.
        let Some(rest) = (length != UNDEFINED).then_some(rest) else { return (columns, true) };
        let Some((value, rest)) =
            usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length))
        else {
            return (columns, false);
        };
        if tag == TRANSFER_SYNTAX {
            after = Some(syntax(value));
        }
        data = rest;
    }
}

fn syntax(uid: &[u8]) -> Writing {
    match uid.trim_ascii_end().strip_suffix(b"\0").unwrap_or(uid) {
        b"1.2.840.10008.1.2" => Writing::ImplicitLittle,
        b"1.2.840.10008.1.2.2" => Writing::ExplicitBig,
        b"1.2.840.10008.1.2.1.99" => Writing::Deflated,
        _ => Writing::ExplicitLittle,
    }
}

fn group(data: &[u8]) -> Option<u16> {
    Some(u16::from_le_bytes(*data.first_chunk()?))
}

/// The tag, the value representation where it is written, the length, and what follows.
fn header(data: &[u8], writing: Writing) -> Option<(Tag, Option<String>, u32, &[u8])> {
    let big = writing == Writing::ExplicitBig;
    let short = |at: usize| -> Option<u16> {
        let bytes = *data.get(at..)?.first_chunk()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let bytes = *data.get(at..)?.first_chunk()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let tag = Tag(short(0)?, short(2)?);
    if writing == Writing::ImplicitLittle {
        return Some((tag, None, long(4)?, data.get(8..)?));
    }
    let vr: [u8; 2] = *data.get(4..)?.first_chunk()?;
    if !is_vr(vr) {
        return None;
    }
    let name = Some(String::from_utf8_lossy(&vr).into_owned());
    match LONG.contains(&&vr) {
        true => Some((tag, name, long(8)?, data.get(12..)?)),
        false => Some((tag, name, u32::from(short(6)?), data.get(8..)?)),
    }
}
