-- The tables of memory.sqlite. `message.id` is the message's snowflake (see `rows::key`). Guild, channel, author and
-- thread ids are interned as small numbers in `name`, which searches compare faster; guild 0 means "no guild".
CREATE TABLE name (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE message (
    id         INTEGER PRIMARY KEY,
    guild      INTEGER NOT NULL,
    channel    INTEGER NOT NULL,
    author     INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    thread     INTEGER,
    reply_to   INTEGER,
    body       TEXT NOT NULL,
    index_version     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX message_by_channel ON message (channel, id);
CREATE INDEX message_by_author ON message (author, written_at);
CREATE INDEX message_by_guild ON message (guild, written_at);
CREATE INDEX message_by_reply ON message (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX message_by_thread ON message (thread) WHERE thread IS NOT NULL;

CREATE TABLE removed_message (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE removed_channel (channel_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- The index texts of lexical search. A row has the rowid of its message or passage.
CREATE VIRTUAL TABLE text USING fts5 (index_text, tokenize = 'ascii');
INSERT INTO text (text, rank) VALUES ('secure-delete', 1);

CREATE TABLE space (embedder TEXT NOT NULL, dimension INTEGER NOT NULL, table_name TEXT NOT NULL UNIQUE) STRICT;

-- Passages of files. Their numbers in `text` and in the vector tables come from a range of their own (see `files.rs`).
CREATE TABLE passage (
    number  INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    file    TEXT NOT NULL,
    place   INTEGER NOT NULL,
    name    TEXT NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (message, file, place)
) STRICT;

-- The term weights of each text, and through `vocabulary` the number of texts that contain a term.
CREATE TABLE weight (number INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;
CREATE TRIGGER message_weight AFTER DELETE ON message BEGIN DELETE FROM weight WHERE number = old.id; END;
CREATE TRIGGER passage_weight AFTER DELETE ON passage BEGIN DELETE FROM weight WHERE number = old.number; END;
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (text, row);

-- Finds the messages of a channel's threads.
CREATE INDEX message_by_parent ON message (body ->> '$.parent_id')
WHERE body ->> '$.parent_id' IS NOT NULL;
