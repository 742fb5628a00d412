//! The contract of `MessageStore` as tests that run on every implementation. `contract_tests!(Backend)` generates them for
//! one backend.

pub mod dense;
pub mod files;
pub mod filter;
pub mod fixtures;
pub mod forgetting;
pub mod lexical;
pub mod named;
pub mod read;
pub mod removal;
pub mod scale;
pub mod versions;

use async_trait::async_trait;
use rtfm_memory::store::{EmbeddingSpace, MessageStore};
use std::sync::Arc;

/// A place for stores that belongs to one test alone.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Creates an empty place.
    async fn new() -> Self;

    /// Opens the store. A test can open it several times, also concurrently.
    async fn open(&self, space: Option<EmbeddingSpace>) -> Arc<dyn MessageStore>;

    /// Lets a server optimise its storage as it does by itself when there is more in it, and waits for the end.
    async fn optimise(&self) {}

    /// Deletes the test's data from a shared server.
    async fn clear(self);
}

/// An embedding space with small vectors.
pub fn space() -> Option<EmbeddingSpace> {
    Some(EmbeddingSpace { name: "test-embedder".to_owned(), dimension: fixtures::DIMENSION })
}

/// Generates the contract's tests for one backend.
macro_rules! contract_tests {
    ($backend:ident) => {
        contract_tests!($backend: versions::{
            storing_twice_stores_once, newest_version_wins_in_any_order, newest_version_wins_within_a_batch,
            concurrent_writers_leave_the_newest_version,
            a_removed_message_stays_removed, a_removed_channel_stays_removed, every_field_survives_a_round_trip,
            ids_cover_the_whole_u64_range, a_non_snowflake_id_is_refused,
        });
        contract_tests!($backend: removal::{
            an_unlisted_message_can_be_stored_again,
            an_author_is_removed_up_to_an_instant, an_author_is_removed_from_one_guild,
            a_guild_is_removed_up_to_an_instant, removed_messages_are_not_found,
            removing_unknown_ids_succeeds, removing_a_thread_removes_its_messages,
            removing_a_channel_removes_its_threads,
        });
        contract_tests!($backend: filter::{
            every_part_of_a_filter_narrows, guilds_never_mix, channels_without_a_guild_are_readable,
            messages_without_a_guild_match_by_channel,
            ranking_ignores_whether_a_message_has_a_guild,
            filtering_happens_inside_the_search, a_filter_accepts_thousands_of_channels,
        });
        contract_tests!($backend: lexical::{
            hostile_text_is_harmless, a_rare_word_beats_a_common_one, more_matching_words_rank_higher,
            a_short_message_beats_a_long_one, words_match_in_other_forms, unspaced_scripts_are_found,
            search_matches_the_index_text, an_edit_updates_the_index, lexical_ties_order_by_id,
            a_store_without_vectors_finds_words, idfs_are_the_same_in_every_store,
            a_term_outside_the_filter_has_the_idf_of_an_unknown_term,
        });
        contract_tests!($backend: dense::{
            scores_are_cosines, dense_ties_order_by_id_at_the_cut, a_message_without_a_vector_is_found_by_words,
            a_vector_of_the_wrong_shape_is_refused, search_is_deterministic,
            each_leg_runs_alone, embedders_never_mix,
        });
        contract_tests!($backend: read::{
            get_returns_stored_messages, neighbours_surround_a_position, replies_are_found,
            scroll_returns_each_message_once, count_and_guilds, an_empty_store_returns_nothing,
        });
        contract_tests!($backend: files::{
            a_passage_is_found_with_its_message, only_search_returns_files, filters_apply_to_files,
            an_excluded_message_leaves_room_for_others, every_removal_removes_files,
            a_file_is_stored_only_with_its_message, an_edit_keeps_remaining_files,
            a_long_file_is_stored_completely,
        });
        contract_tests!($backend: forgetting::{
            an_edit_leaves_nothing_of_the_older_version, the_same_version_without_its_vector_leaves_no_vector,
            a_file_stored_again_leaves_nothing_of_its_older_passages, a_message_without_its_vector_is_stale,
        });
        contract_tests!($backend: named::{
            people_are_found_by_name_inside_the_filter, channels_are_found_by_name_inside_the_filter,
        });
        contract_tests!($backend: scale::{
            a_batch_of_a_thousand, concurrent_readers_and_writers, long_messages_fit,
        });
    };
    ($backend:ident: $module:ident::{ $($name:ident),* $(,)? }) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let backend = <super::$backend as crate::contract::Backend>::new().await;
                    crate::contract::$module::$name(&backend).await;
                    crate::contract::Backend::clear(backend).await;
                }
            )*
        }
    };
}
pub(crate) use contract_tests;
