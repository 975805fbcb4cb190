-- Version 6. Pages by spend from an index, and functions whose plans are good whatever the tables held when the plans were made.
--
-- size is a coarse logarithm of what was charged: two steps from one power of two to the next. The index is read from the largest size on
-- until a page is full, and only what has the same size is sorted. It changes with few operations: a period whose charge grows a
-- thousandfold changes its size 20 times. Its first columns are expressions, so that no function looks up an account's period by it.
ALTER TABLE {schema}.periods ADD COLUMN size smallint GENERATED ALWAYS AS (width_bucket(charged, '{
        1,2,3,4,6,8,12,16,24,32,48,64,96,128,192,256,384,512,768,1024,1536,2048,3072,4096,6144,8192,12288,16384,24576,32768,49152,65536,
        98304,131072,196608,262144,393216,524288,786432,1048576,1572864,2097152,3145728,4194304,6291456,8388608,12582912,16777216,
        25165824,33554432,50331648,67108864,100663296,134217728,201326592,268435456,402653184,536870912,805306368,1073741824,1610612736,
        2147483648,3221225472,4294967296,6442450944,8589934592,12884901888,17179869184,25769803776,34359738368,51539607552,68719476736,
        103079215104,137438953472,206158430208,274877906944,412316860416,549755813888,824633720832,1099511627776,1649267441664,
        2199023255552,3298534883328,4398046511104,6597069766656,8796093022208,13194139533312,17592186044416,26388279066624,35184372088832,
        52776558133248,70368744177664,105553116266496,140737488355328,211106232532992,281474976710656,422212465065984,562949953421312,
        844424930131968,1125899906842624,1688849860263936,2251799813685248,3377699720527872,4503599627370496,6755399441055744,
        9007199254740992,13510798882111488,18014398509481984,27021597764222976,36028797018963968,54043195528445952,72057594037927936,
        108086391056891904,144115188075855872,216172782113783808,288230376151711744,432345564227567616,576460752303423488,
        864691128455135232,1152921504606846976,1729382256910270464,2305843009213693952,3458764513820540928,4611686018427387904,
        6917529027641081856}'::bigint[])) STORED;
CREATE INDEX periods_size ON {schema}.periods ((ledger + 0), (period + 0), size);

-- A session keeps the plans of a function. While a table has one page, the planner believes that it is as cheap to read the whole table as to
-- look up a row, and another process may fill the table in seconds. Therefore rows are looked up in subqueries that depend on what is
-- looked up, which cannot be planned otherwise, and changed where they were found (ctid): if another process has changed a row since, the
-- batch is repeated. The ledger is compared in a way that no index serves, as in version 5. Only these parts of the functions change; if one
-- is not found, the migration fails.
DO $migration$
DECLARE
    change record;
    before text; after text;
BEGIN
    FOR change IN
        SELECT * FROM (VALUES
            (1, 'apply_2',
                'k_taken smallint[];',
                'k_taken smallint[]; k_place tid[]; closings integer := 0;'),
            (2, 'apply_2',
                'LEFT JOIN {schema}.reservations r ON r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger',
                'LEFT JOIN LATERAL (SELECT x.*, x.ctid AS place FROM {schema}.reservations x WHERE x.call_id = o.call_id AND x.attempt = o.attempt AND x.owner = o.owner AND x.ledger IS NOT DISTINCT FROM p_ledger OFFSET 0) r ON true'),
            (3, 'apply_2',
                'JOIN {schema}.reservations r ON r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger',
                'CROSS JOIN LATERAL (SELECT x.accounts, x.names FROM {schema}.reservations x WHERE x.call_id = o.call_id AND x.attempt = o.attempt AND x.owner = o.owner AND x.ledger IS NOT DISTINCT FROM p_ledger OFFSET 0) r'),
            (4, 'apply_2',
                'array_agg(y.lines) FILTER (WHERE y.is_first),',
                'array_agg(y.lines) FILTER (WHERE y.is_first), array_agg(y.place) FILTER (WHERE y.is_first),'),
            (5, 'apply_2',
                'INTO k_state, k_instance, k_sequence, k_lines, z_cell',
                'INTO k_state, k_instance, k_sequence, k_lines, k_place, z_cell'),
            (6, 'apply_2',
                'NULL::integer AS lines,',
                'NULL::integer AS lines, NULL::tid AS place,'),
            (7, 'apply_2',
                'r.sequence, cardinality(r.accounts),',
                'r.sequence, cardinality(r.accounts), r.place,'),
            (8, 'apply_2',
                'LEFT JOIN {schema}.periods p ON p.account = d.account AND p.period = d.period AND p.ledger IS NOT DISTINCT FROM p_ledger',
                'LEFT JOIN LATERAL (SELECT x.* FROM {schema}.periods x WHERE x.account = d.account AND x.period = d.period AND x.ledger IS NOT DISTINCT FROM p_ledger OFFSET 0) p ON true'),
            (9, 'apply_2',
                'NOT EXISTS (SELECT 1 FROM {schema}.accounts b WHERE b.id = n.id AND b.ledger IS NOT DISTINCT FROM p_ledger)',
                '(SELECT b.id FROM {schema}.accounts b WHERE b.id = n.id AND b.ledger IS NOT DISTINCT FROM p_ledger) IS NULL'),
            (10, 'apply_2',
                'unnest(p_kind, p_call, p_attempt, p_owner, p_number) WITH ORDINALITY q(kind, call_id, attempt, owner, lease, op)
                WHERE q.kind = 4 OFFSET 0) o
            WHERE r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger AND r.state = 0',
                'unnest(p_kind, p_call, p_attempt, p_owner, p_number, k_place, k_state) WITH ORDINALITY q(kind, call_id, attempt, owner, lease, place, state, op)
                WHERE q.kind = 4 AND q.state = 0 OFFSET 0) o
            WHERE r.ctid = o.place AND r.call_id IS NOT DISTINCT FROM o.call_id AND r.attempt IS NOT DISTINCT FROM o.attempt
                AND r.owner IS NOT DISTINCT FROM o.owner AND r.state = 0'),
            (11, 'apply_2',
                'SELECT array_agg(done.op) INTO renewed FROM done;',
                'SELECT array_agg(done.op) INTO renewed FROM done;
        IF coalesce(cardinality(renewed), 0) <> (SELECT count(*) FROM unnest(p_kind, k_state) q(kind, state) WHERE q.kind = 4 AND q.state = 0) THEN
            RAISE EXCEPTION ''Another process changed a reservation of the batch.'' USING ERRCODE = ''40001'';
        END IF;'),
            (12, 'apply_2',
                'closed := true;',
                'closed := true;
                closings := closings + 1;'),
            (13, 'apply_2',
                'p_sequence, p_text, o_z, o_count) q(becomes, kind, call_id, attempt, owner, sequence, text, z, count)',
                'p_sequence, p_text, o_z, o_count, k_place)
                q(becomes, kind, call_id, attempt, owner, sequence, text, z, count, place)'),
            (14, 'apply_2',
                'WHERE q.becomes IS NOT NULL OFFSET 0) o
        WHERE r.call_id = o.call_id AND r.attempt = o.attempt AND r.owner = o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger;',
                'WHERE q.becomes IS NOT NULL OFFSET 0) o
        WHERE r.ctid = o.place AND r.call_id IS NOT DISTINCT FROM o.call_id AND r.attempt IS NOT DISTINCT FROM o.attempt
            AND r.owner IS NOT DISTINCT FROM o.owner AND r.ledger IS NOT DISTINCT FROM p_ledger;
        GET DIAGNOSTICS stored = ROW_COUNT;
        IF stored <> closings THEN
            RAISE EXCEPTION ''Another process changed a reservation of the batch.'' USING ERRCODE = ''40001'';
        END IF;'),
            (15, 'apply_2',
                'DELETE FROM {schema}.periods p
        USING (
            SELECT q.* FROM unnest(c_account, c_period, c_charged, c_unconfirmed, c_overrun, c_open, c_dirty)
                q(account, period, charged, unconfirmed, overrun, open, dirty)
            WHERE q.dirty AND q.charged = 0 AND q.unconfirmed = 0 AND q.overrun = 0 AND q.open = 0 OFFSET 0) d
        WHERE p.account = d.account AND p.period = d.period AND p.ledger IS NOT DISTINCT FROM p_ledger;',
                'FOR c IN 1..cardinality(c_account) LOOP
            IF c_dirty[c] AND c_charged[c] = 0 AND c_unconfirmed[c] = 0 AND c_overrun[c] = 0 AND c_open[c] = 0 THEN
                DELETE FROM {schema}.periods p WHERE p.account = c_account[c] AND p.period = c_period[c] AND p.ledger IS NOT DISTINCT FROM p_ledger;
            END IF;
        END LOOP;'),
            (16, 'apply_2',
                'NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.account = a.id AND p.ledger IS NOT DISTINCT FROM p_ledger)',
                '(SELECT p.account FROM {schema}.periods p WHERE p.account = a.id AND p.ledger IS NOT DISTINCT FROM p_ledger LIMIT 1) IS NULL'),
            (17, 'exchange_1',
                'NOT EXISTS (SELECT 1 FROM {schema}.accounts b WHERE b.ledger = p_ledger AND b.id = q.id)',
                '(SELECT b.id FROM {schema}.accounts b WHERE b.ledger = p_ledger AND b.id = q.id) IS NULL'),
            (18, 'exchange_1',
                'NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id)',
                '(SELECT p.account FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id LIMIT 1) IS NULL'),
            (19, 'adjust_account_1',
                'NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id)',
                '(SELECT p.account FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id LIMIT 1) IS NULL'),
            (20, 'clean_1',
                'NOT EXISTS (SELECT 1 FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id)',
                '(SELECT p.account FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.account = a.id LIMIT 1) IS NULL'),
            (21, 'clean_1',
                'b.id IN (
            SELECT p.account FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.forget_after <= now AND p.open = 0 ORDER BY p.forget_after LIMIT p_most)',
                'b.id = ANY (ARRAY(
            SELECT p.account FROM {schema}.periods p WHERE p.ledger = p_ledger AND p.forget_after <= now AND p.open = 0 ORDER BY p.forget_after LIMIT p_most))'),
            (22, 'clean_1',
                'DELETE FROM {schema}.reservations r USING (
        SELECT d.call_id, d.attempt, d.owner FROM {schema}.reservations d
        WHERE d.ledger = p_ledger AND d.keep_until <= now AND d.state <> 0 ORDER BY d.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED) d
    WHERE r.ledger = p_ledger AND r.call_id = d.call_id AND r.attempt = d.attempt AND r.owner = d.owner;',
                'DELETE FROM {schema}.reservations r WHERE r.ctid = ANY (ARRAY(
        SELECT d.ctid FROM {schema}.reservations d
        WHERE d.ledger = p_ledger AND d.keep_until <= now AND d.state <> 0 ORDER BY d.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED));'),
            (23, 'sweep_2',
                'FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
          JOIN {schema}.reservations r ON r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger
          WHERE r.state = 0 AND r.lease_until <= now ORDER BY r.call_id, r.attempt, r.owner FOR UPDATE OF r) d',
                'FROM (SELECT q.* FROM unnest(calls, attempts, owners) q(call_id, attempt, owner) ORDER BY q.call_id, q.attempt, q.owner) i
          CROSS JOIN LATERAL (
              SELECT x.call_id, x.attempt, x.owner FROM {schema}.reservations x
              WHERE x.call_id = i.call_id AND x.attempt = i.attempt AND x.owner = i.owner AND x.ledger IS NOT DISTINCT FROM p_ledger AND x.state = 0 AND x.lease_until <= now FOR UPDATE) r) d'),
            (24, 'sweep_2',
                'JOIN {schema}.reservations r ON r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger',
                'CROSS JOIN LATERAL (SELECT x.* FROM {schema}.reservations x WHERE x.call_id = i.call_id AND x.attempt = i.attempt AND x.owner = i.owner AND x.ledger IS NOT DISTINCT FROM p_ledger OFFSET 0) r'),
            (25, 'sweep_2',
                'max(u.forget) AS forget
',
                'max(u.forget) AS forget,
              (SELECT x.ctid FROM {schema}.periods x WHERE x.account = u.account AND x.period = u.period AND x.ledger IS NOT DISTINCT FROM p_ledger) AS place
'),
            (26, 'sweep_2',
                'WHERE p.account = d.account AND p.period = d.period AND p.ledger IS NOT DISTINCT FROM p_ledger;',
                'WHERE p.ctid = d.place;'),
            (27, 'sweep_2',
                'FROM unnest(calls, attempts, owners) i(call_id, attempt, owner)
    WHERE r.call_id = i.call_id AND r.attempt = i.attempt AND r.owner = i.owner AND r.ledger IS NOT DISTINCT FROM p_ledger',
                'FROM (
        SELECT (SELECT x.ctid FROM {schema}.reservations x WHERE x.call_id = i.call_id AND x.attempt = i.attempt AND x.owner = i.owner AND x.ledger IS NOT DISTINCT FROM p_ledger) AS place
        FROM unnest(calls, attempts, owners) i(call_id, attempt, owner) OFFSET 0) i
    WHERE r.ctid = i.place')
        ) changes(at, name, old, new) ORDER BY at
    LOOP
        before := pg_get_functiondef(('{schema}.' || change.name)::regproc);
        after := replace(before, change.old, change.new);
        IF after = before THEN
            RAISE EXCEPTION 'The function % lacks "%".', change.name, change.old;
        END IF;
        EXECUTE after;
    END LOOP;

    FOR change IN SELECT * FROM unnest(ARRAY['exchange_1', 'adjust_account_1', 'clean_1']) names(name) LOOP
        before := pg_get_functiondef(('{schema}.' || change.name)::regproc);
        after := regexp_replace(before, '\m([abmpr])\.ledger = p_ledger AND \1\.(id|account|call_id) ', '\1.ledger IS NOT DISTINCT FROM p_ledger AND \1.\2 ', 'g');
        IF after = before THEN
            RAISE EXCEPTION 'The function % compares no ledger.', change.name;
        END IF;
        EXECUTE after;
    END LOOP;
END
$migration$;

ALTER FUNCTION {schema}.adjust_account_1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION {schema}.write_setting_1 SET enable_seqscan = off SET plan_cache_mode = force_generic_plan;
