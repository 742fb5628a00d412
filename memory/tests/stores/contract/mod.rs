//! What every store promises (the docs of `VectorStore`), as tests that run on each of them.
//! `contract_tests!(Stage)` makes them all for one store.

pub mod cast;
pub mod dense;
pub mod files;
pub mod filter;
pub mod lexical;
pub mod named;
pub mod read;
pub mod removal;
pub mod scale;
pub mod versions;

use async_trait::async_trait;
use rtfm_memory::store::{EmbeddingSpace, VectorStore};
use std::sync::Arc;

/// Somewhere to open stores that nothing else uses.
#[async_trait]
pub trait Stage: Send + Sync {
    /// A new, empty place.
    async fn new() -> Self;

    /// Opens the store there; as often as a test likes.
    async fn open(&self, space: Option<EmbeddingSpace>) -> Arc<dyn VectorStore>;

    /// Leaves nothing behind where others live, too.
    async fn clear(self);
}

/// A space of small vectors.
pub fn space() -> Option<EmbeddingSpace> {
    Some(EmbeddingSpace { name: "test-embedder".to_owned(), dimension: cast::DIMENSION })
}

/// Makes a test of every promise for one kind of stage.
macro_rules! contract_tests {
    ($stage:ident) => {
        contract_tests!($stage: versions::{
            stored_twice_is_stored_once, a_newer_version_wins_in_any_order, a_newer_version_wins_within_a_batch,
            writers_at_one_time_leave_the_newest,
            a_removed_message_stays_removed, a_removed_channel_stays_removed, every_field_survives,
            ids_are_numbers_up_to_the_last, an_id_that_is_no_snowflake_is_refused,
        });
        contract_tests!($stage: removal::{
            an_unlisted_message_may_come_back,
            an_author_is_forgotten_up_to_an_instant, an_author_is_forgotten_in_one_guild,
            a_guild_is_forgotten_up_to_an_instant, what_is_removed_is_not_found,
            removing_what_is_not_there_is_fine, a_thread_goes_with_its_messages,
            a_channel_takes_the_threads_along_that_hang_on_it,
        });
        contract_tests!($stage: filter::{
            every_part_of_a_filter_narrows, guilds_never_mix, channels_without_a_guild_work,
            messages_without_a_guild_are_seen_by_their_channel_alone,
            the_best_come_first_whether_they_have_a_guild_or_not,
            a_filter_works_inside_the_search, many_channels_in_a_filter_work,
        });
        contract_tests!($stage: lexical::{
            hostile_text_is_only_text, a_rare_word_beats_a_common_one, more_matching_words_rank_higher,
            a_short_message_beats_a_long_one, words_meet_in_other_forms, unspaced_scripts_are_found,
            the_index_text_is_what_is_searched, an_edit_changes_what_is_found, lexical_ties_go_by_id,
            a_store_without_vectors_finds_words, every_store_says_alike_how_telling_words_are,
            a_word_said_elsewhere_is_as_telling_as_one_nobody_said,
        });
        contract_tests!($stage: dense::{
            scores_are_cosines, dense_ties_go_by_id_even_at_the_cut, a_message_without_a_vector_is_found_by_words,
            a_vector_that_does_not_fit_is_refused, searching_twice_gives_the_same,
            each_leg_runs_alone, embedders_never_mix,
        });
        contract_tests!($stage: read::{
            getting_gives_those_that_are_there, neighbours_stand_around_a_place, replies_are_found,
            scrolling_sees_each_once, counting_and_guilds, an_empty_store_answers,
        });
        contract_tests!($stage: files::{
            a_passage_is_found_with_its_message, only_a_search_sees_files, a_filter_holds_for_files,
            an_excluded_message_hides_no_other, every_removal_takes_files_along,
            a_file_is_kept_only_beside_its_message, an_edit_keeps_the_files_that_are_still_there,
            a_long_file_is_whole_or_not_there,
        });
        contract_tests!($stage: named::{
            people_are_found_by_name_inside_a_filter_only, channels_are_found_by_name_inside_a_filter_only,
        });
        contract_tests!($stage: scale::{
            a_thousand_at_once, readers_and_writers_together, long_contents_fit,
        });
    };
    ($stage:ident: $module:ident::{ $($name:ident),* $(,)? }) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let stage = <super::$stage as crate::contract::Stage>::new().await;
                    crate::contract::$module::$name(&stage).await;
                    crate::contract::Stage::clear(stage).await;
                }
            )*
        }
    };
}
pub(crate) use contract_tests;
