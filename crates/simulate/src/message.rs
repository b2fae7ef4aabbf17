//! What a provider sends, and what it may expect in return.

use model::SourceId;

/// One request of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sends it.
    pub source: SourceId,
    /// What is sent.
    pub request: Request,
    /// How a correct lake answers, if the source's messages arrive in the order in which they are given.
    pub expected: Expected,
    /// How many resources it carries; a deliberately bad message counts as one.
    pub resources: u32,
}

/// A request in terms of the FHIR R4 RESTful API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `POST` to the base: a `transaction` Bundle whose entries are `PUT Type/id` with the provider's own ids.
    Bundle(Vec<u8>),
    /// `PUT Type/id`: a correction, or the same content once more.
    Put {
        /// The type in the address.
        resource_type: &'static str,
        /// The id in the address and in the body.
        id: String,
        /// The resource.
        body: Vec<u8>,
    },
    /// `POST Type`: a resource without an id.
    Post {
        /// The type in the address.
        resource_type: &'static str,
        /// The resource.
        body: Vec<u8>,
    },
    /// `POST Type` with a body that is wrong on purpose.
    Raw {
        /// The type in the address. It always exists in FHIR R4.
        resource_type: &'static str,
        /// Not a resource, or not a valid one.
        body: Vec<u8>,
    },
}

/// How a correct lake answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// With a 2xx status. The counts are per resource and sum to [`Message::resources`].
    Accepted {
        /// Resources that did not exist.
        created: u32,
        /// Resources that existed with other content.
        updated: u32,
        /// Resources that existed with exactly this content.
        unchanged: u32,
    },
    /// With a 4xx status, and nothing stored.
    Rejected {
        /// 400 for what is not JSON, 422 for what is not valid FHIR.
        status: u16,
        /// What is wrong, in a few words.
        what: &'static str,
    },
}
