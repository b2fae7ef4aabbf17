//! What a token grants.

use super::TokenError;
use model::{Interaction, Scope};

/// The scopes of the token: those asked for, if every letter of each is granted, or all.
pub(crate) fn granted(asked: Option<&str>, grants: &[Scope]) -> Result<String, TokenError> {
    let Some(asked) = asked else {
        return Ok(grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    };
    let mut scopes: Vec<String> = Vec::new();
    for text in asked.split_ascii_whitespace() {
        let scope: Scope = text.parse().map_err(|_| {
            TokenError::InvalidScope("a scope is `system/`, a type or `*`, then `.c`, `.u` or `.cu`")
        })?;
        let covered = [(scope.create, Interaction::Create), (scope.update, Interaction::Update)]
            .into_iter()
            .filter(|(asked, _)| *asked)
            .all(|(_, letter)| {
                let one = Scope {
                    resource_type: scope.resource_type.clone(),
                    create: letter == Interaction::Create,
                    update: letter == Interaction::Update,
                };
                grants.iter().any(|grant| grant.includes(&one))
            });
        if !covered {
            return Err(TokenError::InvalidScope("a scope was not granted to this client"));
        }
        let text = scope.to_string();
        if !scopes.contains(&text) {
            scopes.push(text);
        }
    }
    if scopes.is_empty() { Err(TokenError::InvalidScope("no scope is named")) } else { Ok(scopes.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_given_when_every_letter_is_granted_and_refused_otherwise() {
        let grants: Vec<Scope> =
            ["system/*.c", "system/Observation.u"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(granted(None, &grants).unwrap(), "system/*.c system/Observation.u");
        assert_eq!(granted(Some("system/Observation.cu"), &grants).unwrap(), "system/Observation.cu");
        assert_eq!(granted(Some("system/Patient.c  system/Patient.c"), &grants).unwrap(), "system/Patient.c");
        for refused in ["system/Patient.cu", "system/*.u", "system/Patient.r", "openid", " "] {
            assert!(matches!(granted(Some(refused), &grants), Err(TokenError::InvalidScope(_))), "{refused}");
        }
    }
}
