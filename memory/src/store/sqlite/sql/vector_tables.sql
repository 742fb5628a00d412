-- The exact vectors of a space, and their quantised copies in channel order. The trigger keeps the copies in step.
CREATE TABLE "{table}" (id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, embedding BLOB NOT NULL) STRICT;
CREATE TABLE "{table}_quantized" (
    channel    INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    guild      INTEGER NOT NULL,
    author     INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    scale      REAL NOT NULL,
    error      REAL NOT NULL,
    code       BLOB NOT NULL,
    PRIMARY KEY (channel, id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER "{table}_gone" AFTER DELETE ON "{table}" BEGIN
    DELETE FROM "{table}_quantized" WHERE channel = old.channel AND id = old.id;
END;
