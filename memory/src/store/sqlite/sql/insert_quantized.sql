INSERT INTO "{table}_quantized" (channel, id, guild, author, written_at, scale, error, code)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
