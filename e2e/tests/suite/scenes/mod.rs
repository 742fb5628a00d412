//! `docs/discord.md` shows every interaction. The whole system plays each of its pictures here, and the result must
//! match the page. After an intended change, `RTFM_RENDER_DOCS=1` rewrites the pictures.

mod asking;
mod buttons;
mod cast;
mod managing;
mod page;
mod places;
mod privacy;
mod streaming;
mod trouble;

use page::Page;

/// A picture: the name it has on the page, and how it looks.
type Scene = (&'static str, String);

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_every_interaction_as_it_looks() {
    let scenes = tokio::join!(
        asking::play(),
        streaming::play(),
        places::thread(),
        places::direct(),
        buttons::play(),
        managing::play(),
        privacy::play(),
        trouble::gemini_away(),
        trouble::nobody_answers(),
        trouble::without_content(),
    );
    let (a, b, c, d, e, f, g, h, i, j) = scenes;
    let scenes: Vec<Scene> = [a, b, c, d, e, f, g, h, i, j].concat();
    if std::env::var_os("RTFM_RENDER_DOCS").is_some() {
        Page::read().render(&scenes).write();
    }
    Page::read().compare(&scenes);
}
