-- CROSS JOIN fixes the join order: the term selects texts, the filter narrows them, and only then are weights read.
-- The filter applies to a passage's message.
SELECT text.rowid, weight.words
FROM text
LEFT JOIN passage ON passage.number = text.rowid
CROSS JOIN message ON message.id = coalesce(passage.message, text.rowid)
CROSS JOIN weight ON weight.number = text.rowid
WHERE text MATCH ?{conditions}
