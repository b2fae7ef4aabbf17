//! The lake's own policies at the gateway: they count from the next request on.

use crate::home::Home;

const GROUP: &str = r#"{"resourceType":"Group","type":"person","actual":true}"#;
const PATIENT: &str = r#"{"resourceType":"Patient"}"#;

#[tokio::test]
async fn a_policy_of_the_lakes_own_counts_from_the_next_request_on_until_it_is_removed() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let send = async |path: &str, body: &str| home.fhir(&token, "POST", path, body).await;
    assert_eq!(send("/fhir/r4/Group", GROUP).await.status, 201);
    let text = r#"
        @id("no-groups-from-gp")
        @because("The practice sends its registers by another way.")
        forbid (principal == Provider::"gp", action == Action::"fhir.create", resource == ResourceType::"Group");
    "#;
    home.app.control.set_policy("groups", text).await.unwrap();
    let refused = send("/fhir/r4/Group", GROUP).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "forbidden"));
    assert!(refused.text.contains("a policy of this lake"), "{}", refused.text);
    assert_eq!(send("/fhir/r4/Patient", PATIENT).await.status, 201);
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"batch","entry":[
            {{"resource":{GROUP},"request":{{"method":"POST","url":"Group"}}}},
            {{"resource":{PATIENT},"request":{{"method":"POST","url":"Patient"}}}}]}}"#
    );
    let answer = send("/fhir/r4", &bundle).await.text;
    assert!(answer.contains("\"403") && answer.contains("\"201"), "{answer}");
    home.app.control.remove_policy("groups").await.unwrap();
    assert_eq!(send("/fhir/r4/Group", GROUP).await.status, 201);
}

#[tokio::test]
async fn a_policy_may_keep_tokens_back() {
    let home = Home::new().await;
    let text = r#"
        @id("no-tokens-for-gp")
        @because("The practice is being merged.")
        forbid (principal == Provider::"gp", action == Action::"token.get", resource);
    "#;
    home.app.control.set_policy("merger", text).await.unwrap();
    let answer = home.token_request("gp-client", crate::home::SECRET, "grant_type=client_credentials").await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some("unauthorized_client")));
    home.token("trust").await;
}

#[tokio::test]
async fn policies_that_cannot_be_read_allow_nothing() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    home.app.control.set_policy("broken", "permit (principal").await.unwrap();
    let answer = home.fhir(&token, "POST", "/fhir/r4/Patient", PATIENT).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "transient"));
    assert_eq!(home.segments().await, 0);
}
