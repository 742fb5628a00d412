//! Everybody's say in what is remembered of them.

use crate::scenes::{
    Scene,
    cast::{from, harbour},
};

pub(crate) async fn play() -> Vec<Scene> {
    let (world, help) = harbour().await;
    let privacy = async |word: &str| {
        let used = world.ben.slash(&help, &format!("privacy {word}"), &[]).unwrap();
        from(&help, used.wait_answered().await.id)
    };
    let status = privacy("status").await;
    let out = privacy("opt-out").await;
    let back = privacy("opt-in").await;
    let forget = privacy("forget-me").await;
    world.finish().await;
    vec![
        ("/privacy status", status),
        ("/privacy opt-out", out),
        ("/privacy opt-in", back),
        ("/privacy forget-me", forget),
    ]
}
