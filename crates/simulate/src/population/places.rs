//! Streets, towns and postcode districts of a region that is on no map.

use super::Address;
use crate::random::Random;

/// First words of street names.
const STREETS: &[&str] = &[
    "Applegarth",
    "Barley Mow",
    "Beckside",
    "Bellflower",
    "Bramblewood",
    "Candlewick",
    "Coppergate",
    "Cornmill",
    "Cuckoo Pen",
    "Damson",
    "Dunnock",
    "Elderwater",
    "Fallowfield",
    "Fernhollow",
    "Foxglove",
    "Gorsebank",
    "Hawfinch",
    "Hazelbrook",
    "Hollinside",
    "Honeysuckle",
    "Kestrel",
    "Kilnhurst",
    "Lapwing",
    "Larkmoor",
    "Limepit",
    "Mallow",
    "Marchbank",
    "Meadowsweet",
    "Millrace",
    "Nettlecombe",
    "Oakapple",
    "Otterburn",
    "Pennywort",
    "Quarrydene",
    "Ravensworth",
    "Rookery",
    "Sandpiper",
    "Silverdale",
    "Sorrel",
    "Spindle",
    "Tanyard",
    "Teasel",
    "Thistledown",
    "Weavers",
    "Whinfell",
    "Windlestraw",
    "Wychwood",
    "Yarrow",
];

/// Last words of street names.
const STREET_KINDS: &[&str] = &[
    "Avenue", "Close", "Court", "Crescent", "Drive", "Lane", "Mews", "Rise", "Road", "Street", "Terrace",
    "Walk",
];

/// Towns and the numbers of their postcode districts. The area `CX` is not in use in Britain.
const TOWNS: &[(&str, u32)] = &[
    ("Castlemere", 1),
    ("Castlemere", 2),
    ("Northwold", 3),
    ("Vale St Mary", 4),
    ("Thornley Bridge", 5),
    ("Ashcombe Regis", 6),
    ("Low Harding", 7),
    ("Saltmarsh", 9),
];

/// The letters that the last two places of a postcode use.
const INWARD: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";

/// A home somewhere in the region.
pub(super) fn home(random: &mut Random) -> Address {
    let (town, district) = *random.pick(TOWNS);
    let letters = [char::from(*random.pick(INWARD)), char::from(*random.pick(INWARD))];
    Address {
        line: format!("{} {} {}", random.between(1, 189), random.pick(STREETS), random.pick(STREET_KINDS)),
        town,
        postcode: format!("CX{district} {}{}{}", random.below(10), letters[0], letters[1]),
    }
}
