//! When a request was signed: `X-Amz-Date`, or `Date` where that is absent.

use super::{AMZ_DATE, SKEW_MS, SignatureError, single};
use chrono::NaiveDateTime;
use http::{HeaderMap, header::DATE};
use model::Timestamp;

/// Basic form of ISO 8601, as AWS wants it: `20261122T093000Z`.
const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// The form of `Date` that a client must write (RFC 9110 §5.6.7): `Sun, 22 Nov 2026 09:30:00 GMT`.
const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// The moment that a request was signed at.
pub(super) struct Moment {
    pub(super) at: Timestamp,
    /// In the form that is signed, whichever header it came from.
    pub(super) text: String,
}

impl Moment {
    /// The moment that the headers name, whether or not it is long gone.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, SignatureError> {
        let read = match single(headers, &AMZ_DATE)? {
            Some(text) => parse(text, BASIC),
            None => single(headers, &DATE)?.and_then(|text| parse(text, IMF_FIXDATE)),
        };
        let moment = read.ok_or(SignatureError::Malformed)?;
        Ok(Self {
            at: Timestamp(moment.and_utc().timestamp_millis()),
            text: moment.format(BASIC).to_string(),
        })
    }

    /// The day, as the credential's scope writes it.
    pub(super) fn date(&self) -> &str {
        self.text.split_once('T').map_or("", |(date, _)| date)
    }

    /// Whether the moment is near enough to `now`.
    pub(super) fn is_near(&self, now: Timestamp) -> bool {
        self.at.0.abs_diff(now.0) <= SKEW_MS.unsigned_abs()
    }
}

/// The moment that `text` names, if it is written as `form` would be, to the byte: the parser alone
/// takes signs, spaces and shorter numbers.
fn parse(text: &str, form: &str) -> Option<NaiveDateTime> {
    let moment = NaiveDateTime::parse_from_str(text, form).ok()?;
    (moment.format(form).to_string() == text).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(name: &'static str, text: &str) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(text).unwrap());
        Moment::read(&headers).ok().map(|moment| moment.at.0)
    }

    #[test]
    fn a_time_is_read_in_one_form_only() {
        for (name, text, at) in [
            ("x-amz-date", "20150830T123600Z", Some(1_440_938_160_000)),
            ("date", "Sun, 30 Aug 2015 12:36:00 GMT", Some(1_440_938_160_000)),
            ("x-amz-date", "Sun, 30 Aug 2015 12:36:00 GMT", None),
            ("date", "20150830T123600Z", None),
            ("date", "Mon, 30 Aug 2015 12:36:00 GMT", None),
            ("date", "Sun, 30 Aug 2015 12:36:00 UTC", None),
            ("date", "Sunday, 30-Aug-15 12:36:00 GMT", None),
            ("x-amz-date", "2015-08-30T12:36:00Z", None),
            ("x-amz-date", "20150830T1236Z", None),
            ("x-amz-date", "+20150830T123600Z", None),
            ("x-amz-date", "20150830T123600", None),
            ("x-amz-date", "20150230T123600Z", None),
            ("x-amz-date", "20150830T243600Z", None),
            ("x-amz-date", "", None),
            ("etag", "20150830T123600Z", None),
        ] {
            assert_eq!(read(name, text), at, "{name}: {text}");
        }
    }
}
