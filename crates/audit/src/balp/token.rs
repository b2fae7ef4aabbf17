//! OAuth: what an event says of the access token that it was done with, and the giving of one (IUA, ITI-71).
//!
//! Cardinalities that follow from others have no line. ITI-71 describes an entity for the answer, too, but allows
//! one entity only and requires the request's: so there is no rule for what can never be there. That a JWT's id
//! begins with `urn:ietf:params:oauth:jti:` is said in a remark, which IHE's own examples do not keep: nor is it a
//! rule here.

use super::rules::{CLIENT, KIND, ONE_USER_AT_MOST, Rules, SERVER, SUCCESS, THREE_APART, USER};

/// The user as a token tells of them: `%isUser`.
static TOKEN_USER: Rules = Rules {
    name: "token user",
    with: &[],
    words: &[],
    rules: &[
        ("user-requestor", "The user is the one who asked.", "%user.all(requestor = true)"),
        ("user-policy", "The token of the user is told once.", "%user.all(policy.count() = 1)"),
    ],
};

/// Users are people or programs, not devices.
static NO_DEVICE: Rules = Rules {
    name: "no device",
    with: &[],
    words: &[],
    rules: &[
        ("user-media", "A user is no storage medium.", "%user.media.empty()"),
        ("user-network", "A user is no place in the network.", "%user.network.empty()"),
    ],
};

/// There must be a user.
static SOME_USER: Rules = Rules {
    name: "some user",
    with: &[],
    words: &[],
    rules: &[("user", "One agent at least is the token's user.", "%user.exists()")],
};

static OPAQUE: Rules = Rules {
    name: "IHE.BasicAudit.OAUTHaccessTokenUse.Opaque",
    with: &[&SOME_USER, &TOKEN_USER],
    words: &[("isUser", "%isTokenUser")],
    rules: &[],
};

static MINIMAL: Rules = Rules {
    name: "IHE.BasicAudit.OAUTHaccessTokenUse.Minimal",
    with: &[&SOME_USER, &TOKEN_USER, &NO_DEVICE],
    words: &[("isUser", "%isTokenUser")],
    rules: &[],
};

static COMPREHENSIVE: Rules = Rules {
    name: "IHE.BasicAudit.OAUTHaccessTokenUse.Comprehensive",
    with: &[&ONE_USER_AT_MOST, &TOKEN_USER, &NO_DEVICE],
    words: &[("isClient", "%isApplication"), ("isUser", "%isReceiver")],
    rules: &[
        ("client", "One agent is the application, and only one.", "%client.count() = 1"),
        (
            "client-identifier",
            "The application's identifier in the token is told.",
            "%client.all(who.identifier.value.exists())",
        ),
        ("client-media", "An application is no storage medium.", "%client.media.empty()"),
        (
            "user-identifier",
            "The user's identifier in the token is told.",
            "%user.all(who.identifier.exists())",
        ),
        (
            "agents-apart",
            "No agent is both the application and the user.",
            "agent.where(%isClient and %isUser).empty()",
        ),
    ],
};

static GET_TOKEN: Rules = Rules {
    name: "IHE.IUA.71",
    with: &[&KIND, &SUCCESS, &CLIENT, &SERVER, &USER, &ONE_USER_AT_MOST, &THREE_APART],
    words: &[
        ("isKind", "system = %dcm and code = '110114'"),
        ("action", "'E'"),
        ("isClient", "%isApplication"),
        ("isServer", "type.coding.where(system = %userAgent and code = 'AuthzOauthService').exists()"),
        ("isUser", "%isReceiver"),
        ("request", "entity.where(role.where(%isQueryRole).exists())"),
    ],
    rules: &[
        (
            "transaction",
            "The one subtype is the code of the transaction.",
            "subtype.count() = 1 and subtype.all(system = 'urn:ihe:event-type-code' and code = 'ITI-71')",
        ),
        (
            "agents-closed",
            "Every agent is the client, the server or the user.",
            "agent.all(%isClient or %isServer or %isUser)",
        ),
        ("user-alt-id", "The user has no other id.", "%user.altId.empty()"),
        ("entities", "There is one entity, and only one.", "entity.count() = 1"),
        ("request", "One entity is the request, and only one.", "%request.count() = 1"),
        ("request-type", "The request is a system object.", "%request.all(%isObject)"),
        ("request-what", "A request is no resource.", "%request.what.empty()"),
        ("request-query", "The request holds what was asked.", "%request.all(query.exists())"),
    ],
};

/// The family.
pub(super) const PROFILES: &[&Rules] = &[&OPAQUE, &MINIMAL, &COMPREHENSIVE, &GET_TOKEN];
