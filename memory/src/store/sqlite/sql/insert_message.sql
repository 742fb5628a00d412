INSERT OR REPLACE INTO message
    (id, guild, channel, author, written_at, version, thread, reply_to, body, index_version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
