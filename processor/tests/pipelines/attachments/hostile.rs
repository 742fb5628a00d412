//! Hostile files end the process that reads them, and nothing else.

use super::{
    Memory, READER, carrier, config, in_files,
    limits::{counted_in, once},
    memory_of,
    server::{FileServer, Page},
};
use lopdf::{
    Document, Object, Stream,
    content::{Content, Operation},
    dictionary,
};
use rtfm_processor::index::attachments::{AttachmentConfig, FileReader};
use std::time::Duration;

/// A PDF of one page that says this.
fn pdf(text: &str) -> Document {
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let font = document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" });
    let operations = vec![
        Operation::new("Tf", vec!["F1".into(), 12.into()]),
        Operation::new("Tj", vec![Object::string_literal(text)]),
    ];
    let content = document.add_object(Stream::new(dictionary! {}, Content { operations }.encode().unwrap()));
    let page = document.add_object(dictionary! { "Type" => "Page", "Parent" => parent, "Contents" => content });
    let tree = dictionary! {
        "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    };
    document.objects.insert(parent, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => parent });
    document.trailer.set("Root", catalog);
    document
}

fn bytes(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// A table that names the same large object a hundred thousand times.
fn repeated() -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let at = file.len();
    file.extend(b"1 0 obj\n[");
    file.extend("1 ".repeat(200_000).bytes());
    file.extend(b"]\nendobj\n");
    let table = file.len();
    file.extend(b"xref\n1 50000\n");
    for _ in 0..50_000 {
        file.extend(format!("{at:010} 00000 n \n").bytes());
    }
    file.extend(format!("trailer\n<< /Size 50001 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes());
    file
}

/// A stream of objects that lie at these places, over each other.
fn overlapping(places: &[usize]) -> Vec<u8> {
    let index: String = (100..).zip(places).map(|(id, place)| format!("{id} {place} ")).collect();
    let content = format!("{index}{}", "[ ".repeat(50) + &"1 ".repeat(200_000) + &"] ".repeat(50));
    let mut document = pdf("harmless");
    let (first, count) = (i64::try_from(index.len()).unwrap(), i64::try_from(places.len()).unwrap());
    let dict = dictionary! { "Type" => "Obj_tm", "First" => first, "N" => count };
    document.add_object(Stream::new(dict, content.into_bytes()));
    // The writer leaves out what is called by its right name.
    let mut file = bytes(document);
    let name = file.windows(6).position(|window| window == b"Obj_tm").unwrap();
    file[name + 3] = b'S';
    file
}

async fn memory_with(config: AttachmentConfig, command: &[&str]) -> Memory {
    memory_of(FileReader::new(config).unwrap().with_command(command)).await
}

#[tokio::test]
async fn a_file_that_fills_the_memory_is_skipped_and_the_next_one_is_read() {
    let server = FileServer::start([
        ("/repeated.pdf", Page::File(repeated())),
        ("/same.pdf", Page::File(overlapping(&vec![0; 20_000]))),
        ("/nested.pdf", Page::File(overlapping(&(0..20_000).map(|place| 2 * place).collect::<Vec<usize>>()))),
        ("/good.pdf", Page::File(bytes(pdf("The harbour opens at seven.")))),
    ])
    .await;
    // Time enough to fill it with a debug build.
    let patient = AttachmentConfig { time_limit: Duration::from_secs(100), ..config(&server) };
    let memory = memory_with(patient, &[READER]).await;
    for (id, path, outcome) in [
        (1, "/repeated.pdf", "skipped unreadable"),
        (2, "/same.pdf", "skipped unreadable"),
        (3, "/nested.pdf", "skipped unreadable"),
        (4, "/good.pdf", "read none"),
    ] {
        assert_eq!(counted_in(&memory, &carrier(&server, id, "a.pdf", path)).await, once(outcome), "{path}");
    }
    assert_eq!(in_files(&*memory.store, "harbour").await, [(4, "The harbour opens at seven.".to_owned())]);
}

/// A reader that does what a document says.
const OBEDIENT: &str = r#"case "$(cat)" in
    *hang*) exec sleep 600;;
    *spin*) ulimit -S -t 1; while :; do :; done;;
    *crash*) kill -9 $$;;
    *abort*) kill -6 $$;;
    *flood*) exec yes '{"page":"flood"}';;
    *babble*) echo 'no JSON';;
    *silence*) ;;
    *) printf '{"page":"%s"}\n"done"\n' zebra;;
esac"#;

#[tokio::test]
async fn a_reader_that_dies_or_hangs_costs_its_file_and_no_other() {
    let page = |text: &str| Page::File(text.as_bytes().to_vec());
    let names = ["hang", "spin", "crash", "abort", "flood", "babble", "silence", "good"];
    let paths = names.map(|name| format!("/{name}.pdf"));
    let pages: Vec<(&str, Page)> = paths.iter().map(String::as_str).zip(names.map(page)).collect();
    let server = FileServer::start(pages).await;
    let config = AttachmentConfig { time_limit: Duration::from_secs(3), ..config(&server) };
    let memory = memory_with(config, &["/bin/sh", "-c", OBEDIENT]).await;
    for (id, name, outcome) in [
        (1, "hang", "skipped slow"),
        (2, "spin", "skipped slow"),
        (3, "crash", "skipped panicked"),
        (4, "abort", "skipped unreadable"),
        (5, "flood", "skipped panicked"),
        (6, "babble", "skipped panicked"),
        (7, "silence", "skipped panicked"),
        (8, "good", "read none"),
    ] {
        let message = carrier(&server, id, "a.pdf", &format!("/{name}.pdf"));
        assert_eq!(counted_in(&memory, &message).await, once(outcome), "{name}");
    }
    assert_eq!(in_files(&*memory.store, "zebra").await, [(8, "zebra".to_owned())]);
}

#[tokio::test]
async fn readers_that_hang_leave_room_for_others() {
    let server =
        FileServer::start([("/hang.pdf", Page::File(b"hang".to_vec())), ("/good.pdf", Page::File(b"good".to_vec()))])
            .await;
    let config = AttachmentConfig { time_limit: Duration::from_secs(1), ..config(&server) };
    let memory = memory_with(config, &["/bin/sh", "-c", OBEDIENT]).await;
    let mut many = carrier(&server, 1, "a.pdf", "/hang.pdf");
    many.attachments = (10..18).flat_map(|id| carrier(&server, id, "a.pdf", "/hang.pdf").attachments).collect();
    assert_eq!(counted_in(&memory, &many).await, [("skipped slow".to_owned(), 8)]);
    assert_eq!(counted_in(&memory, &carrier(&server, 2, "a.pdf", "/good.pdf")).await, once("read none"));
}

#[tokio::test]
async fn a_reader_that_cannot_be_started_is_no_fault_of_the_message() {
    let server = FileServer::start([("/good.pdf", Page::File(b"good".to_vec()))]).await;
    let memory = memory_with(config(&server), &["/nowhere/reader"]).await;
    assert_eq!(counted_in(&memory, &carrier(&server, 1, "a.pdf", "/good.pdf")).await, once("skipped panicked"));
}
