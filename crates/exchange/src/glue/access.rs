//! Where Glue is and who asks: from the environment variables that every program of AWS reads.

use super::GlueError;
use aws_credential_types::Credentials;
use reqwest::Url;
use std::fmt;
use zeroize::Zeroizing;

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const REGION: &str = "AWS_REGION";
const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
const ENDPOINT: &str = "AWS_ENDPOINT_URL_GLUE";
const ANY_ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Where Glue is and who asks. The secret is overwritten when this goes.
pub struct Access {
    pub(super) credentials: Credentials,
    pub(super) region: String,
    pub(super) endpoint: Url,
}

impl Access {
    /// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` (if there is one), `AWS_REGION` or
    /// `AWS_DEFAULT_REGION`, and `AWS_ENDPOINT_URL_GLUE` or `AWS_ENDPOINT_URL` by `variable`. `endpoint` goes before
    /// the last two; without any it is AWS's own in the region.
    ///
    /// # Errors
    /// [`GlueError::Setting`]: one is missing, or the endpoint is neither `https` nor on this machine.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
        endpoint: Option<&str>,
    ) -> Result<Self, GlueError> {
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        let need = |name| read(name).ok_or(GlueError::Setting { name, problem: "it is not set" });
        let secret = Zeroizing::new(need(SECRET)?);
        let token = read(TOKEN).map(Zeroizing::new);
        let credentials = Credentials::new(
            need(KEY_ID)?,
            secret.as_str(),
            token.as_ref().map(|token| token.to_string()),
            None,
            "environment",
        );
        let region = match read(REGION).or_else(|| read(DEFAULT_REGION)) {
            Some(region) => region,
            None => need(REGION)?,
        };
        if !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(GlueError::Setting { name: REGION, problem: "it is not the name of a region" });
        }
        let given = endpoint.map(str::to_owned).or_else(|| read(ENDPOINT)).or_else(|| read(ANY_ENDPOINT));
        let endpoint = given.unwrap_or_else(|| own_endpoint(&region));
        Ok(Self { credentials, region, endpoint: parse_endpoint(&endpoint)? })
    }

    /// The host that is asked, for an operator to allow.
    #[must_use]
    pub fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, endpoint, .. } = self;
        f.debug_struct("Access")
            .field("region", region)
            .field("endpoint", &endpoint.as_str())
            .finish_non_exhaustive()
    }
}

fn own_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://glue.{region}.{suffix}")
}

fn parse_endpoint(endpoint: &str) -> Result<Url, GlueError> {
    let setting = |problem| GlueError::Setting { name: ENDPOINT, problem };
    let url: Url = endpoint.parse().map_err(|_| setting("it is not an address"))?;
    let host = url.host_str().unwrap_or_default();
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if !url.username().is_empty() || url.password().is_some() {
        return Err(setting("it must not hold a name or a password"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => Err(setting("it must be https, or on this machine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(changes: &[(&str, &str)]) -> Result<Access, GlueError> {
        let variable = |name: &str| {
            let all = [(KEY_ID, "AKID"), (SECRET, "very secret"), (REGION, "eu-west-2")];
            let of = |list: &[(&str, &str)]| {
                list.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            of(changes).or_else(|| of(&all))
        };
        Access::from_environment(variable, None)
    }

    #[test]
    fn the_region_names_the_endpoint_unless_one_is_given() {
        assert_eq!(access(&[]).unwrap().endpoint.as_str(), "https://glue.eu-west-2.amazonaws.com/");
        let china = access(&[(REGION, "cn-north-1")]).unwrap();
        assert_eq!(china.host(), "glue.cn-north-1.amazonaws.com.cn");
        let local = access(&[(ANY_ENDPOINT, "http://127.0.0.1:5000")]).unwrap();
        assert_eq!(local.endpoint.port(), Some(5000));
    }

    #[test]
    fn a_secret_goes_neither_over_a_bare_wire_nor_into_print() {
        let error = access(&[(ENDPOINT, "http://glue.example")]).unwrap_err().to_string();
        assert!(error.contains("must be https"), "{error}");
        assert!(!format!("{:?}", access(&[]).unwrap()).contains("secret"));
        let error = access(&[(SECRET, "")]).unwrap_err().to_string();
        assert_eq!(error, "read the setting `AWS_SECRET_ACCESS_KEY`: it is not set");
        assert!(access(&[(REGION, "a.b/c")]).is_err());
        assert!(access(&[(ENDPOINT, "https://me:pass@glue.example")]).is_err());
    }
}
