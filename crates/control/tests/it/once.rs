//! Assertions that count once, and answers to signed requests.

use crate::ground::{Ground, segment};
use control::{FirstAnswer, Registration};
use model::{Clock, Ordinal};

fn answer(request: u8, expires: model::Timestamp) -> FirstAnswer {
    FirstAnswer { request: [request; 32], answer: vec![request], expires }
}

#[tokio::test]
async fn what_was_used_up_is_known_until_it_has_expired() {
    let ground = Ground::new("once").await;
    let control = &ground.control;
    let until = ground.clock.now().plus_ms(1_000);
    assert!(control.use_once([1; 32], until).await.unwrap());
    assert!(!control.use_once([1; 32], until).await.unwrap());
    assert!(control.use_once([2; 32], until).await.unwrap());
    assert!(!ground.again().await.use_once([1; 32], until).await.unwrap(), "after a restart too");
    ground.clock.advance_ms(1_001);
    assert!(control.use_once([1; 32], until.plus_ms(5_000)).await.unwrap());
}

#[tokio::test]
async fn of_many_who_use_the_same_one_does() {
    let ground = Ground::new("race").await;
    let until = ground.clock.now().plus_ms(1_000);
    let tries = (0..8).map(|_| {
        let control = ground.control.clone();
        tokio::spawn(async move { control.use_once([9; 32], until).await.unwrap() })
    });
    let mut won = 0;
    for attempt in tries.collect::<Vec<_>>() {
        won += u32::from(attempt.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn an_answer_is_there_with_the_segment_that_makes_it_true_and_goes_with_time() {
    let ground = Ground::new("answers").await;
    let control = &ground.control;
    let lease = ground.lane("gp").await;
    let until = ground.clock.now().plus_ms(1_000);
    let registration = Registration { answers: vec![answer(1, until)], ..segment(lease.lane, 1, 1) };
    control.register(&lease, &registration).await.unwrap();
    assert_eq!(control.first_answer([1; 32]).await.unwrap(), Some((Ordinal(1), vec![1])));
    // Whoever is fenced off answers nothing.
    control.release_lane(&lease).await.unwrap();
    let late = Registration { answers: vec![answer(2, until)], ..segment(lease.lane, 2, 1) };
    assert!(control.register(&lease, &late).await.is_err());
    assert_eq!(control.first_answer([2; 32]).await.unwrap(), None);
    ground.clock.advance_ms(1_001);
    control.keep_answers(Ordinal(1), &[answer(3, until.plus_ms(5_000))]).await.unwrap();
    assert_eq!(control.first_answer([1; 32]).await.unwrap(), None);
    assert_eq!(control.first_answer([3; 32]).await.unwrap(), Some((Ordinal(1), vec![3])));
}
