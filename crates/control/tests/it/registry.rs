//! Providers, facts, imports, jobs, audit heads and state.

use crate::ground::{Ground, provider, segment};
use control::{CheckpointUse, ControlError, ImportProgress, Registration, RunState};
use model::{CommitSeq, SourceId, Timestamp};

#[tokio::test]
async fn a_provider_has_a_name_a_client_id_and_a_lane_of_its_own() {
    let ground = Ground::new("provider").await;
    let control = &ground.control;
    let imported: SourceId = "trust".parse().unwrap();
    let lane = control.ensure_source(&imported).await.unwrap();
    assert_eq!(control.ensure_source(&imported).await.unwrap(), lane);

    let gp = control.add_provider(provider("gp", "client-1")).await.unwrap();
    assert!(gp.enabled && gp.lane != lane && gp.created == Timestamp(1_700_000_000_000));
    assert_eq!(control.provider_by_client("client-1").await.unwrap(), Some(gp.clone()));
    assert_eq!(control.provider(&gp.name).await.unwrap(), Some(gp.clone()));
    assert_eq!(control.provider_by_client("client-2").await.unwrap(), None);
    for twin in [provider("gp", "client-2"), provider("other", "client-1")] {
        let refused = control.add_provider(twin).await;
        assert!(matches!(refused, Err(ControlError::AlreadyExists { .. })), "{refused:?}");
    }
    let trust = control.add_provider(provider("trust", "client-3")).await.unwrap();
    assert_eq!(trust.lane, lane, "the lane that the import made");
    let sources = control.sources().await.unwrap();
    assert_eq!(sources, [(gp.name.clone(), gp.lane), (imported, lane)], "a refused one leaves nothing");

    control.set_provider_enabled(&gp.name, false).await.unwrap();
    let enabled: Vec<bool> = control.providers().await.unwrap().iter().map(|p| p.enabled).collect();
    assert_eq!(enabled, [false, true]);
    let unknown = control.set_provider_enabled(&"nobody".parse().unwrap(), true).await;
    assert!(matches!(unknown, Err(ControlError::NotFound { .. })));
    assert!(!format!("{gp:?}").contains('5'), "no key material in debug output");
}

#[tokio::test]
async fn facts_and_state_are_kept_until_they_are_replaced() {
    let ground = Ground::new("facts").await;
    let control = &ground.control;
    assert_eq!(control.fact("kind").await.unwrap(), None);
    control.set_fact("kind", "real").await.unwrap();
    control.set_fact("kind", "synthetic").await.unwrap();
    assert_eq!(control.fact("kind").await.unwrap().as_deref(), Some("synthetic"));
    control.put_state("compacted", &[0, 255]).await.unwrap();
    control.put_state("compacted", &[]).await.unwrap();
    assert_eq!(control.state("compacted").await.unwrap(), Some(Vec::new()));
    control.put_state("compacted", &[7, 0]).await.unwrap();
    let again = ground.again().await;
    assert_eq!(again.state("compacted").await.unwrap(), Some(vec![7, 0]));
    assert_eq!(again.state("other").await.unwrap(), None);
}

fn taken(source: &SourceId, checker: &str, taken: u64) -> ImportProgress {
    ImportProgress { source: source.clone(), digest: [1; 32], checker: checker.into(), taken }
}

#[tokio::test]
async fn an_imported_file_is_known_for_its_source() {
    let ground = Ground::new("imports").await;
    let control = &ground.control;
    let (gp, trust): (SourceId, SourceId) = ("gp".parse().unwrap(), "trust".parse().unwrap());
    control.ensure_source(&gp).await.unwrap();
    assert!(!control.import_seen(&gp, [1; 32]).await.unwrap());
    control.import_done(&gp, [1; 32]).await.unwrap();
    control.import_done(&gp, [1; 32]).await.unwrap();
    assert!(control.import_seen(&gp, [1; 32]).await.unwrap());
    assert!(!control.import_seen(&gp, [2; 32]).await.unwrap());
    assert!(!control.import_seen(&trust, [1; 32]).await.unwrap());
}

#[tokio::test]
async fn an_import_goes_on_where_it_stood_for_the_checker_that_counted() {
    let ground = Ground::new("progress").await;
    let control = &ground.control;
    let gp: SourceId = "gp".parse().unwrap();
    let lane = control.ensure_source(&gp).await.unwrap();
    let so_far = async |checker| control.import_taken(&gp, [1; 32], checker).await.unwrap();
    assert_eq!(so_far("a").await, 0);
    // With a segment, and with nothing to register.
    let lease = control.lease_lane(lane, "gateway", 1_000).await.unwrap();
    let imports = vec![taken(&gp, "a", 5), taken(&gp, "a", 7)];
    control.register(&lease, &Registration { imports, ..segment(lane, 1, 1) }).await.unwrap();
    assert_eq!(so_far("a").await, 7);
    control.import_goes_on(&[taken(&gp, "a", 9)]).await.unwrap();
    control.import_goes_on(&[taken(&gp, "a", 3)]).await.unwrap();
    assert_eq!(so_far("a").await, 9);
    assert!(!control.import_seen(&gp, [1; 32]).await.unwrap());
    // Another checker begins anew, and then it is the one that counts.
    assert_eq!(so_far("b").await, 0);
    control.import_goes_on(&[taken(&gp, "b", 2)]).await.unwrap();
    assert_eq!((so_far("a").await, so_far("b").await), (0, 2));
    // Whoever is fenced off notes nothing.
    control.release_lane(&lease).await.unwrap();
    let imports = vec![taken(&gp, "b", 4)];
    let late = control.register(&lease, &Registration { imports, ..segment(lane, 2, 1) }).await;
    assert!(matches!(late, Err(ControlError::Fenced { .. })));
    assert_eq!(so_far("b").await, 2);
}

#[tokio::test]
async fn a_run_ends_once() {
    let ground = Ground::new("jobs").await;
    let control = &ground.control;
    let first = control.run_start("import", "gp", "operator").await.unwrap();
    let second = control.run_start("mart", "pathways", "operator").await.unwrap();
    ground.clock.advance_ms(5);
    control.run_end(second, RunState::Succeeded, "rows=3", Some(CommitSeq(4))).await.unwrap();
    let again = control.run_end(second, RunState::Failed, "", None).await;
    assert!(matches!(again, Err(ControlError::NotFound { .. })));
    let jobs = control.runs(None, 10).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!((jobs[0].state, jobs[0].seq), (RunState::Succeeded, Some(CommitSeq(4))));
    assert_eq!(jobs[0].ended, jobs[0].started.map(|at| at.plus_ms(5)));
    assert_eq!((jobs[1].state, jobs[1].ended), (RunState::Running, None));
    assert_eq!(control.runs(None, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_audit_head_never_goes_back() {
    let ground = Ground::new("heads").await;
    let control = &ground.control;
    control.put_audit_head("gateway-1", (5, [5; 32]), [1; 64], false).await.unwrap();
    control.put_audit_head("gateway-1", (9, [9; 32]), [2; 64], true).await.unwrap();
    control.put_audit_head("gateway-1", (7, [7; 32]), [3; 64], false).await.unwrap();
    control.put_audit_head("gateway-1", (9, [9; 32]), [2; 64], false).await.unwrap();
    control.put_audit_head("worker-1", (1, [1; 32]), [4; 64], false).await.unwrap();
    let heads = control.audit_heads().await.unwrap();
    let kept: Vec<_> =
        heads.iter().map(|head| (head.writer.as_str(), head.count, head.hash[0], head.closed)).collect();
    assert_eq!(kept, [("gateway-1", 9, 9, true), ("worker-1", 1, 1, false)]);
    assert_eq!(heads[0].signature, [2; 64]);
}

#[tokio::test]
async fn a_checkpoint_tells_of_what_has_grown() {
    let ground = Ground::new("checkpoints").await;
    let control = &ground.control;
    control.put_audit_head("gateway-1", (5, [5; 32]), [1; 64], false).await.unwrap();
    let grown = control.grown_audit_heads().await.unwrap();
    assert_eq!(grown.len(), 1);
    control.put_audit_head("gateway-1", (6, [6; 32]), [1; 64], false).await.unwrap();
    control.put_audit_checkpoint(CheckpointUse::Newest, (0, 1), "one", &grown).await.unwrap();
    let grown = control.grown_audit_heads().await.unwrap();
    assert_eq!(grown.iter().map(|head| head.count).collect::<Vec<_>>(), [6]);
    control.put_audit_checkpoint(CheckpointUse::Newest, (1, 2), "two", &grown).await.unwrap();
    // A slower maker comes late.
    control.put_audit_checkpoint(CheckpointUse::Newest, (0, 1), "one", &[]).await.unwrap();
    assert!(control.grown_audit_heads().await.unwrap().is_empty());
    let newest = control.audit_checkpoint(CheckpointUse::Newest).await.unwrap().unwrap();
    assert_eq!((newest.leaves, newest.size, newest.text.as_str()), (1, 2, "two"));
    assert_eq!(control.audit_checkpoint(CheckpointUse::Proved).await.unwrap(), None);
}

#[tokio::test]
async fn a_writer_that_stopped_is_told_of_once() {
    let ground = Ground::new("stopped").await;
    let control = &ground.control;
    control.put_audit_head("closed-1", (5, [5; 32]), [1; 64], true).await.unwrap();
    control.put_audit_head("killed-1", (5, [5; 32]), [1; 64], false).await.unwrap();
    ground.clock.advance_ms(60_000);
    control.put_audit_head("living-1", (1, [1; 32]), [1; 64], false).await.unwrap();
    let before = control.audit_heads().await.unwrap().iter().map(|head| head.seen).max().unwrap();
    let ended = control.take_ended_audit_writers(before).await.unwrap();
    assert_eq!(ended.iter().map(|head| head.writer.as_str()).collect::<Vec<_>>(), ["killed-1"]);
    assert!(control.take_ended_audit_writers(before).await.unwrap().is_empty());
}
