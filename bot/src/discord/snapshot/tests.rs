//! What Discord's own words for guilds, channels and members become.

use super::*;
use serde_json::{Value, json};
use serenity::model::event::GuildCreateEvent;

/// A guild with one channel of each kind, and threads of the first.
fn guild(nsfw_level: u8) -> Cache {
    let channel = |id: u64, kind: u8| {
        json!({
            "id": id.to_string(), "type": kind, "guild_id": "1", "name": "c", "position": 0, "nsfw": id == 15,
            "permission_overwrites": [
                {"id": "1", "type": 0, "allow": "0", "deny": "1024"},
                {"id": "7", "type": 1, "allow": "1024", "deny": "0"},
            ],
        })
    };
    let thread = |id: u64, kind: u8, member: Value| {
        let metadata = json!({"archived": false, "locked": false, "auto_archive_duration": 60,
            "archive_timestamp": "2026-11-02T12:34:56Z", "create_timestamp": "2026-11-02T12:34:56Z"});
        let mut thread = json!({
            "id": id.to_string(), "type": kind, "guild_id": "1", "name": "t", "parent_id": "10",
            "owner_id": "7", "thread_metadata": metadata, "message_count": 1, "member_count": 1,
        });
        if !member.is_null() {
            thread["member"] = member;
        }
        thread
    };
    let joined = json!({"id": "23", "user_id": "199", "join_timestamp": "2026-11-02T12:34:56Z", "flags": 0});
    let role = |id: &str, tags: Value| {
        json!({
            "id": id, "name": "r", "permissions": "1024", "position": 0, "color": 0, "hoist": false, "managed": false,
            "mentionable": false, "flags": 0, "tags": tags,
            "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        })
    };
    let value = json!({
        "id": "1", "name": "Harbour", "owner_id": "7", "afk_timeout": 300, "verification_level": 1,
        "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "features": [],
        "emojis": [], "stickers": [], "system_channel_flags": 0, "premium_tier": 0, "preferred_locale": "en-US",
        "nsfw_level": nsfw_level, "premium_progress_bar_enabled": false, "joined_at": "2026-11-02T12:34:56Z",
        "large": false, "unavailable": false, "member_count": 1, "voice_states": [], "presences": [],
        "stage_instances": [], "guild_scheduled_events": [], "members": [],
        "roles": [role("1", json!({})), role("5", json!({"bot_id": "199"}))],
        "channels": [
            channel(10, 0), channel(11, 2), channel(12, 4), channel(13, 5), channel(14, 13), channel(15, 15),
            channel(16, 16), channel(17, 14), channel(18, 99),
        ],
        "threads": [
            thread(20, 10, Value::Null), thread(21, 11, joined.clone()), thread(22, 12, Value::Null), thread(23, 12, joined),
        ],
    });
    let cache = Cache::new();
    cache.update(&mut serde_json::from_value::<GuildCreateEvent>(value).unwrap());
    cache
}

#[test]
fn every_kind_of_channel_is_what_it_is_and_unknown_ones_are_nothing() {
    let cache = guild(0);
    let topology = of(&cache, GuildId::new(1)).unwrap();
    let kinds: Vec<(u64, Kind)> = topology.channels.iter().map(|(id, channel)| (*id, channel.kind)).collect();
    let (public, private) = (Kind::PublicThread { parent: 10 }, Kind::PrivateThread { parent: 10 });
    let expected = [
        (10, Kind::Text),
        (11, Kind::Voice),
        (12, Kind::Category),
        (13, Kind::Text),
        (14, Kind::Voice),
        (15, Kind::Text),
        (16, Kind::Text),
        (20, public),
        (21, public),
        (22, private),
        (23, private),
    ];
    assert_eq!(kinds, expected);
    let restricted = topology.channels.iter().filter(|(_, channel)| channel.age_restricted);
    assert_eq!(restricted.map(|(id, _)| *id).collect::<Vec<_>>(), [15]);
    assert_eq!((topology.guild, topology.owner), (1, 7));
    let only = |id: u64| topology.roles[&id].only;
    assert_eq!((topology.roles.len(), only(1), only(5)), (2, None, Some(199)));
    let overwrites = &topology.channels[&10].overwrites;
    assert_eq!(overwrites.roles[&1], Rules { allow: 0, deny: access::rights::VIEW_CHANNEL });
    assert_eq!(overwrites.members[&7], Rules { allow: access::rights::VIEW_CHANNEL, deny: 0 });
    let known = cache.guild(GuildId::new(1)).unwrap();
    assert_eq!(joined_threads(&known).collect::<Vec<_>>(), [23], "private ones that the bot is in");
    assert!(of(&cache, GuildId::new(2)).is_none());
}

#[test]
fn a_guild_behind_the_gate_of_age_has_no_channel_before_it() {
    for (level, gated) in [(0, false), (1, true), (2, false), (3, true)] {
        let topology = of(&guild(level), GuildId::new(1)).unwrap();
        assert_eq!(topology.channels[&10].age_restricted, gated, "level {level}");
    }
}

#[test]
fn members_stand_as_discord_says() {
    let member = |until: Value, flags: u64| -> Person {
        let user = json!({"id": "7", "username": "ben", "discriminator": "0", "avatar": null});
        let value = json!({
            "user": user, "nick": null, "roles": ["2", "3"], "joined_at": "2026-11-02T12:34:56Z", "deaf": false,
            "mute": false, "flags": flags, "pending": false, "communication_disabled_until": until, "guild_id": "1",
        });
        person(&serde_json::from_value(value).unwrap())
    };
    let ben = member(Value::Null, 0);
    assert_eq!((ben.id, ben.roles.as_slice(), ben.standing), (7, [2, 3].as_slice(), Standing::Member));
    assert_eq!(member(json!("2020-01-01T00:00:00Z"), 0).standing, Standing::Member, "it is over");
    assert_eq!(member(json!("9000-01-01T00:00:00Z"), 0).standing, Standing::TimedOut);
    assert_eq!(member(Value::Null, 1 << 4).standing, Standing::Guest);
}
