DELETE FROM name
WHERE number NOT IN (
    SELECT author FROM message
    UNION SELECT channel FROM message
    UNION SELECT guild FROM message
    UNION SELECT thread FROM message WHERE thread IS NOT NULL
)
