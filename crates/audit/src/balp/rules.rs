//! How the tables of invariants are written, and the words that all of them use.
//!
//! An expression is FHIRPath in which `%word` stands for a text: a code system's URL, or who in the event is the
//! client. A profile brings words of its own to the rules that it shares with others.

/// Rules under a name: a profile's, or a part that profiles share.
#[derive(Debug)]
pub(super) struct Rules {
    /// The profile's id, or what the part is about.
    pub(super) name: &'static str,
    /// The parts whose rules hold here too.
    pub(super) with: &'static [&'static Rules],
    /// What `%word` stands for, here and in the parts, unless the profile says otherwise.
    pub(super) words: &'static [(&'static str, &'static str)],
    /// Each rule's name, its sentence, and the expression that is true when it is kept.
    pub(super) rules: &'static [(&'static str, &'static str, &'static str)],
}

/// Code systems, and what is said of them in several families.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("dcm", "'http://dicom.nema.org/resources/ontology/DCM'"),
    ("eventType", "'http://terminology.hl7.org/CodeSystem/audit-event-type'"),
    ("entityType", "'http://terminology.hl7.org/CodeSystem/audit-entity-type'"),
    ("objectRole", "'http://terminology.hl7.org/CodeSystem/object-role'"),
    ("participation", "'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'"),
    ("restful", "'http://hl7.org/fhir/restful-interaction'"),
    ("userAgent", "'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes'"),
    ("isApplication", "type.coding.where(system = %dcm and code = '110150').exists()"),
    ("isSource", "type.coding.where(system = %dcm and code = '110153').exists()"),
    ("isDestination", "type.coding.where(system = %dcm and code = '110152').exists()"),
    ("isReceiver", "type.coding.where(system = %participation and code = 'IRCP').exists()"),
    ("isTokenUser", "type.coding.where(system = %userAgent and code = 'UserOauthAgent').exists()"),
    ("isPatient", "type.where(system = %entityType and code = '1').exists()"),
    ("isObject", "type.where(system = %entityType and code = '2').exists()"),
    ("isObjectRole", "system = %objectRole and (code = '4' or code = '3' or code = '20')"),
    ("isQueryRole", "system = %objectRole and code = '24'"),
    ("client", "agent.where(%isClient)"),
    ("server", "agent.where(%isServer)"),
    ("user", "agent.where(%isUser)"),
    ("object", "entity.where(%isObject)"),
    ("patient", "entity.where(%isPatient)"),
];

/// What kind of event it is: `%isKind` of a Coding.
pub(super) static KIND: Rules = Rules {
    name: "kind",
    with: &[],
    words: &[],
    rules: &[
        ("type", "The type is the code of this kind of event.", "type.where(%isKind).exists()"),
        ("action", "The action is the code of what is done in this kind of event.", "action = %action"),
    ],
};

/// Only successes are told by the profile.
pub(super) static SUCCESS: Rules = Rules {
    name: "success",
    with: &[],
    words: &[],
    rules: &[("outcome", "The outcome is success.", "outcome = '0'")],
};

/// The program that asked: `%isClient`.
pub(super) static CLIENT: Rules = Rules {
    name: "client",
    with: &[],
    words: &[],
    rules: &[
        ("client", "One agent is the client, and only one.", "%client.count() = 1"),
        ("client-who", "It is said who the client is.", "%client.all(who.exists())"),
        ("client-network", "It is said where in the network the client is.", "%client.all(network.exists())"),
        ("client-media", "A client is no storage medium.", "%client.media.empty()"),
    ],
};

/// The program that answered: `%isServer`.
pub(super) static SERVER: Rules = Rules {
    name: "server",
    with: &[],
    words: &[],
    rules: &[
        ("server", "One agent is the server, and only one.", "%server.count() = 1"),
        ("server-who", "It is said who the server is.", "%server.all(who.exists())"),
        ("server-network", "It is said where in the network the server is.", "%server.all(network.exists())"),
        ("server-media", "A server is no storage medium.", "%server.media.empty()"),
    ],
};

/// The person, or whoever else was behind the client: `%isUser`.
pub(super) static USER: Rules = Rules {
    name: "user",
    with: &[],
    words: &[],
    rules: &[
        ("user-who", "It is said who the user is.", "%user.all(who.exists())"),
        ("user-requestor", "The user is the one who asked.", "%user.all(requestor = true)"),
        ("user-media", "A user is no storage medium.", "%user.media.empty()"),
        ("user-network", "A user is no place in the network.", "%user.network.empty()"),
    ],
};

/// There need not be a user.
pub(super) static ONE_USER_AT_MOST: Rules = Rules {
    name: "one user at most",
    with: &[],
    words: &[],
    rules: &[("user", "No more than one agent is the user.", "%user.count() <= 1")],
};

/// Client, server and user are three. An agent that is two of them leaves open whose rules it is under.
pub(super) static THREE_APART: Rules = Rules {
    name: "three apart",
    with: &[],
    words: &[],
    rules: &[(
        "agents-apart",
        "No agent is more than one of client, server and user.",
        "agent.all(%isClient.toInteger() + %isServer.toInteger() + %isUser.toInteger() <= 1)",
    )],
};

/// The patient whom the event is about.
pub(super) static PATIENT: Rules = Rules {
    name: "patient",
    with: &[],
    words: &[],
    rules: &[
        ("patient", "One entity is the patient, and only one.", "%patient.count() = 1"),
        (
            "patient-role",
            "The role of the patient's entity is patient.",
            "%patient.all(role.where(system = %objectRole and code = '1').exists())",
        ),
        ("patient-what", "It is said who the patient is.", "%patient.all(what.exists())"),
        // Of a URN nobody can tell the type; of a URL its last parts do.
        (
            "patient-reference",
            "What the patient's entity refers to is a Patient.",
            "%patient.what.all((type.empty() or type = 'Patient') and resolve().all($this is Patient) \
             and (reference.empty() or reference.startsWith('#') or reference.startsWith('urn:') \
             or reference.startsWith('Patient?') \
             or reference.matches('^(https?://[^?]+/)?Patient/[^/?]+(/_history/[^/?]+)?$')))",
        ),
    ],
};
