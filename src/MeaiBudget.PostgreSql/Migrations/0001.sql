-- Version 1. {schema} is replaced by the schema's name. A migration is applied once, and must not be changed after a release.
-- Times are UTC ticks (100 ns since year 1), amounts have the account's unit. Names are escaped so that they hold neither NUL nor half
-- of a surrogate pair. An account's id is the beginning of the SHA-256 of its name, so a name of any length has a short key.

CREATE TABLE {schema}.ledgers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- An operation locks the rows of its accounts, in the order of their ids.
CREATE TABLE {schema}.accounts (
    ledger integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (ledger, id)
) WITH (fillfactor = 70);

CREATE TABLE {schema}.periods (
    ledger integer NOT NULL,
    account uuid NOT NULL,
    period bigint NOT NULL,
    charged bigint NOT NULL,
    unconfirmed bigint NOT NULL,
    overrun bigint NOT NULL,
    held bigint NOT NULL,
    open bigint NOT NULL,
    forget_after bigint NOT NULL,
    PRIMARY KEY (ledger, account, period)
) WITH (fillfactor = 50);
CREATE INDEX periods_forget ON {schema}.periods (ledger, forget_after);

-- state: 0 open, 1 settled, 2 unconfirmed, 3 released, 4 expired. taken: 0 left out, 1 taken, 2 taken beyond its limit.
-- instance and sequence name the operation that wrote the row last, so that its repetition is recognised.
CREATE TABLE {schema}.reservations (
    ledger integer NOT NULL,
    call_id uuid NOT NULL,
    attempt integer NOT NULL,
    owner text NOT NULL,
    state smallint NOT NULL,
    instance uuid NOT NULL,
    sequence bigint NOT NULL,
    reserved_at bigint NOT NULL,
    lease_until bigint NOT NULL,
    closed_at bigint,
    keep_until bigint NOT NULL,
    accounts uuid[] NOT NULL,
    names text[] NOT NULL,
    periods bigint[] NOT NULL,
    firsts bigint[] NOT NULL,
    reserved bigint[] NOT NULL,
    taken smallint[] NOT NULL,
    forgets bigint[] NOT NULL,
    charged bigint[] NOT NULL,
    call jsonb,
    settlement jsonb,
    PRIMARY KEY (ledger, call_id, attempt, owner)
) WITH (fillfactor = 70);
CREATE INDEX reservations_open ON {schema}.reservations (ledger, lease_until) WHERE state = 0;
CREATE INDEX reservations_keep ON {schema}.reservations (ledger, keep_until);
CREATE INDEX reservations_at ON {schema}.reservations (ledger, reserved_at);

CREATE TABLE {schema}.grants (
    ledger integer NOT NULL,
    id uuid NOT NULL,
    account uuid NOT NULL,
    name text NOT NULL,
    amount bigint NOT NULL,
    granted_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    reason text NOT NULL,
    instance uuid NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (ledger, id)
);
CREATE INDEX grants_account ON {schema}.grants (ledger, account, expires_at);

CREATE TABLE {schema}.adjustments (
    ledger integer NOT NULL,
    id uuid NOT NULL,
    call_id uuid NOT NULL,
    attempt integer NOT NULL,
    owner text NOT NULL,
    amounts bigint[] NOT NULL,
    adjusted_at bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (ledger, id)
);

-- Limits and stops that all services on the ledger obey. A write raises the version, which a reservation may demand.
CREATE TABLE {schema}.settings (
    ledger integer NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (ledger, name)
);
CREATE TABLE {schema}.settings_versions (
    ledger integer PRIMARY KEY,
    version bigint NOT NULL
);

-- Writes a setting, or removes it if p_value has null, unless there are p_most. Returns the version and the number of settings before.
CREATE FUNCTION {schema}.write_setting_1(p_ledger integer, p_name text, p_value text[], p_most bigint, OUT o_version bigint, OUT o_count bigint)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    changed integer;
BEGIN
    INSERT INTO {schema}.settings_versions (ledger, version) VALUES (p_ledger, 0) ON CONFLICT DO NOTHING;
    SELECT v.version INTO o_version FROM {schema}.settings_versions v WHERE v.ledger = p_ledger FOR UPDATE;
    SELECT count(*) INTO o_count FROM {schema}.settings s WHERE s.ledger = p_ledger;
    IF o_count >= p_most THEN
        RETURN;
    END IF;
    IF p_value[1] IS NULL THEN
        DELETE FROM {schema}.settings s WHERE s.ledger = p_ledger AND s.name = p_name;
    ELSE
        INSERT INTO {schema}.settings AS s (ledger, name, value) VALUES (p_ledger, p_name, p_value[1])
        ON CONFLICT (ledger, name) DO UPDATE SET value = excluded.value WHERE s.value <> excluded.value;
    END IF;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed > 0 THEN
        UPDATE {schema}.settings_versions v SET version = v.version + 1 WHERE v.ledger = p_ledger RETURNING v.version INTO o_version;
    END IF;
END
$$;

CREATE FUNCTION {schema}.ticks() RETURNS bigint LANGUAGE sql VOLATILE
AS $$ SELECT (extract(epoch FROM clock_timestamp())::numeric * 1000000)::bigint * 10 + 621355968000000000 $$;

-- Charges reservations whose lease has ended, the earliest first and p_most at most.
CREATE FUNCTION {schema}.sweep_1(p_ledger integer, p_now bigint, p_most integer)
RETURNS TABLE (o_call uuid, o_attempt integer, o_owner text, o_names text[], o_amounts bigint[])
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    now bigint := coalesce(p_now, {schema}.ticks());
    calls uuid[]; attempts integer[]; owners text[];
BEGIN
    SELECT array_agg(d.call_id), array_agg(d.attempt), array_agg(d.owner) INTO calls, attempts, owners
    FROM (SELECT r.call_id, r.attempt, r.owner FROM {schema}.reservations r
          WHERE r.ledger = p_ledger AND r.state = 0 AND r.lease_until <= now ORDER BY r.lease_until LIMIT p_most) d;
    IF calls IS NULL THEN
        RETURN;
    END IF;

    PERFORM 1 FROM {schema}.accounts a
    WHERE a.ledger = p_ledger AND a.id = ANY (ARRAY(
        SELECT DISTINCT unnest(r.accounts) FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
        JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner))
    ORDER BY a.id FOR NO KEY UPDATE;

    -- Another process may have closed or renewed some of them meanwhile.
    SELECT array_agg(d.call_id), array_agg(d.attempt), array_agg(d.owner) INTO calls, attempts, owners
    FROM (SELECT r.call_id, r.attempt, r.owner FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
          JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner
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
          JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner
          CROSS JOIN LATERAL unnest(r.accounts, r.periods, r.reserved, r.taken, r.forgets) u(account, period, reserved, taken, forget)
          GROUP BY u.account, u.period) d
    WHERE p.ledger = p_ledger AND p.account = d.account AND p.period = d.period;

    RETURN QUERY
    UPDATE {schema}.reservations r SET
        state = 4,
        closed_at = now,
        keep_until = greatest(r.keep_until, now + 36000000000),
        charged = ARRAY(SELECT CASE WHEN u.taken = 0 THEN 0 ELSE u.reserved END FROM unnest(r.reserved, r.taken) WITH ORDINALITY u(reserved, taken, at) ORDER BY u.at)
    FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
    WHERE r.ledger = p_ledger AND r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner
    RETURNING r.call_id, r.attempt, r.owner,
        ARRAY(SELECT u.name FROM unnest(r.names, r.taken) WITH ORDINALITY u(name, taken, at) WHERE u.taken <> 0 ORDER BY u.at),
        ARRAY(SELECT u.reserved FROM unnest(r.reserved, r.taken) WITH ORDINALITY u(reserved, taken, at) WHERE u.taken <> 0 ORDER BY u.at);
END
$$;

-- Deletes a part of what no longer counts. Returns true if there may be more.
CREATE FUNCTION {schema}.clean_1(p_ledger integer, p_now bigint, p_most integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    now bigint := coalesce(p_now, {schema}.ticks());
    ids uuid[];
    periods_deleted integer;
    reservations_deleted integer;
BEGIN
    -- The rows of the accounts are locked first, in the order that every operation keeps, and without waiting.
    SELECT array_agg(a.id) INTO ids FROM (
        SELECT b.id FROM {schema}.accounts b
        WHERE b.ledger = p_ledger AND b.id IN (
            SELECT p.account FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.forget_after <= now AND p.open = 0 ORDER BY p.forget_after LIMIT p_most)
        ORDER BY b.id FOR NO KEY UPDATE SKIP LOCKED) a;
    DELETE FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = ANY (ids) AND p.forget_after <= now AND p.open = 0;
    GET DIAGNOSTICS periods_deleted = ROW_COUNT;
    DELETE FROM {schema}.accounts a
    WHERE a.ledger = p_ledger AND a.id = ANY (ids) AND NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id);
    DELETE FROM {schema}.reservations r USING (
        SELECT d.call_id, d.attempt, d.owner FROM {schema}.reservations d
        WHERE d.ledger = p_ledger AND d.keep_until <= now AND d.state <> 0 ORDER BY d.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED) d
    WHERE r.ledger = p_ledger AND r.call_id = d.call_id AND r.attempt = d.attempt AND r.owner = d.owner;
    GET DIAGNOSTICS reservations_deleted = ROW_COUNT;
    RETURN periods_deleted >= p_most OR reservations_deleted >= p_most;
END
$$;

-- Applies a batch of operations, and returns a result for each. The arrays named p_ have an element for each operation, those named l_ one
-- for each line; p_start is the place of an operation's first line in them. No two operations of a batch may name the same reservation.
--   p_kind    1 reserve, 2 settle, 3 release, 4 renew, 5 adjust
--   p_flag    settle: whether it is unconfirmed
--   p_number  reserve, renew: the lease in ticks
--   p_text    reserve: the description of the attempt, settle: how it ended, as JSON; adjust: the reason
--   p_settings reserve: the version of the settings that it was made with; null if it does not depend on them
--   l_mode    0 enforce, 1 record, 2 shadow
--   status    1 admitted or applied, 0 refused or not applied, 2 unknown, 3 too late (released by the same caller), 4 a wrong number of amounts,
--             5 released, 6 the settings have another version
-- counts is each operation's number of lines; the arrays named b_ and a_ have the accounts of all lines before and after.
CREATE FUNCTION {schema}.apply_1(
    p_ledger integer, p_now bigint, p_instance uuid,
    p_kind smallint[], p_sequence bigint[], p_call uuid[], p_attempt integer[], p_owner text[], p_flag boolean[], p_wants boolean[],
    p_number bigint[], p_at bigint[], p_keep bigint[], p_text text[], p_id uuid[], p_settings bigint[], p_start integer[], p_lines integer[],
    l_account uuid[], l_name text[], l_period bigint[], l_first bigint[], l_amount bigint[], l_limit bigint[], l_mode smallint[], l_forget bigint[],
    OUT moment bigint, OUT status smallint[], OUT counts integer[], OUT fits boolean[],
    OUT b_charged bigint[], OUT b_held bigint[], OUT b_unconfirmed bigint[], OUT b_overrun bigint[], OUT granted bigint[],
    OUT a_charged bigint[], OUT a_held bigint[], OUT a_unconfirmed bigint[], OUT a_overrun bigint[], OUT changed uuid[])
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    largest CONSTANT bigint := 9223372036854775807;
    hour CONSTANT bigint := 36000000000;
    n CONSTANT integer := cardinality(p_kind);
    now bigint;
    ids uuid[]; names text[]; loose uuid[] := '{}'; locked integer; isStable boolean;

    -- What is known of each operation's reservation.
    k_state smallint[]; k_instance uuid[]; k_sequence bigint[]; k_lines integer[];
    adjusted integer[]; renewed integer[];
    settings bigint; shadows boolean;

    -- The lines of all operations, in order: of a reservation those that it asks for, otherwise those that are stored.
    x_account uuid[]; x_period bigint[]; x_first bigint[]; x_reserved bigint[]; x_charged bigint[]; x_taken smallint[]; x_forget bigint[];
    x_cell integer[]; x_view integer[];

    -- The accounts' periods that lines charge (cells), as they are now and as they were. f and t are the first and last cell of the account.
    c_account uuid[]; c_period bigint[]; c_charged bigint[]; c_unconfirmed bigint[]; c_overrun bigint[]; c_held bigint[]; c_open bigint[]; c_forget bigint[];
    c_granted bigint[]; c_dirty boolean[]; c_from integer[]; c_to integer[];
    w_charged bigint[]; w_unconfirmed bigint[]; w_overrun bigint[]; w_held bigint[];

    -- The sums of ranges of periods (views), as they were.
    v_charged numeric[]; v_unconfirmed numeric[]; v_overrun numeric[]; v_held numeric[]; v_last bigint[];

    o_becomes smallint[]; o_new boolean[]; o_x integer[];
    i integer; j integer; x integer; l integer; c integer; e integer; start integer := 1; count integer; created integer := 0; stored integer;
    state smallint; amount bigint; was bigint; fit boolean; admitted boolean; applies boolean; again boolean; becomes smallint; wasUnconfirmed boolean; phase integer;
    s_charged numeric; s_unconfirmed numeric; s_overrun numeric; s_held numeric;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- Locks the accounts of all operations in one order. Missing ones are inserted first, in the same order.
    FOR attempt IN 1..5 LOOP
        SELECT array_agg(a.id), array_agg(a.name) INTO ids, names FROM (
            SELECT DISTINCT ON (b.id) b.id, b.name FROM (
                SELECT q.id, q.name FROM unnest(l_account, l_name) q(id, name) WHERE q.id IS NOT NULL
                UNION ALL
                SELECT u.id, u.name FROM unnest(p_kind, p_call, p_attempt, p_owner) o(kind, call_id, attempt, owner)
                JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner
                CROSS JOIN LATERAL unnest(r.accounts, r.names) u(id, name)
                WHERE o.kind IN (2, 3, 5)) b
            ORDER BY b.id) a;
        EXIT WHEN ids IS NULL;
        WITH done AS (
            INSERT INTO {schema}.accounts AS a (ledger, id, name)
            SELECT p_ledger, q.id, q.name FROM unnest(ids, names) WITH ORDINALITY q(id, name, at)
            WHERE NOT EXISTS (SELECT 1 FROM {schema}.accounts b WHERE b.ledger = p_ledger AND b.id = q.id)
            ORDER BY q.at ON CONFLICT DO NOTHING RETURNING a.id)
        SELECT loose || array_agg(done.id) INTO loose FROM done;
        PERFORM 1 FROM {schema}.accounts a WHERE a.ledger = p_ledger AND a.id = ANY (ids) ORDER BY a.id FOR NO KEY UPDATE;
        GET DIAGNOSTICS locked = ROW_COUNT;

        -- While this operation waited, an account may have been cleaned up, or a reservation may have got other lines.
        isStable := locked = cardinality(ids) AND NOT EXISTS (
            SELECT 1 FROM unnest(p_kind, p_call, p_attempt, p_owner) o(kind, call_id, attempt, owner)
            JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner
            WHERE o.kind IN (2, 3, 5) AND NOT r.accounts <@ ids);
        EXIT WHEN isStable;
        IF attempt = 5 THEN
            RAISE EXCEPTION 'The accounts of the batch changed again and again while it waited for them.' USING ERRCODE = '40001';
        END IF;
    END LOOP;

    now := coalesce(p_now, {schema}.ticks());
    moment := now;

    SELECT array_agg(k.state), array_agg(k.instance), array_agg(k.sequence), array_agg(k.lines) INTO k_state, k_instance, k_sequence, k_lines
    FROM (SELECT r.state, r.instance, r.sequence, cardinality(r.accounts) AS lines
          FROM unnest(p_call, p_attempt, p_owner) WITH ORDINALITY o(call_id, attempt, owner, op)
          LEFT JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner
          ORDER BY o.op) k;

    SELECT coalesce(max(s.version), 0) INTO settings FROM {schema}.settings_versions s WHERE s.ledger = p_ledger;

    IF 4 = ANY (p_kind) THEN
        WITH done AS (
            UPDATE {schema}.reservations r SET lease_until = least(now::numeric + o.lease, 3155378975999999999)::bigint
            FROM unnest(p_kind, p_call, p_attempt, p_owner, p_number) WITH ORDINALITY o(kind, call_id, attempt, owner, lease, op)
            WHERE o.kind = 4 AND r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.state = 0
            RETURNING o.op)
        SELECT array_agg(done.op) INTO renewed FROM done;
    END IF;

    IF 5 = ANY (p_kind) THEN
        WITH done AS (
            INSERT INTO {schema}.adjustments (ledger, id, call_id, attempt, owner, amounts, adjusted_at, reason)
            SELECT p_ledger, o.id, o.call_id, o.attempt, o.owner, l_amount[o.start : o.start + o.lines - 1], now, o.reason
            FROM unnest(p_kind, p_call, p_attempt, p_owner, p_id, p_text, p_start, p_lines, k_state, k_lines)
                o(kind, call_id, attempt, owner, id, reason, start, lines, state, known)
            WHERE o.kind = 5 AND o.state NOT IN (0, 3) AND o.known = o.lines
            ON CONFLICT DO NOTHING RETURNING id)
        SELECT array_agg(o.op) INTO adjusted FROM done JOIN unnest(p_kind, p_id) WITH ORDINALITY o(kind, id, op) ON o.kind = 5 AND o.id = done.id;
    END IF;

    SELECT array_agg(y.account), array_agg(y.period), array_agg(y.first), array_agg(y.reserved), array_agg(y.charged), array_agg(y.taken), array_agg(y.forget),
        array_agg(y.cell), array_agg(y.view)
    INTO x_account, x_period, x_first, x_reserved, x_charged, x_taken, x_forget, x_cell, x_view
    FROM (
        SELECT z.*, dense_rank() OVER (ORDER BY z.account, z.period)::integer AS cell,
            CASE WHEN z.first < z.period THEN dense_rank() OVER (ORDER BY z.first = z.period, z.account, z.period, z.first)::integer END AS view
        FROM (
            SELECT o.op, q.at, q.account, q.period, q.first, q.amount AS reserved, 0::bigint AS charged,
                coalesce(r.taken[q.at - o.start + 1], 0::smallint) AS taken, q.forget
            FROM unnest(p_kind, p_call, p_attempt, p_owner, p_start, p_lines) WITH ORDINALITY o(kind, call_id, attempt, owner, start, lines, op)
            CROSS JOIN LATERAL unnest(
                l_account[o.start : o.start + o.lines - 1], l_period[o.start : o.start + o.lines - 1], l_first[o.start : o.start + o.lines - 1],
                l_amount[o.start : o.start + o.lines - 1], l_forget[o.start : o.start + o.lines - 1]) WITH ORDINALITY s(account, period, first, amount, forget, at)
            CROSS JOIN LATERAL (SELECT s.account, s.period, s.first, s.amount, s.forget, s.at + o.start - 1 AS at) q
            LEFT JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner
            WHERE o.kind = 1
            UNION ALL
            SELECT o.op, u.at, u.account, u.period, u.first, u.reserved, u.charged, u.taken, u.forget
            FROM unnest(p_kind, p_call, p_attempt, p_owner) WITH ORDINALITY o(kind, call_id, attempt, owner, op)
            JOIN {schema}.reservations r ON r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner
            CROSS JOIN LATERAL unnest(r.accounts, r.periods, r.firsts, r.reserved, r.charged, r.taken, r.forgets) WITH ORDINALITY
                u(account, period, first, reserved, charged, taken, forget, at)
            WHERE o.kind IN (2, 3, 5)) z
        ORDER BY z.op, z.at) y;

    IF x_cell IS NOT NULL THEN
        SELECT array_agg(y.account), array_agg(y.period), array_agg(y.charged), array_agg(y.unconfirmed), array_agg(y.overrun), array_agg(y.held),
            array_agg(y.open), array_agg(y.forget), array_agg(y.granted), array_agg(y.f), array_agg(y.t)
        INTO c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_held, c_open, c_forget, c_granted, c_from, c_to
        FROM (
            SELECT d.account, d.period, coalesce(p.charged, 0) AS charged, coalesce(p.unconfirmed, 0) AS unconfirmed, coalesce(p.overrun, 0) AS overrun,
                coalesce(p.held, 0) AS held, coalesce(p.open, 0) AS open, coalesce(p.forget_after, 0) AS forget, g.granted,
                min(d.cell) OVER w AS f, max(d.cell) OVER w AS t
            FROM (SELECT DISTINCT q.cell, q.account, q.period FROM unnest(x_cell, x_account, x_period) q(cell, account, period)) d
            LEFT JOIN {schema}.periods p ON p.ledger = p_ledger AND p.account = d.account AND p.period = d.period
            CROSS JOIN LATERAL (
                SELECT least(coalesce(sum(m.amount), 0), largest)::bigint AS granted FROM {schema}.grants m
                WHERE m.ledger = p_ledger AND m.account = d.account AND m.expires_at > now) g
            WINDOW w AS (PARTITION BY d.account)
            ORDER BY d.cell) y;
        w_charged := c_charged; w_unconfirmed := c_unconfirmed; w_overrun := c_overrun; w_held := c_held;
        c_dirty := array_fill(false, ARRAY[cardinality(c_account)]);
        count := cardinality(x_cell);
        fits := array_fill(true, ARRAY[count]);
        granted := array_fill(0::bigint, ARRAY[count]);
        b_charged := granted; b_held := granted; b_unconfirmed := granted; b_overrun := granted;
        a_charged := granted; a_held := granted; a_unconfirmed := granted; a_overrun := granted;

        SELECT array_agg(y.charged), array_agg(y.unconfirmed), array_agg(y.overrun), array_agg(y.held), array_agg(y.last)
        INTO v_charged, v_unconfirmed, v_overrun, v_held, v_last
        FROM (
            SELECT coalesce(s.charged, 0) AS charged, coalesce(s.unconfirmed, 0) AS unconfirmed, coalesce(s.overrun, 0) AS overrun, coalesce(s.held, 0) AS held, d.last
            FROM (
                SELECT DISTINCT q.view, q.account, q.first, least(q.period * 2::numeric - q.first, largest)::bigint AS last
                FROM unnest(x_view, x_account, x_first, x_period) q(view, account, first, period) WHERE q.view IS NOT NULL) d
            CROSS JOIN LATERAL (
                SELECT sum(p.held) AS held,
                    sum(p.charged) FILTER (WHERE p.period BETWEEN d.first AND d.last) AS charged,
                    sum(p.unconfirmed) FILTER (WHERE p.period BETWEEN d.first AND d.last) AS unconfirmed,
                    sum(p.overrun) FILTER (WHERE p.period BETWEEN d.first AND d.last) AS overrun
                FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = d.account) s
            ORDER BY d.view) y;
    END IF;

    status := array_fill(0::smallint, ARRAY[n]);
    counts := array_fill(0, ARRAY[n]);
    o_becomes := array_fill(NULL::smallint, ARRAY[n]);
    o_new := array_fill(false, ARRAY[n]);
    o_x := array_fill(0, ARRAY[n]);
    FOR i IN 1..n LOOP
        o_x[i] := start;
        state := k_state[i];
        count := CASE p_kind[i] WHEN 1 THEN p_lines[i] WHEN 4 THEN 0 ELSE coalesce(k_lines[i], 0) END;
        counts[i] := count;
        applies := false;
        again := false;
        admitted := true;
        shadows := true;
        becomes := NULL;
        IF p_kind[i] = 1 THEN
            -- A reservation that was released counts as new, unless it arrives after its own release.
            applies := state IS NULL OR (state = 3 AND NOT (k_instance[i] = p_instance AND p_sequence[i] < k_sequence[i]));
            IF p_settings[i] <> settings THEN
                applies := false;
                status[i] := 6;
            ELSIF NOT applies AND state = 3 THEN
                status[i] := 3;
            END IF;
        ELSIF p_kind[i] IN (2, 5) THEN
            IF state IS NULL OR state = 3 THEN
                status[i] := CASE WHEN state = 3 THEN 5 ELSE 2 END;
            ELSIF count <> p_lines[i] THEN
                status[i] := 4;
            ELSE
                applies := CASE WHEN p_kind[i] = 5 THEN coalesce(i = ANY (adjusted), false) ELSE state IN (0, 4) OR (state = 2 AND NOT p_flag[i]) END;
                again := NOT applies AND k_instance[i] = p_instance AND k_sequence[i] = p_sequence[i];
                becomes := CASE WHEN p_kind[i] = 2 AND p_flag[i] THEN 2 ELSE 1 END;
                IF applies OR again THEN
                    status[i] := 1;
                END IF;
            END IF;
        ELSIF p_kind[i] = 3 THEN
            applies := state = 0;
            becomes := 3;
            IF applies OR (state = 3 AND k_instance[i] = p_instance AND k_sequence[i] = p_sequence[i] AND count > 0) THEN
                status[i] := 1;
            END IF;
        ELSIF i = ANY (renewed) THEN
            status[i] := 1;
        END IF;

        -- A reservation first compares all its lines (phase 1), then takes them (phase 2). Other operations need one pass.
        FOR phase IN 1..2 LOOP
            EXIT WHEN status[i] = 4 OR (phase = 2 AND NOT (p_kind[i] = 1 AND applies AND admitted));
            FOR j IN 0..count - 1 LOOP
                x := start + j;
                c := x_cell[x];
                l := p_start[i] + j;
                IF phase = 2 THEN
                    fit := fits[x];
                    -- Shadow lines are taken together or not at all.
                    x_taken[x] := CASE WHEN l_mode[l] = 2 AND NOT shadows THEN 0 WHEN fit THEN 1 ELSE 2 END;
                    c_open[c] := c_open[c] + 1;
                    c_forget[c] := greatest(c_forget[c], l_forget[l]);
                    c_dirty[c] := true;
                    IF x_taken[x] <> 0 THEN
                        amount := l_amount[l];
                        c_held[c] := CASE WHEN amount > largest - c_held[c] THEN largest ELSE c_held[c] + amount END;
                        a_held[x] := CASE WHEN amount > largest - a_held[x] THEN largest ELSE a_held[x] + amount END;
                    END IF;
                    CONTINUE;
                END IF;

                -- The account before: a period, or the sum of a range with what this batch has changed in it.
                IF p_kind[i] = 1 OR p_wants[i] THEN
                    granted[x] := c_granted[c];
                    IF x_view[x] IS NULL THEN
                        b_charged[x] := c_charged[c]; b_held[x] := c_held[c]; b_unconfirmed[x] := c_unconfirmed[c]; b_overrun[x] := c_overrun[c];
                    ELSE
                        s_charged := v_charged[x_view[x]]; s_held := v_held[x_view[x]]; s_unconfirmed := v_unconfirmed[x_view[x]]; s_overrun := v_overrun[x_view[x]];
                        FOR e IN c_from[c]..c_to[c] LOOP
                            IF c_dirty[e] THEN
                                s_held := s_held + c_held[e] - w_held[e];
                                IF c_period[e] BETWEEN x_first[x] AND v_last[x_view[x]] THEN
                                    s_charged := s_charged + c_charged[e] - w_charged[e];
                                    s_unconfirmed := s_unconfirmed + c_unconfirmed[e] - w_unconfirmed[e];
                                    s_overrun := s_overrun + c_overrun[e] - w_overrun[e];
                                END IF;
                            END IF;
                        END LOOP;
                        b_charged[x] := least(s_charged, largest); b_held[x] := least(s_held, largest);
                        b_unconfirmed[x] := least(s_unconfirmed, largest); b_overrun[x] := least(s_overrun, largest);
                    END IF;
                END IF;

                IF p_kind[i] = 1 THEN
                    a_charged[x] := b_charged[x]; a_held[x] := b_held[x]; a_unconfirmed[x] := b_unconfirmed[x]; a_overrun[x] := b_overrun[x];
                    IF applies THEN
                        fit := l_limit[l] IS NULL OR b_charged[x]::numeric + b_held[x] + l_amount[l] <= l_limit[l]::numeric + c_granted[c];
                        admitted := admitted AND (fit OR l_mode[l] <> 0);
                        shadows := shadows AND (fit OR l_mode[l] <> 2);
                    ELSE
                        fit := x_taken[x] = 1;
                    END IF;
                    fits[x] := fit;
                    CONTINUE;
                END IF;

                -- The period of a line may be forgotten. Only the record of the call changes then.
                fits[x] := x_taken[x] <> 0;
                IF applies AND (c_forget[c] <> 0 OR x_forget[x] > now) THEN
                    c_dirty[c] := true;
                    IF state = 0 THEN
                        c_open[c] := c_open[c] - 1;
                        IF x_taken[x] <> 0 THEN
                            c_held[c] := greatest(0, c_held[c] - x_reserved[x]);
                        END IF;
                    END IF;
                    IF p_kind[i] <> 3 AND x_taken[x] <> 0 THEN
                        amount := l_amount[l];
                        was := x_charged[x];
                        wasUnconfirmed := state IN (2, 4);
                        c_charged[c] := greatest(0, c_charged[c] - was);
                        c_charged[c] := CASE WHEN amount > largest - c_charged[c] THEN largest ELSE c_charged[c] + amount END;
                        IF wasUnconfirmed THEN
                            c_unconfirmed[c] := greatest(0, c_unconfirmed[c] - was);
                        END IF;
                        IF becomes = 2 THEN
                            c_unconfirmed[c] := CASE WHEN amount > largest - c_unconfirmed[c] THEN largest ELSE c_unconfirmed[c] + amount END;
                        END IF;
                        IF was > x_reserved[x] THEN
                            c_overrun[c] := greatest(0, c_overrun[c] - (was - x_reserved[x]));
                        END IF;
                        IF amount > x_reserved[x] THEN
                            amount := amount - x_reserved[x];
                            c_overrun[c] := CASE WHEN amount > largest - c_overrun[c] THEN largest ELSE c_overrun[c] + amount END;
                        END IF;
                        x_charged[x] := l_amount[l];
                        c_forget[c] := greatest(c_forget[c], x_forget[x]);
                    END IF;
                ELSIF applies AND p_kind[i] <> 3 AND x_taken[x] <> 0 THEN
                    x_charged[x] := l_amount[l];
                END IF;
                IF NOT p_wants[i] THEN
                    CONTINUE;
                END IF;

                IF x_view[x] IS NULL THEN
                    a_charged[x] := c_charged[c]; a_held[x] := c_held[c]; a_unconfirmed[x] := c_unconfirmed[c]; a_overrun[x] := c_overrun[c];
                ELSE
                    s_charged := v_charged[x_view[x]]; s_held := v_held[x_view[x]]; s_unconfirmed := v_unconfirmed[x_view[x]]; s_overrun := v_overrun[x_view[x]];
                    FOR e IN c_from[c]..c_to[c] LOOP
                        IF c_dirty[e] THEN
                            s_held := s_held + c_held[e] - w_held[e];
                            IF c_period[e] BETWEEN x_first[x] AND v_last[x_view[x]] THEN
                                s_charged := s_charged + c_charged[e] - w_charged[e];
                                s_unconfirmed := s_unconfirmed + c_unconfirmed[e] - w_unconfirmed[e];
                                s_overrun := s_overrun + c_overrun[e] - w_overrun[e];
                            END IF;
                        END IF;
                    END LOOP;
                    a_charged[x] := least(s_charged, largest); a_held[x] := least(s_held, largest);
                    a_unconfirmed[x] := least(s_unconfirmed, largest); a_overrun[x] := least(s_overrun, largest);
                END IF;
                IF again AND x_taken[x] <> 0 THEN
                    b_charged[x] := greatest(0, b_charged[x] - x_charged[x]);
                    b_held[x] := CASE WHEN x_reserved[x] > largest - b_held[x] THEN largest ELSE b_held[x] + x_reserved[x] END;
                END IF;
            END LOOP;
        END LOOP;

        IF p_kind[i] = 1 THEN
            IF applies AND admitted THEN
                o_new[i] := true;
                created := created + 1;
            END IF;
            IF admitted AND status[i] NOT IN (3, 6) THEN
                status[i] := 1;
            END IF;
        ELSIF applies THEN
            o_becomes[i] := becomes;
        END IF;
        start := start + count;
    END LOOP;

    IF c_account IS NOT NULL THEN
        INSERT INTO {schema}.periods AS p (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
        SELECT p_ledger, d.account, d.period, d.charged, d.unconfirmed, d.overrun, d.held, d.open, d.forget
        FROM unnest(c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_held, c_open, c_forget, c_dirty)
            d(account, period, charged, unconfirmed, overrun, held, open, forget, dirty)
        WHERE d.dirty AND (d.charged <> 0 OR d.unconfirmed <> 0 OR d.overrun <> 0 OR d.open <> 0)
        ON CONFLICT (ledger, account, period) DO UPDATE SET
            charged = excluded.charged, unconfirmed = excluded.unconfirmed, overrun = excluded.overrun, held = excluded.held, open = excluded.open,
            forget_after = excluded.forget_after;
        DELETE FROM {schema}.periods p
        USING unnest(c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_open, c_dirty) d(account, period, charged, unconfirmed, overrun, open, dirty)
        WHERE d.dirty AND d.charged = 0 AND d.unconfirmed = 0 AND d.overrun = 0 AND d.open = 0
            AND p.ledger = p_ledger AND p.account = d.account AND p.period = d.period;
        IF FOUND OR cardinality(loose) > 0 THEN
            -- An account without periods, as after a refusal, leaves no row.
            DELETE FROM {schema}.accounts a
            WHERE a.ledger = p_ledger AND a.id = ANY (loose || ARRAY(
                    SELECT d.account FROM unnest(c_account, c_charged, c_open, c_dirty) d(account, charged, open, dirty) WHERE d.dirty AND d.charged = 0 AND d.open = 0))
                AND NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id);
        END IF;
        changed := ARRAY(SELECT DISTINCT d.account FROM unnest(c_account, c_dirty) d(account, dirty) WHERE d.dirty);
    END IF;

    IF created > 0 THEN
        INSERT INTO {schema}.reservations AS r (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, closed_at, keep_until,
            accounts, names, periods, firsts, reserved, taken, forgets, charged, call, settlement)
        SELECT p_ledger, o.call_id, o.attempt, o.owner, 0, p_instance, o.sequence, coalesce(o.at, now),
            least(now::numeric + o.lease, 3155378975999999999)::bigint, NULL, greatest(o.keep, now),
            l_account[o.start : o.start + o.lines - 1], l_name[o.start : o.start + o.lines - 1], l_period[o.start : o.start + o.lines - 1],
            l_first[o.start : o.start + o.lines - 1], l_amount[o.start : o.start + o.lines - 1], coalesce(x_taken[o.x : o.x + o.lines - 1], '{}'),
            l_forget[o.start : o.start + o.lines - 1], array_fill(0::bigint, ARRAY[o.lines]), o.text::jsonb, NULL
        FROM unnest(o_new, p_call, p_attempt, p_owner, p_sequence, p_at, p_number, p_keep, p_text, p_start, p_lines, o_x)
            o(created, call_id, attempt, owner, sequence, at, lease, keep, text, start, lines, x)
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

    UPDATE {schema}.reservations r SET
        state = o.becomes, instance = p_instance, sequence = o.sequence, closed_at = now, keep_until = greatest(r.keep_until, now + hour),
        charged = coalesce(x_charged[o.x : o.x + o.count - 1], '{}'),
        settlement = CASE WHEN o.kind = 2 THEN coalesce(o.text::jsonb, r.settlement) ELSE r.settlement END
    FROM unnest(o_becomes, p_kind, p_call, p_attempt, p_owner, p_sequence, p_text, o_x, counts) o(becomes, kind, call_id, attempt, owner, sequence, text, x, count)
    WHERE o.becomes IS NOT NULL AND r.ledger = p_ledger AND r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner;

    -- The reservation of an unknown release may arrive later, if its connection was lost. It must not be taken then.
    INSERT INTO {schema}.reservations (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, closed_at, keep_until,
        accounts, names, periods, firsts, reserved, taken, forgets, charged)
    SELECT p_ledger, o.call_id, o.attempt, o.owner, 3, p_instance, o.sequence, now, now, now, now + hour / 6, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'
    FROM unnest(p_kind, k_state, p_call, p_attempt, p_owner, p_sequence) o(kind, state, call_id, attempt, owner, sequence)
    WHERE o.kind = 3 AND o.state IS NULL
    ON CONFLICT DO NOTHING;
END
$$;
