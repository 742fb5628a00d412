//! A secret that somebody posts reaches no model: not by the message, its context or its file, not by the question or
//! the conversation before it.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::gemini::Method;

/// A key of its own for each way, put together here, so that nothing in the sources looks like one.
fn key(way: &str) -> String {
    format!("ghp_{}", format!("{way}1B2").repeat(9))
}

/// What must not be sent of it; the mask leaves less.
fn traces(way: &str) -> [String; 2] {
    let key = key(way);
    [key[..8].to_owned(), key[key.len() - 12..].to_owned()]
}

/// A text of this many characters before the key of this way, which a cut near their end would split.
fn before_a_cut(length: usize, way: &str) -> String {
    format!("the crane log {}/{}", "=".repeat(length), key(way))
}

async fn no_request_carries_a_secret(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
    world.hears(ana, general, &format!("The crane deploy key is {}", key("a"))).await;
    let answered = world.hears(ana, general, &before_a_cut(170, "b")).await;
    let reply = ben.reply(general, answered, "The crane deploy key is in the vault then").unwrap();
    world.remembers(reply, "The crane deploy key is in the vault then").await;

    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", "d1B2d1B2d1B2\n".repeat(200));
    let log = format!("the crane deploy key: {}\n{}\n{pem}", key("e"), before_a_cut(1_020, "f"));
    let (caption, name) = (before_a_cut(170, "c"), format!("{}.log", key("g")));
    let posted = ana.say_with_file(general, &caption, &name, "text/plain", log).unwrap();
    world
        .until("the file is remembered", async || {
            let stored = world.store.get(&[posted.get().into()]).await.unwrap();
            !world.store.attached(&stored).await.unwrap().is_empty()
        })
        .await;

    let question = format!("RTFM what is the crane deploy key, is it {}?", key("h"));
    let answer = world.asks(ben, general, &question).await;
    let followed = ben.reply(general, answer.id, &format!("and {} for the crane?", key("i"))).unwrap();
    world.answer_to(general, followed).await;

    let requests = world.gemini().requests();
    for request in &requests {
        let body = request.body.to_string();
        for way in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            assert!(traces(way).iter().all(|trace| !body.contains(trace)), "{way} in {:?}: {body}", request.method);
        }
    }
    let masked = |method| {
        let of_method = requests.iter().filter(|request| request.method == method);
        of_method.filter(|request| request.body.to_string().contains("ghp_…(masked)")).count()
    };
    assert!(masked(Method::BatchEmbed) >= 5, "messages, file and questions were embedded: {requests:#?}");
    assert!(masked(Method::Stream) >= 2, "a model answered: {requests:#?}");
    world.finish().await;
}

#[tokio::test]
async fn secrets_stay_here_on_one_machine() {
    no_request_carries_a_secret(Backends::WITH_GEMINI).await;
}

#[tokio::test]
async fn secrets_stay_here_over_kafka_and_qdrant() {
    no_request_carries_a_secret(Backends::SERVERS).await;
}
