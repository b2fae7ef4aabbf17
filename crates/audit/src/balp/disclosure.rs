//! Privacy: that a consent was decided on, and that a patient's data went from one system to another.
//!
//! Cardinalities that follow from others have no line.

use super::rules::{CLIENT, KIND, PATIENT, Rules, USER};

/// Nothing may turn the meaning of these events around, and they say how it ended.
static PLAIN: Rules = Rules {
    name: "plain",
    with: &[&KIND],
    words: &[],
    rules: &[
        ("modifier-extension", "No extension changes what the event means.", "modifierExtension.empty()"),
        ("outcome", "The outcome is told.", "outcome.exists()"),
    ],
};

static CONSENT_DECIDED: Rules = Rules {
    name: "IHE.BasicAudit.AuthZconsent",
    with: &[&PLAIN, &CLIENT, &CLIENT_ALONE, &USER, &USER_ALONE, &ORGANIZATION, &AUTHORIZER, &PATIENT],
    words: &[
        ("isKind", "system = %dcm and code = '110113'"),
        ("action", "'E'"),
        ("isClient", "%isApplication"),
        ("isUser", "%isReceiver"),
        (
            "isOrganization",
            "type.coding.where(system = 'http://terminology.hl7.org/CodeSystem/v3-RoleClass' and code = 'PROV').exists()",
        ),
        (
            "isAuthorizer",
            "type.coding.where(system = 'http://terminology.hl7.org/CodeSystem/extra-security-role-type' and code = 'authserver').exists()",
        ),
        ("organization", "agent.where(%isOrganization)"),
        ("authorizer", "agent.where(%isAuthorizer)"),
        (
            "isConsent",
            "type.where(system = 'http://hl7.org/fhir/resource-types' and code = 'Consent').exists()",
        ),
        ("isToken", "type.where(system = %userAgent and code = 'UserOauthAgent').exists()"),
        ("token", "entity.where(%isToken)"),
    ],
    rules: &[
        // The binding names no strength, which in FHIR Shorthand is required.
        (
            "decision",
            "Every subtype, and there is one, is a kind of decision about access.",
            "subtype.exists() and subtype.all(system = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType' \
             and (code = 'AuthZ-Consent' or code = 'AuthZ-Role'))",
        ),
        (
            "agents-apart",
            "No agent is more than one of client, user, organization and authorizer.",
            "agent.all(%isClient.toInteger() + %isUser.toInteger() + %isOrganization.toInteger() \
             + %isAuthorizer.toInteger() <= 1)",
        ),
        ("consent", "One entity at least is a consent.", "entity.where(%isConsent).exists()"),
        ("consent-what", "It is said which consent it is.", "entity.where(%isConsent).all(what.exists())"),
        ("token", "No more than one entity is a token.", "%token.count() <= 1"),
        ("token-id", "The identifier of the token is told.", "%token.all(what.identifier.value.exists())"),
        (
            "entities-closed",
            "Every entity is the patient, a consent or a token.",
            "entity.all(%isPatient or %isConsent or %isToken)",
        ),
    ],
};

/// What is not told of the client of a decision.
static CLIENT_ALONE: Rules = Rules {
    name: "client alone",
    with: &[],
    words: &[],
    rules: &[
        ("client-role", "The client has no role.", "%client.role.empty()"),
        ("client-alt-id", "The client has no other id.", "%client.altId.empty()"),
        ("client-name", "The client has no name.", "%client.name.empty()"),
        ("client-location", "The client has no location.", "%client.location.empty()"),
        ("client-purpose", "The client has no purpose of its own.", "%client.purposeOfUse.empty()"),
    ],
};

/// A decision is about one user.
static USER_ALONE: Rules = Rules {
    name: "user alone",
    with: &[],
    words: &[],
    rules: &[
        ("user", "One agent is the user, and only one.", "%user.count() = 1"),
        ("user-alt-id", "The user has no other id.", "%user.altId.empty()"),
        ("user-location", "The user has no location.", "%user.location.empty()"),
    ],
};

/// The organization of the user.
static ORGANIZATION: Rules = Rules {
    name: "organization",
    with: &[],
    words: &[],
    rules: &[
        ("organization", "One agent is the organization, and only one.", "%organization.count() = 1"),
        ("organization-who", "It is said which organization it is.", "%organization.all(who.exists())"),
        ("organization-requestor", "The organization did not ask.", "%organization.all(requestor = false)"),
        ("organization-role", "The organization has no role.", "%organization.role.empty()"),
        ("organization-alt-id", "The organization has no other id.", "%organization.altId.empty()"),
        ("organization-name", "The organization has no name.", "%organization.name.empty()"),
        ("organization-location", "The organization has no location.", "%organization.location.empty()"),
        ("organization-policy", "The organization has no token.", "%organization.policy.empty()"),
        ("organization-media", "An organization is no storage medium.", "%organization.media.empty()"),
        (
            "organization-network",
            "An organization is no place in the network.",
            "%organization.network.empty()",
        ),
    ],
};

/// The service that decided, which is the one that recorded.
static AUTHORIZER: Rules = Rules {
    name: "authorizer",
    with: &[],
    words: &[],
    rules: &[
        ("authorizer", "One agent is the authorizer, and only one.", "%authorizer.count() = 1"),
        ("authorizer-who", "It is said which service it is.", "%authorizer.all(who.exists())"),
        ("authorizer-requestor", "The authorizer did not ask.", "%authorizer.all(requestor = false)"),
        (
            "authorizer-observes",
            "The authorizer is the one who recorded the event.",
            "%authorizer.who.all($this = %resource.source.observer)",
        ),
        ("authorizer-role", "The authorizer has no role.", "%authorizer.role.empty()"),
        ("authorizer-alt-id", "The authorizer has no other id.", "%authorizer.altId.empty()"),
        ("authorizer-name", "The authorizer has no name.", "%authorizer.name.empty()"),
        ("authorizer-location", "The authorizer has no location.", "%authorizer.location.empty()"),
        ("authorizer-policy", "The authorizer has no token.", "%authorizer.policy.empty()"),
        ("authorizer-media", "An authorizer is no storage medium.", "%authorizer.media.empty()"),
        ("authorizer-network", "An authorizer is no place in the network.", "%authorizer.network.empty()"),
        (
            "authorizer-purpose",
            "The authorizer has no purpose of its own.",
            "%authorizer.purposeOfUse.empty()",
        ),
    ],
};

/// Data of a patient went from one system to another. The profiles say which of them recorded it.
static DISCLOSURE: Rules = Rules {
    name: "disclosure",
    with: &[&PLAIN, &PATIENT],
    words: &[
        ("source", "agent.where(%isSource)"),
        ("recipient", "agent.where(%isDestination)"),
        ("sct", "'http://snomed.info/sct'"),
        ("isCustodian", "type.coding.where(system = %sct and code = '159541003').exists()"),
        ("isAdvocate", "type.coding.where(system = %sct and code = '429577009').exists()"),
        ("custodian", "agent.where(%isCustodian)"),
        ("advocate", "agent.where(%isAdvocate)"),
    ],
    rules: &[
        (
            "disclosure",
            "One subtype says that it is a disclosure, and only one.",
            "subtype.where(system = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle' \
             and code = 'disclose').count() = 1",
        ),
        ("source", "One agent is the source, and only one.", "%source.count() = 1"),
        ("source-who", "It is said who the source is.", "%source.all(who.exists())"),
        ("source-network", "It is said where in the network the source is.", "%source.all(network.exists())"),
        ("recipient", "One agent is the recipient, and only one.", "%recipient.count() = 1"),
        ("recipient-who", "It is said who the recipient is.", "%recipient.all(who.exists())"),
        (
            "recipient-network",
            "It is said where in the network the recipient is.",
            "%recipient.all(network.exists())",
        ),
        ("custodian", "No more than one agent is the custodian.", "%custodian.count() <= 1"),
        ("custodian-who", "It is said who the custodian is.", "%custodian.all(who.exists())"),
        ("authorizer", "No more than one agent authorized it for the patient.", "%advocate.count() <= 1"),
        ("authorizer-who", "It is said who authorized it.", "%advocate.all(who.exists())"),
        (
            "agents-apart",
            "No agent is more than one of source, recipient, custodian and authorizer.",
            "agent.all(%isSource.toInteger() + %isDestination.toInteger() + %isCustodian.toInteger() \
             + %isAdvocate.toInteger() <= 1)",
        ),
        ("entities", "Something of the patient's was disclosed.", "entity.count() >= 2"),
    ],
};

static AT_SOURCE: Rules = Rules {
    name: "IHE.BasicAudit.PrivacyDisclosure.Source",
    with: &[&DISCLOSURE],
    words: &[("isKind", "system = %dcm and code = '110106'"), ("action", "'R'")],
    rules: &[(
        "observer",
        "The source is the one who recorded the event.",
        "agent.where(%isSource).who.all($this = %resource.source.observer)",
    )],
};

static AT_RECIPIENT: Rules = Rules {
    name: "IHE.BasicAudit.PrivacyDisclosure.Recipient",
    with: &[&DISCLOSURE],
    words: &[("isKind", "system = %dcm and code = '110107'"), ("action", "'C'")],
    rules: &[(
        "observer",
        "The recipient is the one who recorded the event.",
        "agent.where(%isDestination).who.all($this = %resource.source.observer)",
    )],
};

/// The family.
pub(super) const PROFILES: &[&Rules] = &[&CONSENT_DECIDED, &AT_SOURCE, &AT_RECIPIENT];
