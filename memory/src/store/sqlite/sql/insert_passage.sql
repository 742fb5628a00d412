INSERT INTO passage (number, message, file, place, name, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
