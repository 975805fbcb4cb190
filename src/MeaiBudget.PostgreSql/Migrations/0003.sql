-- Version 3. Slices: reservations with one line that are charged and held in parts, by exchanges.
-- slice is what exchanges have charged, which is part of the period's charge; null for other reservations. The row's sequence is that of the
-- last exchange. wanted_until: until when a slice of the account wants more than it got.
ALTER TABLE {schema}.reservations ADD COLUMN slice bigint;
ALTER TABLE {schema}.accounts ADD COLUMN wanted_until bigint NOT NULL DEFAULT 0;

-- Applies an exchange, and returns the state of each slice and of its account. The arrays have an element for each slice.
--   p_charged what is charged against the slice so far, p_lease its lease in ticks, p_at when it was last confirmed, l_wanted what it shall hold
--   p_unknown how long ago a slice that is not known may have been confirmed; l_mode 0 enforce, 1 record, 2 shadow
CREATE FUNCTION {schema}.exchange_1(
    p_ledger integer, p_now bigint, p_instance uuid, p_sequence bigint, p_unknown bigint,
    p_call uuid[], p_attempt integer[], p_owner text[], p_charged bigint[], p_lease bigint[], p_at bigint[],
    l_account uuid[], l_name text[], l_period bigint[], l_first bigint[], l_wanted bigint[], l_limit bigint[], l_mode smallint[], l_forget bigint[])
RETURNS TABLE (
    o_version bigint, o_open boolean, o_charged bigint, o_held bigint, o_wanted boolean,
    a_charged bigint, a_held bigint, a_unconfirmed bigint, a_overrun bigint, a_granted bigint)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    largest CONSTANT bigint := 9223372036854775807;
    hour CONSTANT bigint := 36000000000;
    now bigint; ids uuid[]; names text[]; locked integer; i integer; isKnown boolean; hasCell boolean; applies boolean; isOpen boolean;
    k_state smallint; k_sequence bigint; was bigint; hold bigint; rest bigint; fits numeric;
    c_charged bigint; c_unconfirmed bigint; c_held bigint; c_open bigint;
    s_charged numeric; s_held numeric; s_unconfirmed numeric; s_overrun numeric; granted numeric;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    SELECT array_agg(a.id), array_agg(a.name) INTO ids, names
    FROM (SELECT DISTINCT ON (q.id) q.id, q.name FROM unnest(l_account, l_name) q(id, name) ORDER BY q.id) a;
    FOR attempt IN 1..5 LOOP
        INSERT INTO {schema}.accounts (ledger, id, name)
        SELECT p_ledger, q.id, q.name FROM unnest(ids, names) WITH ORDINALITY q(id, name, at)
        WHERE NOT EXISTS (SELECT 1 FROM {schema}.accounts b WHERE b.ledger = p_ledger AND b.id = q.id)
        ORDER BY q.at ON CONFLICT DO NOTHING;
        PERFORM 1 FROM {schema}.accounts a WHERE a.ledger = p_ledger AND a.id = ANY (ids) ORDER BY a.id FOR NO KEY UPDATE;
        GET DIAGNOSTICS locked = ROW_COUNT;
        EXIT WHEN locked = cardinality(ids);
        IF attempt = 5 THEN
            RAISE EXCEPTION 'The accounts of the exchange changed again and again while it waited for them.' USING ERRCODE = '40001';
        END IF;
    END LOOP;

    now := coalesce(p_now, {schema}.ticks());
    SELECT coalesce(max(s.version), 0) INTO o_version FROM {schema}.settings_versions s WHERE s.ledger = p_ledger;

    FOR i IN 1..cardinality(p_call) LOOP
        SELECT r.state, r.sequence, coalesce(r.slice, 0), CASE r.state WHEN 0 THEN r.reserved[1] WHEN 4 THEN r.charged[1] ELSE 0 END
        INTO k_state, k_sequence, was, hold
        FROM {schema}.reservations r
        WHERE r.ledger = p_ledger AND r.call_id = p_call[i] AND r.attempt = p_attempt[i] AND r.owner = p_owner[i] FOR UPDATE;
        isKnown := FOUND;
        SELECT p.charged, p.unconfirmed, p.held, p.open INTO c_charged, c_unconfirmed, c_held, c_open
        FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = l_account[i] AND p.period = l_period[i];
        hasCell := FOUND;
        IF NOT hasCell THEN
            c_charged := 0; c_unconfirmed := 0; c_held := 0; c_open := 0;
        END IF;

        IF NOT isKnown THEN
            applies := p_charged[i] = 0 OR p_at[i] > now - p_unknown;
            was := 0; hold := 0; k_state := NULL;
        ELSE
            applies := k_state NOT IN (2, 3) AND p_sequence > k_sequence AND (k_state = 0 OR hasCell OR l_forget[i] > now);
        END IF;
        isOpen := isKnown AND k_state = 0;

        IF applies THEN
            IF k_state = 4 THEN
                -- The end of the lease charged what the slice held. It holds that again.
                c_charged := greatest(0, c_charged - hold);
                c_unconfirmed := greatest(0, c_unconfirmed - hold);
                c_held := least(c_held::numeric + hold, largest)::bigint;
            END IF;
            IF k_state IS NULL OR k_state = 4 THEN
                c_open := c_open + 1;
            END IF;

            c_charged := least(greatest(0, c_charged - was)::numeric + p_charged[i], largest)::bigint;
            rest := greatest(0, hold - greatest(0, p_charged[i] - was));
            c_held := greatest(0, c_held - hold) + rest;
            was := p_charged[i];
            INSERT INTO {schema}.periods AS p (ledger, account, period, charged, unconfirmed, overrun, held, open, forget_after)
            VALUES (p_ledger, l_account[i], l_period[i], c_charged, c_unconfirmed, 0, c_held, c_open, l_forget[i])
            ON CONFLICT (ledger, account, period) DO UPDATE SET
                charged = excluded.charged, unconfirmed = excluded.unconfirmed, held = excluded.held, open = excluded.open,
                forget_after = greatest(p.forget_after, excluded.forget_after);
            hold := rest;
        ELSIF NOT isOpen THEN
            hold := 0;
        END IF;

        SELECT coalesce(sum(p.charged) FILTER (WHERE p.period >= l_first[i] AND p.period <= l_period[i] * 2::numeric - l_first[i]), 0), coalesce(sum(p.held), 0),
            coalesce(sum(p.unconfirmed) FILTER (WHERE p.period >= l_first[i] AND p.period <= l_period[i] * 2::numeric - l_first[i]), 0),
            coalesce(sum(p.overrun) FILTER (WHERE p.period >= l_first[i] AND p.period <= l_period[i] * 2::numeric - l_first[i]), 0)
        INTO s_charged, s_held, s_unconfirmed, s_overrun
        FROM {schema}.periods p
        WHERE p.ledger = p_ledger AND p.account = l_account[i]
            AND p.period >= CASE WHEN l_first[i] = l_period[i] THEN l_period[i] ELSE -9223372036854775808 END
            AND p.period <= CASE WHEN l_first[i] = l_period[i] THEN l_period[i] ELSE largest END;
        SELECT coalesce(sum(m.amount), 0) INTO granted FROM {schema}.grants m
        WHERE m.ledger = p_ledger AND m.account = l_account[i] AND m.expires_at > now;

        IF applies THEN
            IF k_state = 1 THEN
                hold := 0;
            ELSE
                fits := CASE WHEN l_limit[i] IS NULL OR l_mode[i] = 1 THEN largest
                    ELSE trunc((l_limit[i] + least(granted, largest) - least(s_charged, largest)) / 2) - (least(s_held, largest) - rest) END;
                hold := least(l_wanted[i], greatest(rest, fits))::bigint;
                s_held := s_held - rest + hold;
                isOpen := l_wanted[i] > 0;
                UPDATE {schema}.periods p SET held = least(p.held::numeric - rest + hold, largest)::bigint, open = p.open - CASE WHEN isOpen THEN 0 ELSE 1 END
                WHERE p.ledger = p_ledger AND p.account = l_account[i] AND p.period = l_period[i];
                IF hold < l_wanted[i] - hold THEN
                    UPDATE {schema}.accounts a SET wanted_until = now + 20000000 WHERE a.ledger = p_ledger AND a.id = l_account[i];
                END IF;
            END IF;

            -- Nothing of a later correction is overrun.
            INSERT INTO {schema}.reservations AS r (ledger, call_id, attempt, owner, state, instance, sequence, reserved_at, lease_until, closed_at, keep_until,
                accounts, names, periods, firsts, reserved, taken, forgets, charged, slice)
            VALUES (p_ledger, p_call[i], p_attempt[i], p_owner[i], CASE WHEN isOpen THEN 0 ELSE 1 END, p_instance, p_sequence, now,
                least(now::numeric + p_lease[i], 3155378975999999999)::bigint, CASE WHEN isOpen THEN NULL ELSE now END, greatest(l_forget[i], now + hour),
                ARRAY[l_account[i]], ARRAY[l_name[i]], ARRAY[l_period[i]], ARRAY[l_first[i]], ARRAY[CASE WHEN isOpen THEN hold ELSE largest END], ARRAY[1::smallint],
                ARRAY[l_forget[i]], ARRAY[CASE WHEN isOpen THEN 0 ELSE was END], was)
            ON CONFLICT (ledger, call_id, attempt, owner) DO UPDATE SET
                state = excluded.state, sequence = excluded.sequence, lease_until = excluded.lease_until, closed_at = excluded.closed_at,
                reserved = excluded.reserved, charged = excluded.charged, slice = excluded.slice, firsts = excluded.firsts;
            IF NOT isOpen THEN
                DELETE FROM {schema}.periods p
                WHERE p.ledger = p_ledger AND p.account = l_account[i] AND p.period = l_period[i] AND p.charged = 0 AND p.unconfirmed = 0 AND p.overrun = 0 AND p.open = 0;
            END IF;
        END IF;

        o_open := isOpen;
        o_charged := was;
        o_held := hold;
        SELECT coalesce(max(a.wanted_until), 0) > now INTO o_wanted FROM {schema}.accounts a WHERE a.ledger = p_ledger AND a.id = l_account[i];
        a_charged := least(s_charged, largest)::bigint;
        a_held := least(s_held, largest)::bigint;
        a_unconfirmed := least(s_unconfirmed, largest)::bigint;
        a_overrun := least(s_overrun, largest)::bigint;
        a_granted := least(granted, largest)::bigint;
        RETURN NEXT;
    END LOOP;

    -- An account without periods leaves no row.
    DELETE FROM {schema}.accounts a
    WHERE a.ledger = p_ledger AND a.id = ANY (ids)
        AND NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id);
END
$$;
