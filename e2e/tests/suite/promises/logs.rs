//! Logs name ids and faults, never what somebody wrote, and no secret. Direct messages are never remembered.

use rtfm_e2e::{Backends, World};
use rtfm_memory::store::Filter;
use rtfm_testkit::{
    gemini::{Fault, Method, Reply, Rule},
    logs::Lines,
};
use serde_json::json;
use tracing_subscriber::EnvFilter;

/// Every crate of ours at its most talkative, as `LOG_LEVEL=debug` has it.
const FILTER: &str = "warn,rtfm_bot=debug,rtfm_documents=debug,rtfm_memory=debug,rtfm_models=debug,\
                      rtfm_processor=debug,rtfm_shared=debug";

/// What people write in the test, each with a word of its own.
const WRITTEN: [&str; 8] =
    ["quagmessage", "quagedit", "quagfile", "quagname", "quagquestion", "quagcommand", "quagpersona", "quagdirect"];

/// People write, edit, post a file, and ask in every way, while the model fails now and then.
async fn everybody_talks(world: &World) {
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
    let said = world.hears(ana, general, "quagmessage opens at noon").await;
    ana.edit(general, said, "quagedit opens at noon").unwrap();
    world.remembers(said, "quagedit opens at noon").await;
    let file = ana.say_with_file(general, "the log", "quagname.txt", "text/plain", "quagfile opens").unwrap();
    world.remembers(file, "the log").await;
    world.remembers_files(file).await;
    let persona = [("persona", json!("like a quagpersona"))];
    ana.slash(general, "rtfm settings answers", &persona).unwrap().wait_answered().await;

    for fault in [None, Some(Fault::Status(400)), Some(Fault::Garbage), Some(Fault::Blocked("SAFETY"))] {
        world.gemini().on_generate(move |request| match fault.clone() {
            // A model that repeats the prompt, and one that fails.
            None => Reply::text(&request.user_text()),
            Some(fault) => Reply::fault(fault),
        });
        world.asks(ben, general, "RTFM when does the quagquestion opens quagedit?").await;
    }
    world.gemini().inject(Rule::of(Fault::Status(400)).method(Method::Embed).always());
    world.asks_by_command(ben, general, "when does the quagcommand open?").await;
    let direct = ben.direct();
    let asked = ben.say(&direct, "when does the quagdirect open?").unwrap();
    world.answer_to(&direct, asked).await;
    world.hears(ana, general, "everything was heard").await;
}

#[tokio::test]
async fn logs_contain_no_words_of_people_and_no_secrets() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(EnvFilter::new(FILTER));
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    // For this thread, which is the whole runtime of this test.
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::start(Backends::WITH_GEMINI).await.expect("these backends need nothing");
    world.discord.wait_for_command("rtfm").await;
    everybody_talks(&world).await;
    let stored = world.store.scroll(&Filter::everything(None), None, 1000).await.unwrap();
    assert!(!stored.is_empty() && stored.iter().all(|message| !message.content.contains("quagdirect")), "{stored:?}");
    let secrets = [world.discord.token(), world.gemini().env().get("GEMINI_API_KEY").unwrap().to_owned()];
    world.finish().await;

    let logged = lines.text();
    assert!(logged.contains("failed to generate") && logged.contains("\"DEBUG\""), "the logs are complete: {logged}");
    let told = |word: &str| logged.lines().find(|line| line.contains(word)).map(str::to_owned);
    for word in WRITTEN.into_iter().chain(secrets.iter().map(String::as_str)) {
        assert_eq!(told(word), None, "{word}");
    }
}
