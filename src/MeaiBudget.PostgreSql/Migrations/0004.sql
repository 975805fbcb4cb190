-- Version 4. Adjustments of accounts: rows of adjustments whose call_id is their own id, and whose owner is "account", the period and the name.
-- They have the operation that added them, so that its repetition receives the same answer.
ALTER TABLE {schema}.adjustments ADD COLUMN instance uuid, ADD COLUMN sequence bigint;

-- Adds a signed amount to what an account was charged in a period. o_status is 1 if it was applied, 0 if its id is known or the charge would
-- become negative, 2 if the account has neither a charge nor an open reservation in the period.
CREATE FUNCTION {schema}.adjust_account_1(
    p_ledger integer, p_now bigint, p_instance uuid, p_sequence bigint, p_id uuid, p_owner text, p_account uuid, p_period bigint, p_amount bigint, p_reason text,
    OUT o_status smallint, OUT o_granted bigint, OUT b_charged bigint, OUT b_held bigint, OUT b_unconfirmed bigint, OUT b_overrun bigint,
    OUT a_charged bigint, OUT a_unconfirmed bigint, OUT a_overrun bigint)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    largest CONSTANT bigint := 9223372036854775807;
    now bigint; opened bigint; isKnown boolean; isAgain boolean;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- All operations on an account lock its row first.
    PERFORM 1 FROM {schema}.accounts a WHERE a.ledger = p_ledger AND a.id = p_account FOR NO KEY UPDATE;
    now := coalesce(p_now, {schema}.ticks());
    SELECT p.charged, p.held, p.unconfirmed, p.overrun, p.open INTO b_charged, b_held, b_unconfirmed, b_overrun, opened
    FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = p_account AND p.period = p_period;
    IF NOT FOUND THEN
        b_charged := 0; b_held := 0; b_unconfirmed := 0; b_overrun := 0; opened := 0;
    END IF;
    SELECT j.instance = p_instance AND j.sequence = p_sequence INTO isAgain FROM {schema}.adjustments j WHERE j.ledger = p_ledger AND j.id = p_id;
    isKnown := FOUND;
    IF NOT isKnown AND b_charged = 0 AND opened = 0 THEN
        o_status := 2;
        RETURN;
    END IF;

    SELECT least(coalesce(sum(m.amount), 0), largest)::bigint INTO o_granted FROM {schema}.grants m
    WHERE m.ledger = p_ledger AND m.account = p_account AND m.expires_at > now;
    o_status := 0;
    a_charged := b_charged; a_unconfirmed := b_unconfirmed; a_overrun := b_overrun;
    IF isKnown THEN
        IF isAgain THEN
            o_status := 1;
            b_charged := least(greatest(0, b_charged::numeric - p_amount), largest)::bigint;
        END IF;
        RETURN;
    END IF;
    IF b_charged::numeric + p_amount < 0 THEN
        RETURN;
    END IF;

    -- Another account's adjustment may have the same id.
    INSERT INTO {schema}.adjustments (ledger, id, call_id, attempt, owner, amounts, adjusted_at, reason, instance, sequence)
    VALUES (p_ledger, p_id, p_id, 1, p_owner, ARRAY[p_amount], now, p_reason, p_instance, p_sequence) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    o_status := 1;
    a_charged := least(b_charged::numeric + p_amount, largest)::bigint;
    a_unconfirmed := least(b_unconfirmed, a_charged);
    a_overrun := least(b_overrun, a_charged);
    IF a_charged = 0 AND opened = 0 THEN
        DELETE FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = p_account AND p.period = p_period;
        DELETE FROM {schema}.accounts a
        WHERE a.ledger = p_ledger AND a.id = p_account
            AND NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id);
    ELSE
        UPDATE {schema}.periods p SET charged = a_charged, unconfirmed = a_unconfirmed, overrun = a_overrun
        WHERE p.ledger = p_ledger AND p.account = p_account AND p.period = p_period;
    END IF;
END
$$;

-- A charge is replaced by its difference, and stops at zero only after that: an adjustment may have lowered the account below the earlier
-- charge. What is unconfirmed or overrun stays within the charge. Only these lines of the functions change; if one is not found, the
-- migration fails.
DO $migration$
DECLARE
    change record;
    before text; after text;
BEGIN
    FOR change IN
        SELECT * FROM (VALUES
            ('apply_1', 'c_charged[c] := greatest(0, c_charged[c] - was);', 'c_charged[c] := c_charged[c] - was;'),
            ('apply_1',
                'c_charged[c] := CASE WHEN amount > largest - c_charged[c] THEN largest ELSE c_charged[c] + amount END;',
                'c_charged[c] := CASE WHEN c_charged[c] > 0 AND amount > largest - c_charged[c] THEN largest ELSE greatest(0, c_charged[c] + amount) END;'),
            ('apply_1', 'c_unconfirmed[c] := greatest(0, c_unconfirmed[c] - was);', 'c_unconfirmed[c] := c_unconfirmed[c] - was;'),
            ('apply_1',
                'c_unconfirmed[c] := CASE WHEN amount > largest - c_unconfirmed[c] THEN largest ELSE c_unconfirmed[c] + amount END;',
                'c_unconfirmed[c] := CASE WHEN c_unconfirmed[c] > 0 AND amount > largest - c_unconfirmed[c] THEN largest ELSE c_unconfirmed[c] + amount END;'),
            ('apply_1', 'c_overrun[c] := greatest(0, c_overrun[c] - (was - x_reserved[x]));', 'c_overrun[c] := c_overrun[c] - (was - x_reserved[x]);'),
            ('apply_1',
                'c_overrun[c] := CASE WHEN amount > largest - c_overrun[c] THEN largest ELSE c_overrun[c] + amount END;',
                'c_overrun[c] := CASE WHEN c_overrun[c] > 0 AND amount > largest - c_overrun[c] THEN largest ELSE c_overrun[c] + amount END;'),
            ('apply_1',
                'c_forget[c] := greatest(c_forget[c], x_forget[x]);
                    END IF;
                ELSIF',
                'c_forget[c] := greatest(c_forget[c], x_forget[x]);
                        c_unconfirmed[c] := least(greatest(0, c_unconfirmed[c]), c_charged[c]);
                        c_overrun[c] := least(greatest(0, c_overrun[c]), c_charged[c]);
                    END IF;
                ELSIF'),
            ('exchange_1', 'c_charged := greatest(0, c_charged - hold);', 'c_charged := c_charged - hold;'),
            ('exchange_1',
                'c_charged := least(greatest(0, c_charged - was)::numeric + p_charged[i], largest)::bigint;',
                'c_charged := least(greatest(0, c_charged::numeric - was + p_charged[i]), largest)::bigint;
            c_unconfirmed := least(c_unconfirmed, c_charged);'),
            ('exchange_1', 'unconfirmed = excluded.unconfirmed, held', 'unconfirmed = excluded.unconfirmed, overrun = least(p.overrun, excluded.charged), held')
        ) changes(name, old, new)
    LOOP
        before := pg_get_functiondef(('{schema}.' || change.name)::regproc);
        after := replace(before, change.old, change.new);
        IF after = before THEN
            RAISE EXCEPTION 'The function % lacks "%".', change.name, change.old;
        END IF;
        EXECUTE after;
    END LOOP;
END
$migration$;
