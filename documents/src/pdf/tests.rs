//! Tests with well-formed and hostile PDFs.

use super::*;
use lopdf::{
    Object, Stream,
    content::{Content, Operation},
    dictionary,
};
use proptest::prelude::*;

const MAX_TEXT_BYTES: usize = 100_000;

fn text(file: &[u8], max_text_bytes: usize) -> Result<String, Skipped> {
    Ok(pages(file, max_text_bytes)?.map(|page| page + "\n\n").collect())
}

/// A PDF whose pages have these operators.
fn pdf(pages: &[Vec<Operation>]) -> Document {
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let font = document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let mut kids: Vec<Object> = Vec::new();
    for operations in pages {
        let content = Content { operations: operations.clone() }.encode().unwrap();
        let content = document.add_object(Stream::new(dictionary! {}, content));
        kids.push(
            document.add_object(dictionary! { "Type" => "Page", "Parent" => parent, "Contents" => content }).into(),
        );
    }
    let count = i64::try_from(kids.len()).unwrap();
    let tree = dictionary! {
        "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources,
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

fn op(operator: &str, operands: Vec<Object>) -> Operation {
    Operation::new(operator, operands)
}

/// Lines of text, one below the other.
fn lines(lines: &[&str]) -> Vec<Operation> {
    let mut operations = vec![op("BT", vec![]), op("Tf", vec!["F1".into(), 12.into()])];
    for line in lines {
        operations.push(op("Td", vec![0.into(), (-14).into()]));
        operations.push(op("Tj", vec![Object::string_literal(*line)]));
    }
    operations.push(op("ET", vec![]));
    operations
}

#[test]
fn lines_and_pages_are_read() {
    let file = bytes(pdf(&[lines(&["The harbour opens", "at seven."]), lines(&["It closes at ten."])]));
    assert_eq!(text(&file, MAX_TEXT_BYTES).unwrap(), "The harbour opens\nat seven.\n\nIt closes at ten.\n\n");
}

#[test]
fn compressed_objects_are_read() {
    let mut document = pdf(&[lines(&["The harbour opens"])]);
    document.compress();
    let mut file = Vec::new();
    let options = lopdf::SaveOptions::builder().use_object_streams(true).use_xref_streams(true).build();
    document.save_with_options(&mut file, options).unwrap();
    assert!(file.windows(6).any(|window| window == b"ObjStm"), "the file contains an object stream");
    assert_eq!(text(&file, MAX_TEXT_BYTES).unwrap(), "The harbour opens\n\n");
}

#[test]
fn gaps_become_spaces() {
    let shown = Object::Array(vec![
        Object::string_literal("har"),
        20.into(),
        Object::string_literal("bour"),
        (-300).into(),
        Object::string_literal("master"),
    ]);
    let page = vec![
        op("BT", vec![]),
        op("Tf", vec!["F1".into(), 12.into()]),
        op("TJ", vec![shown]),
        op("Td", vec![80.into(), 0.into()]),
        op("Tj", vec![Object::string_literal("ana")]),
        op("ET", vec![]),
    ];
    assert_eq!(text(&bytes(pdf(&[page])), MAX_TEXT_BYTES).unwrap(), "harbour master ana\n\n");
}

#[test]
fn other_formats_and_damaged_files_are_refused() {
    assert_eq!(text(b"GIF89a", MAX_TEXT_BYTES), Err(Skipped::Binary));
    assert_eq!(text(b"%PDF-1.7\nand then nothing", MAX_TEXT_BYTES), Err(Skipped::Unreadable));
    let encrypted = b"%PDF-1.7\ntrailer << /Encrypt 1 0 R >>";
    assert_eq!(text(encrypted, MAX_TEXT_BYTES), Err(Skipped::Unreadable));
}

#[test]
fn a_long_document_ends_at_the_limit() {
    let page = lines(&["A line of a long book."; 100]);
    let file = bytes(pdf(&vec![page; 50]));
    let read = text(&file, 5_000).unwrap();
    assert!((5_000..8_000).contains(&read.len()), "{}", read.len());
}

/// A small stream that unpacks to gigabytes.
#[test]
fn a_bomb_is_not_unpacked() {
    let mut document = pdf(&[lines(&["harmless"])]);
    let mut bomb = Stream::new(dictionary! {}, vec![b' '; 64 << 20]);
    bomb.compress().unwrap();
    assert!(bomb.content.len() < 1 << 20);
    let bomb = document.add_object(bomb);
    let first = document.page_iter().next().unwrap();
    document.get_object_mut(first).unwrap().as_dict_mut().unwrap().set("Contents", bomb);
    assert_eq!(text(&bytes(document), MAX_TEXT_BYTES).unwrap(), "", "the page is skipped");
}

#[test]
fn ligatures_become_letters() {
    assert_eq!(
        page::without_ligatures("e\u{fb03}cient o\u{fb00} \u{fb01}le \u{fb02}ow").collect::<String>(),
        "efficient off file flow"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A valid file with some bytes changed, or cut off at the end.
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut file = bytes(pdf(&[lines(&["The harbour opens", "at seven."]), lines(&["It closes."])]));
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if cut {
            file.truncate(end.index(file.len()).max(5));
        }
        let _ = text(&file, MAX_TEXT_BYTES);
    }
}
