-- Version 2. Records of attempts that no reservation of the ledger describes: refusals, and attempts of other ledgers. The columns are those
-- of reservations, as far as they are needed. refused: for how many refusals the record stands.
CREATE TABLE {schema}.history (
    ledger integer NOT NULL,
    call_id uuid NOT NULL,
    attempt integer NOT NULL,
    owner text NOT NULL,
    state smallint NOT NULL,
    reserved_at bigint NOT NULL,
    keep_until bigint NOT NULL,
    call jsonb NOT NULL,
    settlement jsonb,
    refusal jsonb,
    refused bigint NOT NULL,
    names text[] NOT NULL,
    reserved bigint[] NOT NULL,
    taken smallint[] NOT NULL,
    charged bigint[] NOT NULL,
    PRIMARY KEY (ledger, call_id, attempt, owner)
);
CREATE INDEX history_at ON {schema}.history (ledger, reserved_at);
CREATE INDEX history_keep ON {schema}.history (ledger, keep_until);
CREATE INDEX history_refused ON {schema}.history (ledger, reserved_at) WHERE state = 5;

-- Deletes a part of what no longer counts, and of the oldest refusals if there are more than p_refusals (not counted if it is null).
-- Returns true if there may be more.
CREATE FUNCTION {schema}.clean_2(p_ledger integer, p_now bigint, p_most integer, p_refusals bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    now bigint := coalesce(p_now, {schema}.ticks());
    first bigint;
    has_more boolean := {schema}.clean_1(p_ledger, p_now, p_most);
    deleted integer;
BEGIN
    DELETE FROM {schema}.history h WHERE h.ctid = ANY (ARRAY(
        SELECT d.ctid FROM {schema}.history d WHERE d.ledger = p_ledger AND d.keep_until <= now ORDER BY d.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    has_more := has_more OR deleted >= p_most;
    IF p_refusals IS NOT NULL THEN
        SELECT d.reserved_at INTO first FROM {schema}.history d WHERE d.ledger = p_ledger AND d.state = 5 ORDER BY d.reserved_at DESC OFFSET p_refusals - 1 LIMIT 1;
        DELETE FROM {schema}.history h WHERE h.ctid = ANY (ARRAY(
            SELECT d.ctid FROM {schema}.history d WHERE d.ledger = p_ledger AND d.state = 5 AND d.reserved_at < first LIMIT p_most FOR UPDATE SKIP LOCKED));
        GET DIAGNOSTICS deleted = ROW_COUNT;
        has_more := has_more OR deleted >= p_most;
    END IF;
    RETURN has_more;
END
$$;
