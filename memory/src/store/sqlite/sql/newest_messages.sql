-- Every distinct {column} (an author or a channel), with its newest message inside the filter. The recursion steps
-- through the index from one distinct value to the next instead of reading every message.
WITH RECURSIVE each (number) AS (
    SELECT min({column}) FROM message
    UNION ALL
    SELECT (SELECT min(next.{column}) FROM message AS next WHERE next.{column} > each.number)
    FROM each
    WHERE each.number IS NOT NULL
)
SELECT name.name, (
    SELECT body
    FROM message INDEXED BY {index}
    WHERE message.{column} = each.number{conditions}
    ORDER BY message.{order} DESC
    LIMIT 1
)
FROM each
JOIN name ON name.number = each.number
