-- Version 4. Adjustments of accounts: rows of adjustments whose call_id is their own id, and whose owner is "account", the period and the name.

-- Adds a signed amount to what an account was charged in a period. o_status is 1 if it was applied, 0 if its id is known or the charge would
-- become negative, 2 if the account has neither a charge nor an open reservation in the period.
CREATE FUNCTION {schema}.adjust_account_1(
    p_ledger integer, p_now bigint, p_id uuid, p_owner text, p_account uuid, p_period bigint, p_amount bigint, p_reason text,
    OUT o_status smallint, OUT o_granted bigint, OUT b_charged bigint, OUT b_held bigint, OUT b_unconfirmed bigint, OUT b_overrun bigint,
    OUT a_charged bigint, OUT a_unconfirmed bigint, OUT a_overrun bigint)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    largest CONSTANT bigint := 9223372036854775807;
    now bigint; opened bigint;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- All operations on an account lock its row first.
    PERFORM 1 FROM {schema}.accounts a WHERE a.ledger = p_ledger AND a.id = p_account FOR NO KEY UPDATE;
    now := coalesce(p_now, {schema}.ticks());
    SELECT p.charged, p.held, p.unconfirmed, p.overrun, p.open INTO b_charged, b_held, b_unconfirmed, b_overrun, opened
    FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = p_account AND p.period = p_period;
    IF NOT FOUND OR (b_charged = 0 AND opened = 0) THEN
        o_status := 2;
        RETURN;
    END IF;

    SELECT least(coalesce(sum(m.amount), 0), largest)::bigint INTO o_granted FROM {schema}.grants m
    WHERE m.ledger = p_ledger AND m.account = p_account AND m.expires_at > now;
    o_status := 0;
    a_charged := b_charged; a_unconfirmed := b_unconfirmed; a_overrun := b_overrun;
    IF b_charged::numeric + p_amount < 0 THEN
        RETURN;
    END IF;

    INSERT INTO {schema}.adjustments (ledger, id, call_id, attempt, owner, amounts, adjusted_at, reason)
    VALUES (p_ledger, p_id, p_id, 1, p_owner, ARRAY[p_amount], now, p_reason) ON CONFLICT DO NOTHING;
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
