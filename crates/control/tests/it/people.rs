//! People, groups, what they show, and their sessions.

use crate::ground::Ground;
use control::{ControlError, NewPerson, PersonChange, SESSION_IDLE_MS, SESSION_MOST_MS};
use model::Clock;

fn person(name: &str, roles: &[&str]) -> NewPerson {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    NewPerson { name: name.into(), display: name.to_uppercase(), roles, expires: None, outside: None }
}

#[tokio::test]
async fn roles_come_from_a_person_and_from_groups_and_a_name_is_never_given_twice() {
    let ground = Ground::new("people").await;
    let control = &ground.control;
    control.add_person(&person("ann", &["analyst"])).await.unwrap();
    control.add_person(&person("bob", &[])).await.unwrap();
    control.put_group("team", &["engineer".into(), "analyst".into()]).await.unwrap();
    control.put_group("watch", &["auditor".into()]).await.unwrap();
    for group in ["team", "watch", "team"] {
        control.add_member(group, "ann").await.unwrap();
    }
    let ann = control.person("ann").await.unwrap().unwrap();
    assert_eq!(ann.roles, ["analyst", "auditor", "engineer"]);
    assert_eq!((ann.own_roles, ann.groups), (vec!["analyst".into()], vec!["team".into(), "watch".into()]));
    assert_eq!(control.groups().await.unwrap().iter().map(|group| group.members).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(control.people().await.unwrap().len(), 2);
    for (group, person) in [("nobody", "ann"), ("team", "nobody")] {
        let refused = control.add_member(group, person).await;
        assert!(matches!(refused, Err(ControlError::NotFound { .. })));
    }

    control.remove_member("watch", "ann").await.unwrap();
    control.remove_group("team").await.unwrap();
    assert_eq!(control.person("ann").await.unwrap().unwrap().roles, ["analyst"]);

    control.remove_person("ann").await.unwrap();
    let taken = control.add_person(&person("ann", &[])).await;
    assert!(matches!(taken, Err(ControlError::AlreadyExists { .. })));
    let gone = control.person("ann").await.unwrap().unwrap();
    assert!(!gone.counts(ground.clock.now()) && gone.roles.is_empty());
    let again = control.change_person("ann", &PersonChange::default()).await;
    assert!(matches!(again, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn what_may_be_used_once_is_used_once() {
    let ground = Ground::new("factors").await;
    let control = &ground.control;
    control.add_person(&person("ann", &[])).await.unwrap();
    assert_eq!(control.password_hash("ann").await.unwrap(), None);
    control.set_password("ann", Some("$argon2id$x")).await.unwrap();
    assert_eq!(control.password_hash("ann").await.unwrap().as_deref(), Some("$argon2id$x"));
    assert_eq!(control.password_hash("nobody").await.unwrap(), None);

    assert!(!control.use_step("ann", 7).await.unwrap(), "no device");
    control.set_device("ann", Some(b"sealed"), &[[1; 32], [2; 32]]).await.unwrap();
    assert_eq!(control.device("ann").await.unwrap().as_deref(), Some(b"sealed".as_slice()));
    let (one, other) = (control.use_step("ann", 7), ground.again().await);
    let both = (one.await.unwrap(), other.use_step("ann", 7).await.unwrap());
    assert_eq!(both, (true, false));
    assert!(!control.use_step("ann", 6).await.unwrap(), "an earlier one");
    assert!(control.use_step("ann", 8).await.unwrap());

    assert!(control.use_recovery_code("ann", [1; 32]).await.unwrap());
    assert!(!control.use_recovery_code("ann", [1; 32]).await.unwrap());
    control.set_device("ann", None, &[]).await.unwrap();
    assert!(!control.use_recovery_code("ann", [2; 32]).await.unwrap(), "gone with the device");
    assert!(matches!(control.set_password("bob", None).await, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn a_session_ends_by_time_and_with_whatever_it_stands_on() {
    let ground = Ground::new("sessions").await;
    let control = &ground.control;
    control.add_person(&person("ann", &["analyst"])).await.unwrap();
    let counts = async |mac: u8| control.session([mac; 32]).await.unwrap().is_some();
    control.begin_session([1; 32], "ann", true, &[]).await.unwrap();
    let ends = ground.clock.now().plus_ms(SESSION_MOST_MS);
    let session = control.session([1; 32]).await.unwrap().unwrap();
    assert!(session.second_factor && session.expires == ends && session.person.name == "ann");
    assert!(!counts(2).await);

    // It lives by being used, to its end.
    for _ in 0..SESSION_MOST_MS / (SESSION_IDLE_MS - 1) {
        ground.clock.advance_ms(SESSION_IDLE_MS - 1);
        assert!(counts(1).await);
    }
    ground.clock.advance_ms(SESSION_IDLE_MS - 1);
    assert!(!counts(1).await, "twelve hours");
    control.begin_session([1; 32], "ann", false, &[]).await.unwrap();
    ground.clock.advance_ms(SESSION_IDLE_MS);
    assert!(!counts(1).await, "idle");

    let suspend = |suspended| PersonChange { suspended: Some(suspended), ..PersonChange::default() };
    control.begin_session([3; 32], "ann", false, &[]).await.unwrap();
    control.change_person("ann", &suspend(true)).await.unwrap();
    assert!(!counts(3).await);
    let refused = control.begin_session([4; 32], "ann", false, &[]).await;
    assert!(matches!(refused, Err(ControlError::NotFound { .. })));
    control.change_person("ann", &suspend(false)).await.unwrap();
    assert!(!counts(3).await, "what was ended stays so");

    control.begin_session([5; 32], "ann", false, &[]).await.unwrap();
    control.set_password("ann", Some("other")).await.unwrap();
    assert!(!counts(5).await);
    control.begin_session([6; 32], "ann", false, &[]).await.unwrap();
    control.end_session([6; 32]).await.unwrap();
    assert!(!counts(6).await);

    // An account that ends takes its sessions with it.
    let soon = ground.clock.now().plus_ms(1000);
    let change = PersonChange { expires: Some(Some(soon)), ..PersonChange::default() };
    control.change_person("ann", &change).await.unwrap();
    control.begin_session([7; 32], "ann", false, &[]).await.unwrap();
    assert_eq!(control.session([7; 32]).await.unwrap().unwrap().expires, soon);
    ground.clock.advance_ms(1000);
    assert!(!counts(7).await);
}

#[tokio::test]
async fn of_many_sessions_the_oldest_end() {
    let ground = Ground::new("many_sessions").await;
    let control = &ground.control;
    control.add_person(&person("ann", &[])).await.unwrap();
    for mac in 0..20 {
        ground.clock.advance_ms(1);
        control.begin_session([mac; 32], "ann", false, &[]).await.unwrap();
    }
    let mut open = Vec::new();
    for mac in 0..20 {
        if control.session([mac; 32]).await.unwrap().is_some() {
            open.push(mac);
        }
    }
    assert_eq!(open, (4..20).collect::<Vec<u8>>());
}

#[tokio::test]
async fn somebody_from_elsewhere_is_one_person_and_has_the_roles_of_their_session() {
    let ground = Ground::new("elsewhere").await;
    let control = &ground.control;
    let outside = "https://login.example 7f3a";
    control.add_person(&person("ann", &["analyst"])).await.unwrap();
    assert!(control.person_from(outside).await.unwrap().is_none());
    control.link_person("ann", Some(outside)).await.unwrap();
    assert_eq!(control.person_from(outside).await.unwrap().unwrap().name, "ann");
    control.add_person(&person("max", &[])).await.unwrap();
    assert!(control.link_person("max", Some(outside)).await.is_err(), "two people are not one");
    let twin = NewPerson { outside: Some(outside.into()), ..person("eve", &[]) };
    assert!(control.add_person(&twin).await.is_err());

    let roles = ["engineer".to_owned(), "analyst".to_owned()];
    control.begin_session([1; 32], "ann", false, &roles).await.unwrap();
    control.begin_session([2; 32], "ann", false, &[]).await.unwrap();
    let of = async |mac| control.session([mac; 32]).await.unwrap().map(|session| session.person.roles);
    assert_eq!(of(1).await.unwrap(), ["analyst", "engineer"]);
    assert_eq!(of(2).await.unwrap(), ["analyst"]);
    control.link_person("ann", None).await.unwrap();
    assert_eq!(of(1).await, None, "what it stood on is gone");
    control.link_person("ann", Some(outside)).await.unwrap();
    control.remove_person("ann").await.unwrap();
    assert!(control.person_from(outside).await.unwrap().is_none());
    control.link_person("max", Some(outside)).await.unwrap();
}
