//! Imports that were cut short, and what they make of the resources that they had brought before.

use crate::home::{Home, change, source};
use landing::{Change, FilePart, Intake, Limits, Status, Submission};

/// What becomes of a part of a file that begins with resource `from`: version and status of each.
async fn import(intake: &Intake, digest: u8, from: u64, changes: Vec<Change>) -> Vec<(u32, Status)> {
    let part = FilePart { digest: [digest; 32], checker: "test".into(), from, resources: changes.len() };
    let accepted =
        intake.submit(&source("gp"), Submission { changes, files: vec![part], once: None }).await.unwrap();
    accepted.entries.iter().map(|entry| (entry.version, entry.status)).collect()
}

#[tokio::test]
async fn an_import_that_was_cut_short_goes_on_where_it_stood() {
    let home = Home::new().await;
    let (first, _) = home.intake("first", Limits::default());
    let file = || vec![change("x", "1"), change("x", "2"), change("y", "1"), change("x", "3")];
    let begun = import(&first, 1, 0, file()[..2].to_vec()).await;
    assert_eq!(begun, [(1, Status::Created), (2, Status::Updated)]);
    first.close().await;

    let (second, _) = home.intake("second", Limits::default());
    let again = import(&second, 1, 0, file()).await;
    let rest = [(1, Status::Created), (3, Status::Updated)];
    assert_eq!(again, [[(2, Status::Unchanged), (2, Status::Unchanged)], rest].concat());
    assert_eq!(home.records().await, ["gp/x@1 1", "gp/x@2 2", "gp/y@1 1", "gp/x@3 3"]);
    // The same resources in another file are another matter.
    let other = import(&second, 2, 0, file()[..2].to_vec()).await;
    assert_eq!(other, [(4, Status::Updated), (5, Status::Updated)]);
}

#[tokio::test]
async fn what_was_unchanged_when_it_was_imported_is_not_brought_back_later() {
    let home = Home::new().await;
    let (intake, _) = home.intake("first", Limits::default());
    import(&intake, 1, 0, vec![change("x", "1")]).await;
    assert_eq!(import(&intake, 2, 0, vec![change("x", "1")]).await, [(1, Status::Unchanged)]);
    assert_eq!(import(&intake, 3, 0, vec![change("x", "2")]).await, [(2, Status::Updated)]);
    for digest in [1, 2] {
        assert_eq!(import(&intake, digest, 0, vec![change("x", "1")]).await, [(2, Status::Unchanged)]);
    }
    assert_eq!(home.records().await.len(), 2);
}
