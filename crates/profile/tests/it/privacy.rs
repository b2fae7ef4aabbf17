//! Of all that identifies the simulated patients, nothing comes out of a profile or a finding.

use crate::{
    feeds::{Day, Pool},
    unchanged::PROVIDERS,
};
use model::Timestamp;
use profile::{
    drift::compare,
    feed::{FeedProfile, Observer},
};
use simulate::{Request, Simulation};

#[test]
fn no_identity_of_a_simulated_patient_comes_out() {
    let simulation = Simulation::new(5, 150);
    let truth = simulation.truth();
    let mut observer = Observer::new();
    let mut resources = 0;
    for message in simulation.messages() {
        match message.request {
            Request::Bundle(bundle) => {
                let bundle = fhir::json::parse(&bundle).unwrap().into_owned();
                for entry in bundle.get("entry").and_then(|entries| entries.as_array()).unwrap() {
                    observer.see(&entry.get("resource").unwrap().to_canonical(), Timestamp(0));
                    resources += 1;
                }
            }
            Request::Put { body, .. } | Request::Post { body, .. } | Request::Raw { body, .. } => {
                observer.see(&body, Timestamp(0));
            }
        }
    }
    let profile = observer.finish();
    assert!(resources > 3000 && profile.resources >= resources);
    let text = profile.to_json().unwrap();
    let words = truth.identity_words.iter().chain(&truth.record_ids).chain(&truth.birth_dates);
    for word in words {
        assert!(!text.contains(word.as_str()), "{word}");
    }
    for provider in PROVIDERS {
        // After four weeks of silence everything that can be told is told.
        let pool = Pool::new(5, provider);
        let before: Vec<FeedProfile> = (0..28).map(FeedProfile::silent).collect();
        let found = compare(&before, &pool.day(28, 100.0, &Day::USUAL));
        let text = format!("{found:?}");
        for word in truth.identity_words.iter().chain(&truth.names) {
            assert!(word.len() < 6 || !text.contains(word.as_str()), "{word}");
        }
    }
}
