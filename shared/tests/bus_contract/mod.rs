//! What every bus promises, as tests. A test binary names its ground (how to open a bus) and gets the whole
//! suite: `mod bus_contract; bus_contract::contract!(MyGround);`. Every test uses topics and groups of its own,
//! so that one broker can serve all of them at once.

pub(crate) mod admin;
pub(crate) mod content;
pub(crate) mod flow;
pub(crate) mod groups;
pub(crate) mod keeping;
pub(crate) mod member;
pub(crate) mod order;
pub(crate) mod rebalance;
pub(crate) mod tools;
pub(crate) mod world;

use rtfm_shared::bus::Bus;
use std::{future::Future, sync::Arc, time::Duration};

/// How long a condition may take before a test gives up. Joining a group of a real broker takes seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A place where buses can be opened.
pub(crate) trait Ground: Send + Sync + Sized + 'static {
    /// Whether `Bus::housekeeping` itself applies retention and compaction. A broker does so when it likes;
    /// there the suite proves only that what it must keep is kept and that the settings have arrived.
    const KEEPS_HOUSE: bool;

    /// Opens the ground, or says on stderr why it cannot be had on this machine and returns none: then the
    /// tests pass without proving anything.
    fn open() -> impl Future<Output = Option<Self>> + Send;

    /// A further client of the same log, as another process would have it.
    fn bus(&self) -> impl Future<Output = Arc<dyn Bus>> + Send;
}

/// Instantiates every contract test for a ground.
macro_rules! contract {
    ($ground:ty) => {
        $crate::bus_contract::contract! { @each $ground;
            order::keeps_the_order_within_a_key,
            order::takes_many_keys_at_once,
            order::publish_all_keeps_the_order_given,
            order::a_key_lands_where_kafkas_own_clients_put_it,
            order::a_partition_of_ones_own_choice_is_obeyed,
            order::a_partition_that_is_not_there_is_refused,
            order::records_without_a_key_are_heard_without_one,
            content::headers_keep_order_duplicates_and_bytes,
            content::a_tombstone_is_not_an_empty_value,
            content::a_million_bytes_arrive_whole,
            content::an_oversize_record_is_refused_with_a_clear_error,
            content::timestamps_tell_when_it_was_published,
            groups::a_group_resumes_where_it_committed,
            groups::what_was_not_committed_is_delivered_again,
            groups::closing_commits_what_is_stored,
            groups::groups_do_not_disturb_each_other,
            groups::a_group_at_the_end_hears_only_what_comes,
            groups::a_commit_never_goes_back,
            groups::offsets_of_partitions_not_owned_are_ignored,
            rebalance::members_share_the_partitions,
            rebalance::a_partition_is_drained_before_it_is_handed_over,
            rebalance::a_member_that_closes_hands_over,
            rebalance::a_member_that_vanishes_is_replaced,
            rebalance::nothing_is_missed_while_members_come_and_go,
            flow::a_paused_partition_is_silent_until_resumed,
            flow::next_may_be_dropped_at_any_time,
            flow::a_lone_reader_hears_everything_from_the_beginning,
            flow::a_lone_reader_at_the_end_hears_all_that_follows,
            flow::lone_readers_commit_nothing,
            flow::what_another_client_publishes_is_heard,
            admin::a_topic_that_is_not_there_is_an_error,
            admin::creating_is_idempotent,
            admin::a_topic_is_described_as_it_was_made,
            admin::topics_are_listed_and_deleted,
            admin::drift_from_the_catalogue_is_found,
            admin::watermarks_and_lag_follow_the_records,
            admin::a_usable_bus_is_healthy,
            tools::a_part_of_a_partition_is_read,
            tools::records_before_an_offset_are_deleted,
            tools::what_is_not_there_cannot_be_read_or_deleted,
            tools::groups_are_known_with_their_members,
            keeping::a_fresh_reader_sees_the_newest_value_of_every_key,
            keeping::old_records_go_and_new_ones_stay,
            keeping::a_compacted_topic_refuses_a_record_without_a_key_for_good,
        }
    };
    (@each $ground:ty; $($module:ident::$test:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(world) = $crate::bus_contract::world::World::<$ground>::open(stringify!($test)).await {
                    $crate::bus_contract::$module::$test(&world).await;
                }
            }
        )*
    };
}
pub(crate) use contract;
