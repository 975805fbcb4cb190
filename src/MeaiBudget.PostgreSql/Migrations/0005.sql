-- Version 5. Functions whose cost for a batch is small, and does not depend on what the tables hold.
--
-- Rows are looked up by indexes that begin with what is looked up, and the ledger is compared in a way that no index serves. Otherwise the
-- planner may choose any index that begins with the ledger, and read all its rows: while a table is new or nearly empty, it believes that to
-- be as cheap, and a session keeps its plans. The new keys have the columns of the earlier ones, so the earlier functions work with them.
ALTER TABLE {schema}.accounts DROP CONSTRAINT accounts_pkey, ADD PRIMARY KEY (id, ledger);
ALTER TABLE {schema}.periods DROP CONSTRAINT periods_pkey, ADD PRIMARY KEY (account, period, ledger);
ALTER TABLE {schema}.reservations DROP CONSTRAINT reservations_pkey, ADD PRIMARY KEY (call_id, attempt, owner, ledger);
DROP INDEX {schema}.grants_account;
CREATE INDEX grants_account ON {schema}.grants (account, expires_at);

-- Accounts by name. Only the beginning of a name is in the index, because an entry has a largest size.
CREATE INDEX accounts_name ON {schema}.accounts (ledger, (substr(name, 1, 500) COLLATE "C"));

-- Charges reservations whose lease ended between p_since and p_now, the earliest first and p_most at most. The index keeps the entries of
-- closed reservations until the table is vacuumed, so a caller who knows that earlier ones were charged says so. A time in the future says
-- nothing: the clock was set back.
CREATE FUNCTION {schema}.sweep_2(p_ledger integer, p_now bigint, p_since bigint, p_most integer)
RETURNS TABLE (o_call uuid, o_attempt integer, o_owner text, o_names text[], o_amounts bigint[])
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    now bigint := coalesce(p_now, {schema}.ticks());
    calls uuid[]; attempts integer[]; owners text[];
BEGIN
    IF p_since > now THEN
        p_since := -9223372036854775808;
    END IF;
    SELECT array_agg(d.call_id), array_agg(d.attempt), array_agg(d.owner) INTO calls, attempts, owners
    FROM (SELECT r.call_id, r.attempt, r.owner FROM {schema}.reservations r
          WHERE r.ledger = p_ledger AND r.state = 0 AND r.lease_until > p_since AND r.lease_until <= now ORDER BY r.lease_until LIMIT p_most) d;
    IF calls IS NULL THEN
        RETURN;
    END IF;

    PERFORM 1 FROM {schema}.accounts a
    WHERE a.ledger IS NOT DISTINCT FROM p_ledger AND a.id = ANY (ARRAY(
        SELECT DISTINCT unnest(r.accounts) FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
        JOIN {schema}.reservations r ON r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger))
    ORDER BY a.id FOR NO KEY UPDATE;

    -- Another process may have closed or renewed some of them meanwhile.
    SELECT array_agg(d.call_id), array_agg(d.attempt), array_agg(d.owner) INTO calls, attempts, owners
    FROM (SELECT r.call_id, r.attempt, r.owner FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
          JOIN {schema}.reservations r ON r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger
          WHERE r.state = 0 AND r.lease_until <= now ORDER BY r.call_id, r.attempt, r.owner FOR UPDATE OF r) d;
    IF calls IS NULL THEN
        RETURN;
    END IF;

    UPDATE {schema}.periods p SET
        held = greatest(0, p.held - d.amount)::bigint,
        open = p.open - d.lines,
        charged = least(p.charged + d.amount, 9223372036854775807)::bigint,
        unconfirmed = least(p.unconfirmed + d.amount, 9223372036854775807)::bigint,
        forget_after = greatest(p.forget_after, d.forget)
    FROM (SELECT u.account, u.period, count(*) AS lines, coalesce(sum(u.reserved) FILTER (WHERE u.taken <> 0), 0) AS amount, max(u.forget) AS forget
          FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
          JOIN {schema}.reservations r ON r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger
          CROSS JOIN LATERAL unnest(r.accounts, r.periods, r.reserved, r.taken, r.forgets) u(account, period, reserved, taken, forget)
          GROUP BY u.account, u.period) d
    WHERE p.account = d.account AND p.period = d.period AND p.ledger IS NOT DISTINCT FROM p_ledger;

    RETURN QUERY
    UPDATE {schema}.reservations r SET
        state = 4,
        closed_at = now,
        keep_until = greatest(r.keep_until, now + 36000000000),
        charged = ARRAY(SELECT CASE WHEN u.taken = 0 THEN 0 ELSE u.reserved END FROM unnest(r.reserved, r.taken) WITH ORDINALITY u(reserved, taken, at) ORDER BY u.at)
    FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
    WHERE r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger
    RETURNING r.call_id, r.attempt, r.owner,
        ARRAY(SELECT u.name FROM unnest(r.names, r.taken) WITH ORDINALITY u(name, taken, at) WHERE u.taken <> 0 ORDER BY u.at),
        ARRAY(SELECT u.reserved FROM unnest(r.reserved, r.taken) WITH ORDINALITY u(reserved, taken, at) WHERE u.taken <> 0 ORDER BY u.at);
END
$$;

-- Applies a batch of operations. The arrays named p_ have an element for each operation. Those named l_ have one for each line of a
-- reservation, and p_amounts one for each amount of a settlement or adjustment; p_start is the place of an operation's first one there.
-- g_account and g_period are the different accounts and periods of the lines, in any order, and l_cell a line's place in them. a_id and
-- a_name are the different accounts in the order of their ids. No two operations of a batch may name the same reservation.
--   p_since   if not null: if a lease ended between it and looked, nothing is applied, and moment is null
--   p_kind    1 reserve, 2 settle, 3 release, 4 renew, 5 adjust
--   p_flag    settle: whether it is unconfirmed
--   p_wants   whether the states of the accounts are wanted; those of a refused reservation are always returned
--   p_number  reserve, renew: the lease in ticks
--   p_text    reserve: the description of the attempt, settle: how it ended, as JSON; adjust: the reason
--   p_settings reserve: the version of the settings that it was made with; null if it does not depend on them
--   l_mode    0 enforce, 1 record, 2 shadow
-- answer has for each operation its status, its number of lines, and the number of lines whose accounts follow: for a reservation charged,
-- held, unconfirmed, overrun, granted, and whether the line fits; for other operations the first four before and after, then the others.
--   status    1 admitted or applied, 0 refused or not applied, 2 unknown, 3 too late (released by the same caller), 4 a wrong number of amounts,
--             5 released, 6 the settings have another version
CREATE FUNCTION {schema}.apply_2(
    p_ledger integer, p_now bigint, p_since bigint, p_instance uuid,
    p_kind smallint[], p_sequence bigint[], p_call uuid[], p_attempt integer[], p_owner text[], p_flag boolean[], p_wants boolean[],
    p_number bigint[], p_at bigint[], p_keep bigint[], p_text text[], p_id uuid[], p_settings bigint[], p_start integer[], p_lines integer[],
    p_amounts bigint[], a_id uuid[], a_name text[], g_account uuid[], g_period bigint[],
    l_cell integer[], l_account uuid[], l_name text[], l_period bigint[], l_first bigint[], l_amount bigint[], l_limit bigint[], l_mode smallint[], l_forget bigint[],
    OUT moment bigint, OUT looked bigint, OUT answer bigint[], OUT changed uuid[])
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    largest CONSTANT bigint := 9223372036854775807;
    hour CONSTANT bigint := 36000000000;
    now bigint;
    closes CONSTANT boolean := p_kind && '{2,3,5}';
    ids uuid[] := a_id; names text[] := a_name; known integer; found_ids uuid[]; loose uuid[] := '{}';

    -- What is known of each operation's reservation, before the batch.
    k_state smallint[]; k_instance uuid[]; k_sequence bigint[]; k_lines integer[]; k_taken smallint[];
    adjusted integer[]; renewed integer[]; settings bigint;

    -- The cells of g_, then the stored lines of the reservations that are settled, released or adjusted, in the order of the operations.
    z_cell integer[]; z_account uuid[]; z_period bigint[]; z_first bigint[]; z_reserved bigint[]; z_charged bigint[]; z_taken smallint[]; z_forget bigint[];

    -- The periods of accounts (cells) in the order of accounts and periods, as they are now and as they were.
    c_account uuid[]; c_period bigint[]; c_charged bigint[]; c_unconfirmed bigint[]; c_overrun bigint[]; c_held bigint[]; c_open bigint[]; c_forget bigint[];
    c_granted bigint[]; c_dirty boolean[];

    -- Sums of ranges of periods (views), as they were, and the cells in the account of each. Few batches have any.
    has_views boolean; l_view integer[]; z_view integer[];
    w_charged bigint[]; w_unconfirmed bigint[]; w_overrun bigint[]; w_held bigint[];
    v_charged numeric[]; v_unconfirmed numeric[]; v_overrun numeric[]; v_held numeric[]; v_first bigint[]; v_last bigint[]; v_from integer[]; v_to integer[];

    o_becomes smallint[]; o_new boolean[]; o_z integer[]; o_count integer[]; l_fits boolean[]; l_taken smallint[];
    i integer; j integer; l integer; z integer; c integer; e integer; v integer; m integer := 0; next integer := cardinality(g_account); pass integer;
    kind smallint; state smallint; status smallint; count integer; said integer; created integer := 0; stored integer; closed boolean := false; emptied boolean := false;
    amount bigint; was bigint; room bigint; fit boolean; admitted boolean; shadows boolean; applies boolean; again boolean; becomes smallint;
    s_charged numeric; s_unconfirmed numeric; s_overrun numeric; s_held numeric;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF p_since IS NOT NULL THEN
        looked := coalesce(p_now, {schema}.ticks());
        IF p_since > looked THEN
            p_since := -9223372036854775808;
        END IF;
        PERFORM 1 FROM {schema}.reservations r WHERE r.ledger = p_ledger AND r.state = 0 AND r.lease_until > p_since AND r.lease_until <= looked LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;

    FOR attempt IN 1..5 LOOP
        c_account := NULL;
        found_ids := NULL;

        -- Locks the accounts of all operations in one order. Missing ones are inserted first, in the same order.
        IF closes THEN
            SELECT array_agg(b.id) INTO ids FROM (
                SELECT q.id FROM unnest(a_id) q(id)
                UNION
                SELECT u.id FROM (
                    SELECT DISTINCT r.accounts
                    FROM (SELECT q.* FROM unnest(p_kind, p_call, p_attempt, p_owner) q(kind, call_id, attempt, owner) WHERE q.kind IN (2, 3, 5) OFFSET 0) o
                    JOIN {schema}.reservations r ON r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger) d
                CROSS JOIN LATERAL unnest(d.accounts) u(id)
                ORDER BY 1) b;
        END IF;
        IF cardinality(ids) > 0 THEN
            SELECT count(*) INTO known FROM {schema}.accounts a WHERE a.id = ANY (ids) AND a.ledger IS NOT DISTINCT FROM p_ledger;
            IF known < cardinality(ids) THEN
                WITH done AS (
                    INSERT INTO {schema}.accounts AS a (ledger, id, name)
                    SELECT p_ledger, q.id, q.name
                    FROM (
                        SELECT DISTINCT ON (n.id) n.id, n.name FROM (
                            SELECT s.id, s.name FROM unnest(a_id, a_name) s(id, name)
                            UNION ALL
                            SELECT u.id, u.name
                            FROM (SELECT q.* FROM unnest(p_kind, p_call, p_attempt, p_owner) q(kind, call_id, attempt, owner) WHERE q.kind IN (2, 3, 5) OFFSET 0) o
                            JOIN {schema}.reservations r ON r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger
                            CROSS JOIN LATERAL unnest(r.accounts, r.names) u(id, name)) n
                        WHERE n.id = ANY (ids) AND NOT EXISTS (SELECT 1 FROM {schema}.accounts b WHERE b.id = n.id AND b.ledger IS NOT DISTINCT FROM p_ledger)
                        ORDER BY n.id) q
                    ON CONFLICT DO NOTHING RETURNING a.id)
                SELECT loose || coalesce(array_agg(done.id), '{}') INTO loose FROM done;
            END IF;
            PERFORM 1 FROM {schema}.accounts a WHERE a.id = ANY (ids) AND a.ledger IS NOT DISTINCT FROM p_ledger ORDER BY a.id FOR NO KEY UPDATE;
            GET DIAGNOSTICS known = ROW_COUNT;
        ELSE
            known := 0;
        END IF;

        now := coalesce(p_now, {schema}.ticks());
        SELECT array_agg(y.state) FILTER (WHERE y.is_first), array_agg(y.instance) FILTER (WHERE y.is_first), array_agg(y.sequence) FILTER (WHERE y.is_first),
            array_agg(y.lines) FILTER (WHERE y.is_first),
            array_agg(y.cell) FILTER (WHERE y.is_line), array_agg(y.account) FILTER (WHERE y.is_line), array_agg(y.period) FILTER (WHERE y.is_line),
            array_agg(y.first) FILTER (WHERE y.is_line), array_agg(y.reserved) FILTER (WHERE y.is_line), array_agg(y.charged) FILTER (WHERE y.is_line),
            array_agg(y.taken) FILTER (WHERE y.is_line), array_agg(y.forget) FILTER (WHERE y.is_line), coalesce(bool_or(y.first < y.period), false),
            (SELECT coalesce(max(s.version), 0) FROM {schema}.settings_versions s WHERE s.ledger = p_ledger)
        INTO k_state, k_instance, k_sequence, k_lines, z_cell, z_account, z_period, z_first, z_reserved, z_charged, z_taken, z_forget, has_views, settings
        FROM (
            SELECT w.*, w.op > 0 AND w.at = 1 AS is_first, w.account IS NOT NULL AS is_line, dense_rank() OVER (ORDER BY w.account, w.period)::integer AS cell
            FROM (
                SELECT 0::bigint AS op, q.at, NULL::smallint AS state, NULL::uuid AS instance, NULL::bigint AS sequence, NULL::integer AS lines,
                    q.account, q.period, q.period AS first, 0::bigint AS reserved, 0::bigint AS charged, 0::smallint AS taken, 0::bigint AS forget
                FROM unnest(g_account, g_period) WITH ORDINALITY q(account, period, at)
                UNION ALL
                SELECT o.op, coalesce(u.at, 1), r.state, r.instance, r.sequence, cardinality(r.accounts),
                    u.account, u.period, u.first, u.reserved, u.charged, u.taken, u.forget
                FROM unnest(p_kind, p_call, p_attempt, p_owner) WITH ORDINALITY o(kind, call_id, attempt, owner, op)
                LEFT JOIN {schema}.reservations r ON r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger
                LEFT JOIN LATERAL unnest(r.accounts, r.periods, r.firsts, r.reserved, r.charged, r.taken, r.forgets) WITH ORDINALITY
                    u(account, period, first, reserved, charged, taken, forget, at) ON o.kind IN (2, 3, 5)) w
            ORDER BY w.op, w.at) y;

        IF z_cell IS NOT NULL THEN
            SELECT array_agg(y.account), array_agg(y.period), array_agg(y.charged), array_agg(y.unconfirmed), array_agg(y.overrun), array_agg(y.held),
                array_agg(y.open), array_agg(y.forget), array_agg(y.granted), array_agg(false), array_agg(DISTINCT y.account)
            INTO c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_held, c_open, c_forget, c_granted, c_dirty, found_ids
            FROM (
                SELECT d.account, d.period, coalesce(p.charged, 0) AS charged, coalesce(p.unconfirmed, 0) AS unconfirmed, coalesce(p.overrun, 0) AS overrun,
                    coalesce(p.held, 0) AS held, coalesce(p.open, 0) AS open, coalesce(p.forget_after, 0) AS forget, g.granted
                FROM (SELECT DISTINCT q.cell, q.account, q.period FROM unnest(z_cell, z_account, z_period) q(cell, account, period)) d
                LEFT JOIN {schema}.periods p ON p.account = d.account AND p.period = d.period AND p.ledger IS NOT DISTINCT FROM p_ledger
                CROSS JOIN LATERAL (
                    SELECT least(coalesce(sum(n.amount), 0), largest)::bigint AS granted FROM {schema}.grants n
                    WHERE n.account = d.account AND n.expires_at > now AND n.ledger IS NOT DISTINCT FROM p_ledger) g
                ORDER BY d.cell) y;
        END IF;

        -- While this operation waited, an account may have been cleaned up, or a reservation may have got other lines.
        EXIT WHEN known = coalesce(cardinality(ids), 0) AND (found_ids IS NULL OR found_ids = ids OR found_ids <@ ids);
        IF attempt = 5 THEN
            RAISE EXCEPTION 'The accounts of the batch changed again and again while it waited for them.' USING ERRCODE = '40001';
        END IF;
    END LOOP;
    moment := now;

    IF p_kind && '{4}' THEN
        WITH done AS (
            UPDATE {schema}.reservations r SET lease_until = least(now::numeric + o.lease, 3155378975999999999)::bigint
            FROM (
                SELECT q.* FROM unnest(p_kind, p_call, p_attempt, p_owner, p_number) WITH ORDINALITY q(kind, call_id, attempt, owner, lease, op)
                WHERE q.kind = 4 OFFSET 0) o
            WHERE r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger AND r.state = 0
            RETURNING o.op)
        SELECT array_agg(done.op) INTO renewed FROM done;
    END IF;

    IF p_kind && '{5}' THEN
        WITH done AS (
            INSERT INTO {schema}.adjustments (ledger, id, call_id, attempt, owner, amounts, adjusted_at, reason)
            SELECT p_ledger, o.id, o.call_id, o.attempt, o.owner, p_amounts[o.start : o.start + o.lines - 1], now, o.reason
            FROM unnest(p_kind, p_call, p_attempt, p_owner, p_id, p_text, p_start, p_lines, k_state, k_lines)
                o(kind, call_id, attempt, owner, id, reason, start, lines, state, known)
            WHERE o.kind = 5 AND o.state NOT IN (0, 3) AND o.known = o.lines
            ON CONFLICT DO NOTHING RETURNING id)
        SELECT array_agg(o.op) INTO adjusted FROM done JOIN unnest(p_kind, p_id) WITH ORDINALITY o(kind, id, op) ON o.kind = 5 AND o.id = done.id;
    END IF;

    IF has_views OR l_first <> l_period THEN
        has_views := true;
        w_charged := c_charged; w_unconfirmed := c_unconfirmed; w_overrun := c_overrun; w_held := c_held;
        SELECT array_agg(y.view ORDER BY y.at) FILTER (WHERE y.is_reserved), array_agg(y.view ORDER BY y.at) FILTER (WHERE NOT y.is_reserved)
        INTO l_view, z_view
        FROM (
            SELECT u.is_reserved, u.at,
                CASE WHEN u.first < u.period THEN dense_rank() OVER (ORDER BY u.first >= u.period, u.account, u.period, u.first)::integer END AS view
            FROM (
                SELECT true AS is_reserved, q.* FROM unnest(l_account, l_period, l_first) WITH ORDINALITY q(account, period, first, at)
                UNION ALL
                SELECT false, q.* FROM unnest(z_account, z_period, z_first) WITH ORDINALITY q(account, period, first, at)) u) y;
        SELECT array_agg(coalesce(s.charged, 0) ORDER BY d.view), array_agg(coalesce(s.unconfirmed, 0) ORDER BY d.view),
            array_agg(coalesce(s.overrun, 0) ORDER BY d.view), array_agg(coalesce(s.held, 0) ORDER BY d.view),
            array_agg(d.first ORDER BY d.view), array_agg(d.last ORDER BY d.view), array_agg(k.f ORDER BY d.view), array_agg(k.t ORDER BY d.view)
        INTO v_charged, v_unconfirmed, v_overrun, v_held, v_first, v_last, v_from, v_to
        FROM (
            SELECT DISTINCT u.view, u.account, u.first, least(u.period * 2::numeric - u.first, largest)::bigint AS last
            FROM (
                SELECT q.* FROM unnest(l_view, l_account, l_period, l_first) q(view, account, period, first)
                UNION ALL
                SELECT q.* FROM unnest(z_view, z_account, z_period, z_first) q(view, account, period, first)) u
            WHERE u.view IS NOT NULL) d
        JOIN (SELECT q.account, min(q.cell) AS f, max(q.cell) AS t FROM unnest(c_account) WITH ORDINALITY q(account, cell) GROUP BY q.account) k ON k.account = d.account
        CROSS JOIN LATERAL (
            SELECT sum(p.held) AS held,
                sum(p.charged) FILTER (WHERE p.period BETWEEN d.first AND d.last) AS charged,
                sum(p.unconfirmed) FILTER (WHERE p.period BETWEEN d.first AND d.last) AS unconfirmed,
                sum(p.overrun) FILTER (WHERE p.period BETWEEN d.first AND d.last) AS overrun
            FROM {schema}.periods p WHERE p.account = d.account AND p.ledger IS NOT DISTINCT FROM p_ledger) s;
    END IF;

    answer := '{}';
    o_becomes := array_fill(NULL::smallint, ARRAY[cardinality(p_kind)]);
    o_new := array_fill(false, ARRAY[cardinality(p_kind)]);
    o_z := array_fill(1, ARRAY[cardinality(p_kind)]);
    o_count := array_fill(0, ARRAY[cardinality(p_kind)]);
    IF cardinality(l_cell) > 0 THEN
        l_taken := array_fill(1::smallint, ARRAY[cardinality(l_cell)]);
        l_fits := array_fill(true, ARRAY[cardinality(l_cell)]);
    END IF;

    FOR i IN 1..cardinality(p_kind) LOOP
        kind := p_kind[i];
        state := k_state[i];
        status := 0;
        said := 0;

        IF kind = 1 THEN
            -- A reservation that was released counts as new, unless it arrives after its own release.
            count := p_lines[i];
            applies := state IS NULL OR (state = 3 AND NOT (k_instance[i] = p_instance AND p_sequence[i] < k_sequence[i]));
            admitted := true;
            IF p_settings[i] <> settings THEN
                applies := false;
                status := 6;
            ELSIF NOT applies THEN
                status := CASE WHEN state = 3 THEN 3 ELSE 1 END;
            END IF;

            IF applies THEN
                -- All lines are compared first, then all are taken.
                shadows := true;
                FOR l IN p_start[i]..p_start[i] + count - 1 LOOP
                    CONTINUE WHEN l_limit[l] IS NULL;
                    c := z_cell[l_cell[l]];
                    v := l_view[l];
                    IF v IS NOT NULL THEN
                        s_charged := v_charged[v]; s_held := v_held[v];
                        FOR e IN v_from[v]..v_to[v] LOOP
                            IF c_dirty[e] THEN
                                s_held := s_held + c_held[e] - w_held[e];
                                IF c_period[e] BETWEEN v_first[v] AND v_last[v] THEN
                                    s_charged := s_charged + c_charged[e] - w_charged[e];
                                END IF;
                            END IF;
                        END LOOP;
                        fit := least(s_charged, largest) + least(s_held, largest) + l_amount[l] <= l_limit[l]::numeric + c_granted[c];
                    ELSIF c_granted[c] = 0 THEN
                        room := greatest(l_limit[l], -1) - c_charged[c];
                        fit := room >= 0 AND room - c_held[c] >= l_amount[l];
                    ELSE
                        fit := c_charged[c]::numeric + c_held[c] + l_amount[l] <= l_limit[l]::numeric + c_granted[c];
                    END IF;
                    IF NOT fit THEN
                        l_fits[l] := false;
                        admitted := admitted AND l_mode[l] <> 0;
                        shadows := shadows AND l_mode[l] <> 2;
                    END IF;
                END LOOP;
                IF admitted THEN
                    status := 1;
                    o_new[i] := true;
                    created := created + 1;
                    FOR l IN p_start[i]..p_start[i] + count - 1 LOOP
                        c := z_cell[l_cell[l]];
                        IF NOT l_fits[l] THEN
                            l_taken[l] := 2;
                        END IF;
                        IF NOT shadows AND l_mode[l] = 2 THEN
                            -- Shadow lines are taken together or not at all.
                            l_taken[l] := 0;
                        ELSE
                            c_held[c] := CASE WHEN l_amount[l] > largest - c_held[c] THEN largest ELSE c_held[c] + l_amount[l] END;
                        END IF;
                        c_open[c] := c_open[c] + 1;
                        IF c_forget[c] < l_forget[l] THEN
                            c_forget[c] := l_forget[l];
                        END IF;
                        c_dirty[c] := true;
                    END LOOP;
                END IF;
            ELSIF state IS NOT NULL THEN
                SELECT r.taken INTO k_taken FROM {schema}.reservations r
                WHERE r.call_id = p_call[i] AND r.attempt = p_attempt[i] AND r.owner = p_owner[i] AND r.ledger IS NOT DISTINCT FROM p_ledger;
                FOR j IN 0..count - 1 LOOP
                    l_fits[p_start[i] + j] := coalesce(k_taken[j + 1] = 1, false);
                END LOOP;
            ELSE
                FOR l IN p_start[i]..p_start[i] + count - 1 LOOP
                    l_fits[l] := false;
                END LOOP;
            END IF;
            IF p_wants[i] OR status <> 1 THEN
                said := count;
            END IF;
        ELSE
            count := CASE kind WHEN 4 THEN 0 ELSE coalesce(k_lines[i], 0) END;
            z := next;
            next := next + count;
            applies := false;
            again := false;
            becomes := 3;
            IF kind = 4 THEN
                IF i = ANY (renewed) THEN
                    status := 1;
                END IF;
            ELSIF kind = 3 THEN
                applies := state = 0;
                IF applies OR (state = 3 AND k_instance[i] = p_instance AND k_sequence[i] = p_sequence[i] AND count > 0) THEN
                    status := 1;
                END IF;
            ELSIF state IS NULL OR state = 3 THEN
                status := CASE WHEN state = 3 THEN 5 ELSE 2 END;
            ELSIF count <> p_lines[i] THEN
                status := 4;
            ELSE
                applies := CASE WHEN kind = 5 THEN coalesce(i = ANY (adjusted), false) ELSE state IN (0, 4) OR (state = 2 AND NOT p_flag[i]) END;
                again := NOT applies AND k_instance[i] = p_instance AND k_sequence[i] = p_sequence[i];
                becomes := CASE WHEN kind = 2 AND p_flag[i] THEN 2 ELSE 1 END;
                IF applies OR again THEN
                    status := 1;
                END IF;
            END IF;
            IF p_wants[i] AND status <> 4 THEN
                said := count;
            END IF;
            IF applies THEN
                o_becomes[i] := becomes;
                o_z[i] := z + 1;
                o_count[i] := count;
                closed := true;
            END IF;
        END IF;

        answer[m + 1] := status;
        answer[m + 2] := count;
        answer[m + 3] := said;
        m := m + 3;

        IF kind = 1 THEN
            -- The accounts after the reservation.
            FOR l IN p_start[i]..p_start[i] + said - 1 LOOP
                c := z_cell[l_cell[l]];
                v := l_view[l];
                IF v IS NULL THEN
                    answer[m + 1] := c_charged[c]; answer[m + 2] := c_held[c]; answer[m + 3] := c_unconfirmed[c]; answer[m + 4] := c_overrun[c];
                ELSE
                    s_charged := v_charged[v]; s_held := v_held[v]; s_unconfirmed := v_unconfirmed[v]; s_overrun := v_overrun[v];
                    FOR e IN v_from[v]..v_to[v] LOOP
                        IF c_dirty[e] THEN
                            s_held := s_held + c_held[e] - w_held[e];
                            IF c_period[e] BETWEEN v_first[v] AND v_last[v] THEN
                                s_charged := s_charged + c_charged[e] - w_charged[e];
                                s_unconfirmed := s_unconfirmed + c_unconfirmed[e] - w_unconfirmed[e];
                                s_overrun := s_overrun + c_overrun[e] - w_overrun[e];
                            END IF;
                        END IF;
                    END LOOP;
                    answer[m + 1] := least(s_charged, largest); answer[m + 2] := least(s_held, largest);
                    answer[m + 3] := least(s_unconfirmed, largest); answer[m + 4] := least(s_overrun, largest);
                END IF;
                answer[m + 5] := c_granted[c];
                answer[m + 6] := CASE WHEN l_fits[l] THEN 1 ELSE 0 END;
                m := m + 6;
            END LOOP;
            CONTINUE;
        END IF;
        CONTINUE WHEN NOT applies AND said = 0;

        FOR j IN 0..count - 1 LOOP
            z := z + 1;
            c := z_cell[z];
            FOR pass IN 1..2 LOOP
                -- The period of a line may be forgotten. Only the record of the call changes then.
                IF pass = 2 AND applies THEN
                    IF c_forget[c] <> 0 OR z_forget[z] > now THEN
                        c_dirty[c] := true;
                        IF state = 0 THEN
                            c_open[c] := c_open[c] - 1;
                            IF z_taken[z] <> 0 THEN
                                c_held[c] := greatest(0, c_held[c] - z_reserved[z]);
                            END IF;
                        END IF;
                        IF kind <> 3 AND z_taken[z] <> 0 THEN
                            -- The charge is replaced by its difference, and stops at zero only after that: an adjustment may have lowered
                            -- the account below the earlier charge. What is unconfirmed or overrun stays within the charge.
                            amount := p_amounts[p_start[i] + j];
                            was := z_charged[z];
                            c_charged[c] := c_charged[c] - was;
                            c_charged[c] := CASE WHEN c_charged[c] > 0 AND amount > largest - c_charged[c] THEN largest ELSE greatest(0, c_charged[c] + amount) END;
                            IF state IN (2, 4) THEN
                                c_unconfirmed[c] := c_unconfirmed[c] - was;
                            END IF;
                            IF becomes = 2 THEN
                                c_unconfirmed[c] := CASE WHEN c_unconfirmed[c] > 0 AND amount > largest - c_unconfirmed[c] THEN largest ELSE c_unconfirmed[c] + amount END;
                            END IF;
                            IF was > z_reserved[z] THEN
                                c_overrun[c] := c_overrun[c] - (was - z_reserved[z]);
                            END IF;
                            IF amount > z_reserved[z] THEN
                                room := amount - z_reserved[z];
                                c_overrun[c] := CASE WHEN c_overrun[c] > 0 AND room > largest - c_overrun[c] THEN largest ELSE c_overrun[c] + room END;
                            END IF;
                            z_charged[z] := amount;
                            IF c_forget[c] < z_forget[z] THEN
                                c_forget[c] := z_forget[z];
                            END IF;
                            IF c_unconfirmed[c] <> 0 OR c_overrun[c] <> 0 THEN
                                c_unconfirmed[c] := least(greatest(0, c_unconfirmed[c]), c_charged[c]);
                                c_overrun[c] := least(greatest(0, c_overrun[c]), c_charged[c]);
                            END IF;
                        END IF;
                    ELSIF kind <> 3 AND z_taken[z] <> 0 THEN
                        z_charged[z] := p_amounts[p_start[i] + j];
                    END IF;
                END IF;
                CONTINUE WHEN said = 0;

                v := z_view[z];
                IF v IS NULL THEN
                    answer[m + 1] := c_charged[c]; answer[m + 2] := c_held[c]; answer[m + 3] := c_unconfirmed[c]; answer[m + 4] := c_overrun[c];
                ELSE
                    s_charged := v_charged[v]; s_held := v_held[v]; s_unconfirmed := v_unconfirmed[v]; s_overrun := v_overrun[v];
                    FOR e IN v_from[v]..v_to[v] LOOP
                        IF c_dirty[e] THEN
                            s_held := s_held + c_held[e] - w_held[e];
                            IF c_period[e] BETWEEN v_first[v] AND v_last[v] THEN
                                s_charged := s_charged + c_charged[e] - w_charged[e];
                                s_unconfirmed := s_unconfirmed + c_unconfirmed[e] - w_unconfirmed[e];
                                s_overrun := s_overrun + c_overrun[e] - w_overrun[e];
                            END IF;
                        END IF;
                    END LOOP;
                    answer[m + 1] := least(s_charged, largest); answer[m + 2] := least(s_held, largest);
                    answer[m + 3] := least(s_unconfirmed, largest); answer[m + 4] := least(s_overrun, largest);
                END IF;
                m := m + 4;
            END LOOP;
            CONTINUE WHEN said = 0;

            IF again AND z_taken[z] <> 0 THEN
                answer[m - 7] := greatest(0, answer[m - 7] - z_charged[z]);
                answer[m - 6] := CASE WHEN z_reserved[z] > largest - answer[m - 6] THEN largest ELSE answer[m - 6] + z_reserved[z] END;
            END IF;
            answer[m + 1] := c_granted[c];
            answer[m + 2] := CASE WHEN z_taken[z] <> 0 THEN 1 ELSE 0 END;
            m := m + 2;
        END LOOP;
    END LOOP;

    changed := '{}';
    IF created > 0 OR closed THEN
        FOR c IN 1..coalesce(cardinality(c_account), 0) LOOP
            IF c_dirty[c] THEN
                emptied := emptied OR (c_open[c] = 0 AND c_charged[c] = 0 AND c_unconfirmed[c] = 0 AND c_overrun[c] = 0);
                changed := changed || c_account[c];
            END IF;
        END LOOP;
        INSERT INTO {schema}.periods AS p (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
        SELECT p_ledger, d.account, d.period, d.charged, d.unconfirmed, d.overrun, d.held, d.open, d.forget
        FROM unnest(c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_held, c_open, c_forget, c_dirty)
            d(account, period, charged, unconfirmed, overrun, held, open, forget, dirty)
        WHERE d.dirty AND (d.charged <> 0 OR d.unconfirmed <> 0 OR d.overrun <> 0 OR d.open <> 0)
        ON CONFLICT (ledger, account, period) DO UPDATE SET
            charged = excluded.charged, unconfirmed = excluded.unconfirmed, overrun = excluded.overrun, held = excluded.held, open = excluded.open,
            forget_after = excluded.forget_after;
    END IF;
    IF emptied THEN
        DELETE FROM {schema}.periods p
        USING (
            SELECT q.* FROM unnest(c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_open, c_dirty)
                q(account, period, charged, unconfirmed, overrun, open, dirty)
            WHERE q.dirty AND q.charged = 0 AND q.unconfirmed = 0 AND q.overrun = 0 AND q.open = 0 OFFSET 0) d
        WHERE p.account = d.account AND p.period = d.period AND p.ledger IS NOT DISTINCT FROM p_ledger;
    END IF;
    IF emptied OR cardinality(loose) > 0 THEN
        -- An account without periods, as after a refusal, leaves no row.
        DELETE FROM {schema}.accounts a
        WHERE a.ledger IS NOT DISTINCT FROM p_ledger AND a.id = ANY (loose || ARRAY(
                SELECT d.account FROM unnest(c_account, c_charged, c_open, c_dirty) d(account, charged, open, dirty) WHERE d.dirty AND d.charged = 0 AND d.open = 0))
            AND NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.account = a.id AND p.ledger IS NOT DISTINCT FROM p_ledger);
    END IF;

    IF created > 0 THEN
        -- The arrays are copied into the form of a table once. A part of a variable's form costs as much as the whole.
        WITH f AS MATERIALIZED (
            SELECT l_account || '{}'::uuid[] AS account, l_name || '{}'::text[] AS name, l_period || '{}'::bigint[] AS period, l_first || '{}'::bigint[] AS first,
                l_amount || '{}'::bigint[] AS amount, l_forget || '{}'::bigint[] AS forget, l_taken || '{}'::smallint[] AS taken,
                array_fill(0::bigint, ARRAY[cardinality(l_amount)]) AS zero)
        INSERT INTO {schema}.reservations AS r (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, closed_at, keep_until,
            accounts, names, periods, firsts, reserved, taken, forgets, charged, call, settlement)
        SELECT p_ledger, o.call_id, o.attempt, o.owner, 0, p_instance, o.sequence, coalesce(o.at, now),
            CASE WHEN o.lease < 3155378975999999999 - now THEN now + o.lease ELSE 3155378975999999999 END, NULL, greatest(o.keep, now),
            f.account[o.start : o.start + o.lines - 1], f.name[o.start : o.start + o.lines - 1], f.period[o.start : o.start + o.lines - 1],
            f.first[o.start : o.start + o.lines - 1], f.amount[o.start : o.start + o.lines - 1], f.taken[o.start : o.start + o.lines - 1],
            f.forget[o.start : o.start + o.lines - 1], f.zero[o.start : o.start + o.lines - 1], o.text::jsonb, NULL
        FROM f, unnest(o_new, p_call, p_attempt, p_owner, p_sequence, p_at, p_number, p_keep, p_text, p_start, p_lines)
            o(created, call_id, attempt, owner, sequence, at, lease, keep, text, start, lines)
        WHERE o.created
        ON CONFLICT (ledger, call_id, attempt, owner) DO UPDATE SET
            state = 0, instance = excluded.instance, sequence = excluded.sequence, reserved_at = excluded.reserved_at, lease_until = excluded.lease_until,
            closed_at = NULL, keep_until = excluded.keep_until, accounts = excluded.accounts, names = excluded.names, periods = excluded.periods,
            firsts = excluded.firsts, reserved = excluded.reserved, taken = excluded.taken, forgets = excluded.forgets, charged = excluded.charged,
            call = excluded.call, settlement = NULL
        WHERE r.state = 3;
        GET DIAGNOSTICS stored = ROW_COUNT;
        IF stored <> created THEN
            RAISE EXCEPTION 'Another process took a reservation of the batch with the same id.' USING ERRCODE = '40001';
        END IF;
    END IF;

    IF closed THEN
        WITH f AS MATERIALIZED (SELECT coalesce(z_charged, '{}') || '{}'::bigint[] AS charged)
        UPDATE {schema}.reservations r SET
            state = o.becomes, instance = p_instance, sequence = o.sequence, closed_at = now, keep_until = greatest(r.keep_until, now + hour),
            charged = o.charged, settlement = CASE WHEN o.kind = 2 THEN coalesce(o.text::jsonb, r.settlement) ELSE r.settlement END
        FROM (
            SELECT q.*, f.charged[q.z : q.z + q.count - 1] AS charged
            FROM f, unnest(o_becomes, p_kind, p_call, p_attempt, p_owner, p_sequence, p_text, o_z, o_count) q(becomes, kind, call_id, attempt, owner, sequence, text, z, count)
            WHERE q.becomes IS NOT NULL OFFSET 0) o
        WHERE r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger;
    END IF;

    -- The reservation of an unknown release may arrive later, if its connection was lost. It must not be taken then.
    IF p_kind && '{3}' THEN
        INSERT INTO {schema}.reservations (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, closed_at, keep_until,
            accounts, names, periods, firsts, reserved, taken, forgets, charged)
        SELECT p_ledger, o.call_id, o.attempt, o.owner, 3, p_instance, o.sequence, now, now, now, now + hour / 6, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'
        FROM unnest(p_kind, k_state, p_call, p_attempt, p_owner, p_sequence) o(kind, state, call_id, attempt, owner, sequence)
        WHERE o.kind = 3 AND o.state IS NULL
        ON CONFLICT DO NOTHING;
    END IF;
END
$$;
