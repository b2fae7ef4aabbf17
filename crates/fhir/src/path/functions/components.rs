//! Parts of dates and times (`yearOf` and the like of FHIRPath 3).

use super::{Answer, Call, Definition, maybe};
use crate::path::{
    evaluate::single,
    item::Item,
    moment::{Moment, Precision},
};

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("yearOf", 0, 0, |_, call| part(call, Precision::Year)),
    Definition::new("monthOf", 0, 0, |_, call| part(call, Precision::Month)),
    Definition::new("dayOf", 0, 0, |_, call| part(call, Precision::Day)),
    Definition::new("hourOf", 0, 0, |_, call| part(call, Precision::Hour)),
    Definition::new("minuteOf", 0, 0, |_, call| part(call, Precision::Minute)),
    Definition::new("secondOf", 0, 0, |_, call| part(call, Precision::Second)),
    Definition::new("millisecondOf", 0, 0, |_, call| {
        of(call, |moment| moment.millisecond().map(Item::Integer))
    }),
    Definition::new("timezoneOffsetOf", 0, 0, |_, call| {
        of(call, |moment| moment.offset_hours().map(Item::Decimal))
    }),
    Definition::new("dateOf", 0, 0, |_, call| of(call, |moment| moment.date().map(Item::Moment))),
    Definition::new("timeOf", 0, 0, |_, call| {
        of(call, |moment| moment.date().and(moment.time()).map(Item::Moment))
    }),
];

fn part<'a>(call: &Call<'_, 'a>, precision: Precision) -> Answer<'a> {
    of(call, |moment| moment.part(precision).map(Item::Integer))
}

/// Something of the one moment; of a text the moment that it is.
fn of<'a>(call: &Call<'_, 'a>, part: impl Fn(&Moment) -> Option<Item<'a>>) -> Answer<'a> {
    let moment = match single(&call.input, call.position)?.and_then(Item::value) {
        Some(Item::Moment(moment)) => Some(moment),
        Some(Item::String(text)) => Moment::parse_date_time(&text),
        _ => None,
    };
    maybe(moment.and_then(|moment| part(&moment)))
}
