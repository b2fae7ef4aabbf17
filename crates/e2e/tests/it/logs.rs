//! What a service says while it works: nothing of whom it works for.

use crate::{
    home::Home,
    inputs::GP,
    provider::{Provider, Request},
    service::Service,
};
use reqwest::StatusCode;
use serde_json::Value;
use simulate::Simulation;

#[tokio::test]
async fn no_identity_word_is_in_the_log_or_in_an_answer() {
    let region = Simulation::new(3, 10);
    let home = Home::new();
    let provider = Provider::add(&home, GP);
    let service = Service::start(&home, &[("CARELAKE_LOG", "debug")]);
    let (_, token) = provider.token(service.address).await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let mut answers = String::new();
    let mut refused = 0;
    for message in region.messages().filter(|message| message.source.as_str() == GP) {
        let request = Request::of(&message.request);
        let (status, answer) = provider.send(service.address, token, &request).await.unwrap();
        refused +=
            usize::from(status == StatusCode::UNPROCESSABLE_ENTITY || status == StatusCode::BAD_REQUEST);
        // Ids come back to whoever sent them; in refusals there is nothing else that could.
        if status.is_client_error() {
            answers += &answer.to_lowercase();
        }
    }
    let log = service.stop().to_lowercase();
    assert!(refused > 0 && !answers.is_empty(), "nothing was refused");
    assert!(log.contains("request served"), "the log does not say what it did");
    let records = home.sql("select actor, target, detail from audit.records");
    let records = records.iter().map(Value::to_string).collect::<String>().to_lowercase();
    let truth = region.truth();
    for word in truth.identity_words.iter().chain(&truth.record_ids) {
        let word = word.to_lowercase();
        for (place, text) in [("log", &log), ("refusals", &answers), ("audit trail", &records)] {
            assert!(!text.contains(&word), "an identity word is in the {place}");
        }
    }
}
