-- ?1: message, ?2: its channel, ?3: its thread, ?4: its thread's parent channel.
SELECT EXISTS (SELECT 1 FROM removed_message WHERE id = ?1)
    OR EXISTS (SELECT 1 FROM removed_channel WHERE channel_id IN (?2, ?3, ?4))
