-- Every passage of the files of message ?1 that lack a vector in {table}.
SELECT file, name, body
FROM passage
WHERE message = ?1
  AND file IN (SELECT file FROM passage WHERE message = ?1 AND number NOT IN (SELECT id FROM "{table}"))
ORDER BY file, place
