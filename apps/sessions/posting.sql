-- One statement for all posts of a round; see posting.py.
WITH input AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(%(posts)s::jsonb) AS post (
        n int, session_id uuid, author text, author_kind text, author_id text, author_name text,
        author_avatar text, kind text, body jsonb, preview text, tokens text[], client_id uuid
    )
),
-- The lock comes first and in the order of ids, so that rounds of two processes cannot deadlock.
held AS MATERIALIZED (
    SELECT id, state, agent_id, customer_id, channel_id, seq, rev
    FROM service_sessions_chatsession
    WHERE id = ANY (ARRAY(SELECT session_id FROM input))
    ORDER BY id
    FOR UPDATE /*skip*/
),
judged AS MATERIALIZED (
    SELECT
        input.*, held.state, held.agent_id, held.customer_id, held.channel_id,
        held.seq AS base_seq, held.rev AS base_rev,
        key.session_id AS key_session_id, key.seq AS key_seq, key.rev AS key_rev, key.created_at AS key_at,
        CASE
            WHEN key.author IS NOT NULL THEN 'duplicate'
            WHEN held.id IS NULL AND EXISTS (
                SELECT 1 FROM service_sessions_chatsession known WHERE known.id = input.session_id
            ) THEN 'busy'
            WHEN held.id IS NULL THEN 'not_found'
            WHEN author_kind = 'customer' AND held.customer_id::text <> input.author_id THEN 'not_found'
            WHEN held.state = 'closed' THEN 'wrong_state'
            WHEN author_kind = 'agent' AND held.state <> 'serving' THEN 'wrong_state'
            WHEN author_kind = 'agent' AND held.agent_id::text <> input.author_id THEN 'not_yours'
            ELSE 'stored'
        END AS outcome
    FROM input
    LEFT JOIN held ON held.id = input.session_id
    -- LATERAL: as a join, the planner reads all keys for every round until the table has grown large.
    LEFT JOIN LATERAL (
        SELECT * FROM service_sessions_postkey AS kept
        WHERE kept.author = input.author AND kept.client_id = input.client_id
        LIMIT 1
    ) AS key ON true
),
placed AS MATERIALIZED (
    SELECT
        judged.*,
        base_seq + row_number() OVER same_session AS seq,
        base_rev + row_number() OVER same_session AS rev
    FROM judged
    WHERE outcome = 'stored'
    WINDOW same_session AS (PARTITION BY session_id ORDER BY n)
),
stored AS (
    INSERT INTO service_sessions_message (
        session_id, seq, rev, kind, author_kind, author_id, author_name, author_avatar, body, tokens,
        client_id, created_at
    )
    SELECT
        session_id, seq, rev, kind, author_kind, author_id, author_name, author_avatar, body, tokens,
        client_id, %(at)s::timestamptz
    FROM placed
),
-- No ON CONFLICT: the same key at the same moment undoes the round, and each post is tried alone.
keyed AS (
    INSERT INTO service_sessions_postkey (author, client_id, session_id, seq, rev, created_at)
    SELECT author, client_id, session_id, seq, rev, %(at)s::timestamptz
    FROM placed
    WHERE client_id IS NOT NULL
),
moved AS (
    SELECT
        session_id,
        max(seq) AS seq,
        max(rev) AS rev,
        count(*) FILTER (WHERE author_kind = 'customer') AS from_customer,
        max(seq) FILTER (WHERE author_kind = 'customer') AS customer_seq,
        max(seq) FILTER (WHERE author_kind = 'agent') AS agent_seq,
        -- The last post that is words of somebody, not of the system.
        (array_agg(preview ORDER BY seq DESC) FILTER (WHERE author_kind <> 'system'))[1] AS preview,
        (array_agg(kind ORDER BY seq DESC) FILTER (WHERE author_kind <> 'system'))[1] AS kind,
        (array_agg(author_kind ORDER BY seq DESC) FILTER (WHERE author_kind <> 'system'))[1] AS author_kind,
        (array_agg(author_id ORDER BY seq DESC) FILTER (WHERE author_kind <> 'system'))[1] AS author_id
    FROM placed
    GROUP BY session_id
),
sessions AS (
    UPDATE service_sessions_chatsession AS session SET
        seq = moved.seq,
        rev = moved.rev,
        customer_seq = COALESCE(moved.customer_seq, session.customer_seq),
        engaged_at = COALESCE(session.engaged_at, CASE WHEN moved.from_customer > 0 THEN %(at)s::timestamptz END),
        -- What the bot has answered, nobody needs to read.
        unread = CASE WHEN moved.author_kind = 'bot' THEN 0 ELSE session.unread + moved.from_customer END,
        last_text = COALESCE(moved.preview, session.last_text),
        last_kind = COALESCE(moved.kind, session.last_kind),
        last_author = COALESCE(moved.author_kind, session.last_author),
        last_author_id = COALESCE(moved.author_id, session.last_author_id),
        last_at = CASE WHEN moved.author_kind IS NULL THEN session.last_at ELSE %(at)s::timestamptz END,
        waiting_since = CASE
            WHEN moved.author_kind = 'customer' THEN COALESCE(session.waiting_since, %(at)s::timestamptz)
            WHEN moved.author_kind IN ('agent', 'bot') THEN NULL
            ELSE session.waiting_since
        END,
        on_hold_at = CASE WHEN moved.agent_seq IS NOT NULL THEN NULL ELSE session.on_hold_at END,
        deadline_at = CASE
            WHEN session.state = 'flow' AND moved.author_kind = 'customer'
                THEN %(at)s::timestamptz + %(flow_seconds)s::float8 * interval '1 second'
            WHEN session.state = 'serving' AND moved.author_kind = 'agent' AND %(reply_kind)s::text <> ''
                THEN %(at)s::timestamptz + %(reply_seconds)s::float8 * interval '1 second'
            WHEN session.state = 'serving' AND moved.author_kind IN ('agent', 'customer') THEN NULL
            ELSE session.deadline_at
        END,
        deadline_kind = CASE
            WHEN session.state = 'flow' AND moved.author_kind = 'customer' THEN 'flow'
            WHEN session.state = 'serving' AND moved.author_kind = 'agent' THEN %(reply_kind)s::text
            WHEN session.state = 'serving' AND moved.author_kind = 'customer' THEN ''
            ELSE session.deadline_kind
        END
    FROM moved
    WHERE session.id = moved.session_id
),
replied AS (
    UPDATE service_sessions_servicerecord AS record SET first_reply_at = %(at)s::timestamptz
    FROM moved
    WHERE moved.agent_seq IS NOT NULL
        AND record.session_id = moved.session_id
        AND record.ended_at IS NULL
        AND record.first_reply_at IS NULL
)
SELECT
    judged.n, judged.outcome, judged.state, judged.agent_id, judged.customer_id, judged.channel_id,
    judged.key_session_id, judged.key_at,
    COALESCE(placed.seq, judged.key_seq) AS seq,
    COALESCE(placed.rev, judged.key_rev) AS rev
FROM judged
LEFT JOIN placed USING (n)
