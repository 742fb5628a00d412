//! The contract of every bus, as tests. A module names its fixture (how to open a bus) and gets every test:
//! `bus_contract::contract!(MyFixture);`. Every test uses topics and groups of its own, so that one broker can serve
//! all of them at once.

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
pub(crate) trait BusFixture: Send + Sync + Sized + 'static {
    /// Whether `Bus::housekeeping` itself applies retention and compaction. A broker does so when it likes;
    /// there the suite proves only that what it must keep is kept and that the settings have arrived.
    const KEEPS_HOUSE: bool;

    /// Opens the fixture, or says on stderr why it cannot be had on this machine and returns none: then the
    /// tests pass without proving anything.
    fn open() -> impl Future<Output = Option<Self>> + Send;

    /// A further client of the same log, as another process would have it.
    fn bus(&self) -> impl Future<Output = Arc<dyn Bus>> + Send;
}

/// Instantiates every contract test for a fixture.
macro_rules! contract {
    ($fixture:ty) => {
        $crate::bus_contract::contract! { @each $fixture;
            order::keeps_the_order_within_a_key,
            order::takes_many_keys_at_once,
            order::publish_all_keeps_the_order_given,
            order::a_key_lands_where_kafkas_own_clients_put_it,
            order::an_explicit_partition_is_used,
            order::an_unknown_partition_is_rejected,
            order::records_without_a_key_are_received_without_one,
            content::headers_keep_order_duplicates_and_bytes,
            content::a_tombstone_is_not_an_empty_value,
            content::a_million_bytes_arrive_whole,
            content::an_oversize_record_is_refused_with_a_clear_error,
            content::timestamps_are_those_of_publication,
            groups::a_group_resumes_where_it_committed,
            groups::uncommitted_records_are_redelivered,
            groups::closing_commits_what_is_stored,
            groups::groups_do_not_disturb_each_other,
            groups::a_group_at_the_end_receives_only_new_records,
            groups::a_commit_never_goes_back,
            groups::offsets_of_partitions_not_owned_are_ignored,
            rebalance::members_share_the_partitions,
            rebalance::a_partition_is_drained_before_it_is_handed_over,
            rebalance::a_member_that_closes_hands_over,
            rebalance::a_vanished_member_is_replaced,
            rebalance::no_record_is_missed_during_rebalances,
            flow::a_paused_partition_delivers_nothing_until_resumed,
            flow::next_may_be_dropped_at_any_time,
            flow::a_groupless_reader_receives_everything_from_the_beginning,
            flow::a_groupless_reader_at_the_end_receives_everything_after,
            flow::groupless_readers_commit_nothing,
            flow::records_of_another_client_are_received,
            admin::an_unknown_topic_is_an_error,
            admin::creating_is_idempotent,
            admin::a_topic_is_described_as_created,
            admin::topics_are_listed_and_deleted,
            admin::drift_from_the_catalogue_is_detected,
            admin::watermarks_and_lag_follow_the_records,
            admin::a_usable_bus_is_healthy,
            tools::a_range_of_a_partition_is_read,
            tools::records_before_an_offset_are_deleted,
            tools::unknown_partitions_cannot_be_read_or_deleted,
            tools::groups_are_listed_with_their_members,
            keeping::a_fresh_reader_sees_the_newest_value_of_every_key,
            keeping::old_records_are_deleted_and_new_ones_stay,
            keeping::a_compacted_topic_rejects_a_record_without_a_key,
        }
    };
    (@each $fixture:ty; $($module:ident::$test:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(world) = $crate::bus_contract::world::World::<$fixture>::open(stringify!($test)).await {
                    $crate::bus_contract::$module::$test(&world).await;
                }
            }
        )*
    };
}
pub(crate) use contract;
