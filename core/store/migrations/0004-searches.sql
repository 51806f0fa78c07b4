-- What a search came to, for reports: 1 it found something, 0 it found nothing, NULL it is no
-- search or did not run. A tool that searches says "found": true or false in its result, which is
-- JSON text: a quotation mark inside one of its strings is escaped, so these letters can only be a
-- member of that name. The spelling with a blank is that of plugins that do not write compactly.
--
-- Computed, not kept in the row. The index keeps it, and with what else is asked of calls it takes
-- the place of four: a call is written into one index, not into four, and no report reads results.
ALTER TABLE tool_call ADD COLUMN found INTEGER GENERATED ALWAYS AS (
    CASE WHEN status <> 'ok' THEN NULL
         WHEN result LIKE '%"found":false%' OR result LIKE '%"found": false%' THEN 0
         WHEN result LIKE '%"found":%' THEN 1
    END) VIRTUAL;

DROP INDEX tool_call_status;
DROP INDEX tool_call_search;
DROP INDEX tool_call_nothing;
DROP INDEX tool_call_turn;
CREATE INDEX tool_call_turn ON tool_call (conversation, turn, found, status, name);
