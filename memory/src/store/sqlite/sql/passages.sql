SELECT number, message, file, place, name, body
FROM passage
WHERE number IN (SELECT value FROM json_each(?1))
