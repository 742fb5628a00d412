//! Metrics of requests.

use super::{answers, ask, client};
use metrics_exporter_prometheus::PrometheusBuilder;
use rtfm_models::embed::{Embedder, GeminiEmbedder};
use rtfm_testkit::gemini::{FakeGemini, Fault, Rule};

/// The recorder is thread-local, so the test needs a runtime with one thread.
#[tokio::test(flavor = "current_thread")]
async fn requests_durations_and_tokens_are_counted_by_model() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Status(503)));
    ask(&answers(&gemini), "Where?").await.unwrap();
    gemini.inject(Rule::of(Fault::Finish("SAFETY")));
    ask(&answers(&gemini), "Where?").await.unwrap_err();
    GeminiEmbedder::new(client(&gemini)).query("Where?").await.unwrap();
    let text = handle.render();
    for line in [
        "rtfm_gemini_requests_total{model=\"gemini-3.8-flash\",outcome=\"ok\"} 1",
        "rtfm_gemini_requests_total{model=\"gemini-3.8-flash\",outcome=\"transient\"} 1",
        "rtfm_gemini_requests_total{model=\"gemini-3.8-flash\",outcome=\"blocked\"} 1",
        "rtfm_gemini_requests_total{model=\"gemini-embedding-2\",outcome=\"ok\"} 1",
        "rtfm_gemini_request_duration_seconds_count{model=\"gemini-3.8-flash\"} 3",
        "rtfm_gemini_tokens_total{model=\"gemini-3.8-flash\",kind=\"prompt\"} 24",
        "rtfm_gemini_tokens_total{model=\"gemini-3.8-flash\",kind=\"output\"} 20",
        "rtfm_gemini_tokens_total{model=\"gemini-3.8-flash\",kind=\"thoughts\"} 36",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("wrong"), "{text}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_cancelled_request_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Hang));
    let model = answers(&gemini);
    tokio::select! {
        result = ask(&model, "Where?") => panic!("{result:?}"),
        _ = gemini.wait_for(|_| true) => {}
    }
    let line = "rtfm_gemini_requests_total{model=\"gemini-3.8-flash\",outcome=\"cancelled\"} 1";
    assert!(handle.render().contains(line), "{}", handle.render());
}
