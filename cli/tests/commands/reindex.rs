//! `rtfm reindex`: new vectors for stored messages, also after a crash.

use crate::support::{Running, World, export, message};
use rtfm_testkit::gemini::FakeGemini;
use std::{process::Command, time::Duration};

const MESSAGES: usize = 500;

fn with_gemini(mut command: Command, gemini: &FakeGemini) -> Command {
    for variable in ["GEMINI_API_KEY", "GEMINI_BASE_URL"] {
        command.env(variable, gemini.env().get(variable).unwrap());
    }
    command
}

fn embeddings(gemini: &FakeGemini) -> Vec<usize> {
    let requests = gemini.requests().into_iter().filter(|request| request.method.embeds());
    requests.map(|request| request.embedded_texts().len()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_reindex_continues_where_it_stopped() {
    let world = World::new();
    let gemini = FakeGemini::start().await;
    let said: Vec<_> =
        (1..=MESSAGES).map(|n| message(&(1_000 + n).to_string(), &format!("saying number{n}"))).collect();
    world.write("export.json", &export(&said));
    world.run(&["import", "export.json"]).with_code(0);
    assert_eq!(embeddings(&gemini), [] as [usize; 0], "there was no embedder");

    // Slow enough to be killed before its end.
    gemini.set_latency(Duration::from_millis(200));
    let mut killed = Running::spawn(with_gemini(world.command(&["reindex"]), &gemini));
    let on_the_way = async {
        // A page takes two requests: at the third, the first page is stored.
        while embeddings(&gemini).len() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::support::DEADLINE, on_the_way).await.expect("it embeds in time");
    killed.child.kill().unwrap();
    drop(killed.ended());
    gemini.set_latency(Duration::ZERO);

    let before = embeddings(&gemini).len();
    let ended = Running::spawn(with_gemini(world.command(&["reindex"]), &gemini)).ended().with_code(0);
    assert!(ended.stdout.contains("reindexed 300 messages and 0 files"), "{ended:#?}");
    let second: usize = embeddings(&gemini).iter().skip(before).sum();
    // Two of the first page are embedded once more: those before the second page, which its messages answer.
    assert_eq!(second, 302, "stored messages are not embedded again");

    let before = embeddings(&gemini).len();
    let again = Running::spawn(with_gemini(world.command(&["reindex", "--remove-old"]), &gemini)).ended().with_code(0);
    assert!(again.stdout.contains("reindexed 0 messages"), "{again:#?}");
    assert!(again.stdout.contains("there was nothing to remove for other embedders"), "{again:#?}");
    assert_eq!(embeddings(&gemini).len(), before);

    // Back to full text alone: now the vectors are the old data.
    let back = world.run(&["reindex", "--remove-old"]).with_code(0);
    assert!(back.stdout.contains("removed the data of gemini-embedding-2 (768 dimensions)"), "{back:#?}");
}

#[test]
fn an_up_to_date_store_needs_no_reindex() {
    let world = World::new();
    world.write("export.json", &export(&[message("7", "hello")]));
    world.run(&["import", "export.json"]).with_code(0);
    let ended = world.run(&["reindex"]).with_code(0);
    assert!(ended.stdout.contains("reindexed 0 messages and 0 files"), "{ended:#?}");
}

#[cfg(not(feature = "local-embeddings"))]
#[test]
fn a_build_without_local_embeddings_reports_it() {
    let world = World::new();
    let mut command = world.command(&["reindex"]);
    command.env("EMBEDDER", "local");
    let ended = Running::spawn(command).ended().with_code(2);
    assert!(ended.stderr.contains("EMBEDDER is local") && ended.stderr.contains("local-embeddings"), "{ended:#?}");
}
