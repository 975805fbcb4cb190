using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Copies a ledger without open reservations to another store: charges, remembered reservations, grants, settings and records.</summary>
/// <remarks>
/// Everything is written with operations that are idempotent by ids, which are derived from what is copied, so that an interrupted copy can
/// be continued. What the remembered reservations do not explain of an account's charges is charged by a reservation of the copy.
/// </remarks>
internal static class LedgerCopy
{
    private const int AtOnce = 64;
    private const int PageSize = 1_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    /// <summary>Reads a SQLite or PostgreSQL ledger.</summary>
    public static async Task<LedgerContents> ReadAsync(LedgerDatabase database, CancellationToken cancellationToken)
    {
        long now = TimeProvider.System.GetUtcNow().UtcTicks;
        string schema = database.Schema;
        bool isPostgreSql = database.IsPostgreSql;
        long open = await database.NumberAsync($"SELECT count(*) FROM {schema}reservations r WHERE {database.OfLedger("r")} AND r.state = 0", cancellationToken);
        string name = isPostgreSql ? $"(SELECT a.name FROM {schema}accounts a WHERE a.ledger = p.ledger AND a.id = p.account)" : "p.account";
        List<CopiedPeriod> periods = await database.ReadAsync(
            string.Create(CultureInfo.InvariantCulture, $"SELECT {name}, p.period, p.charged, p.unconfirmed, p.overrun, p.forget_after FROM {schema}periods p WHERE {database.OfLedger("p")} AND p.forget_after > {now}"),
            row => new CopiedPeriod(LedgerAccountName.Unescape(row.GetString(0)), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)),
            cancellationToken);
        string lines = isPostgreSql
            ? $"{schema}reservations r CROSS JOIN LATERAL unnest(r.names, r.periods, r.firsts, r.reserved, r.charged, r.taken, r.forgets) WITH ORDINALITY l(account, period, first_period, reserved, charged, taken, forget_after, position)"
            : "reservations r JOIN lines l ON l.reservation = r.key";
        List<(LedgerReservationId Id, bool IsUnconfirmed, CopiedLine Line)> read = await database.ReadAsync(
            string.Create(CultureInfo.InvariantCulture, $"""
                SELECT {(isPostgreSql ? "r.call_id::text" : "r.call_id")}, r.attempt, r.owner, r.state, l.account, l.period, l.first_period, l.reserved, l.charged, l.taken, l.forget_after
                FROM {lines} WHERE {database.OfLedger("r")} AND (r.state IN (2, 4) OR (r.state = 1 AND r.closed_at > {now - Remembered.Ticks}))
                ORDER BY r.call_id, r.attempt, r.owner, l.position
                """),
            row => (
                Id: new LedgerReservationId(Guid.Parse(row.GetString(0)), row.GetInt32(1), isPostgreSql ? LedgerAccountName.Unescape(row.GetString(2)) : row.GetString(2)),
                IsUnconfirmed: Convert.ToInt32(row.GetValue(3), CultureInfo.InvariantCulture) != 1,
                Line: new CopiedLine(
                    LedgerAccountName.Unescape(row.GetString(4)), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8),
                    Convert.ToInt32(row.GetValue(9), CultureInfo.InvariantCulture) != 0, row.GetInt64(10))),
            cancellationToken);
        List<LedgerGrant> grants = await database.ReadAsync(
            string.Create(CultureInfo.InvariantCulture, $"SELECT {(isPostgreSql ? "g.id::text, g.name" : "g.id, g.account")}, g.amount, g.expires_at, g.reason FROM {schema}grants g WHERE {database.OfLedger("g")} AND g.expires_at > {now}"),
            row => new LedgerGrant
            {
                Id = Guid.Parse(row.GetString(0)),
                Account = LedgerAccountName.Unescape(row.GetString(1)),
                Amount = row.GetInt64(2),
                ExpiresAt = new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero),
                Reason = row.GetString(4),
            },
            cancellationToken);
        return new LedgerContents(
            database.Name, open, periods,
            [.. read.GroupBy(one => one.Id).Select(one => new CopiedReservation(one.Key, one.First().IsUnconfirmed, [.. one.Select(line => line.Line)]))], grants);
    }

    /// <summary>Writes what was read. Returns how many accounts, reservations and records were copied.</summary>
    public static async Task<(int Periods, int Reservations, long Records)> WriteAsync(
        LedgerContents contents, ISpendLedger source, ISpendLedger target, bool continues, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (contents.Open > 0)
        {
            throw new InvalidDataException(
                $"{contents.Name} has {contents.Open} open reservations. Stop the applications that use it, and wait until their leases have ended (2 minutes by default).");
        }

        if (!continues && (await target.ListAccountsAsync("", cancellationToken)).Count > 0)
        {
            throw new InvalidDataException($"{target.Name} has accounts already. Copy to a new ledger. If an interrupted copy made them, continue it with --continue.");
        }

        (_, IReadOnlyDictionary<string, string> settings) = await source.ReadSettingsAsync(cancellationToken);
        foreach ((string name, string value) in settings)
        {
            await target.WriteSettingAsync(name, value, cancellationToken);
        }

        await EachAsync(contents.Grants, async grant => await target.GrantAsync(grant, cancellationToken), cancellationToken);
        long done = 0;
        await EachAsync(contents.Reservations, CountedAsync, cancellationToken);
        CopiedReservation[] rest = [.. Rest(contents)];
        await EachAsync(rest, CountedAsync, cancellationToken);
        return (contents.Periods.Count, contents.Reservations.Count, await CopyRecordsAsync(source, target, continues, done, progress, cancellationToken));

        async Task CountedAsync(CopiedReservation one)
        {
            await CopyAsync(target, one, cancellationToken);
            progress?.Report(Interlocked.Increment(ref done));
        }
    }

    /// <summary>What the charges of accounts have beyond the remembered reservations: a confirmed and an unconfirmed reservation for each period.</summary>
    private static IEnumerable<CopiedReservation> Rest(LedgerContents contents)
    {
        var explained = new Dictionary<(string Account, long Period), (long Charged, long Unconfirmed, long Overrun)>();
        foreach (CopiedReservation reservation in contents.Reservations)
        {
            foreach (CopiedLine line in reservation.Lines.Where(line => line.IsTaken))
            {
                (long charged, long unconfirmed, long overrun) = explained.GetValueOrDefault((line.Account, line.Period));
                explained[(line.Account, line.Period)] = (
                    charged + line.Charged, unconfirmed + (reservation.IsUnconfirmed ? line.Charged : 0), overrun + Math.Max(0, line.Charged - line.Reserved));
            }
        }

        foreach (CopiedPeriod period in contents.Periods)
        {
            (long charged, long unconfirmed, long overrun) = explained.GetValueOrDefault((period.Account, period.Period));
            charged = Math.Max(0, period.Charged - charged);
            unconfirmed = Math.Clamp(period.Unconfirmed - unconfirmed, 0, charged);
            overrun = Math.Clamp(period.Overrun - overrun, 0, charged);
            long confirmed = charged - unconfirmed;
            long ofConfirmed = Math.Min(overrun, confirmed);
            foreach ((long amount, long beyond, bool isUnconfirmed) in new[] { (confirmed, ofConfirmed, false), (unconfirmed, overrun - ofConfirmed, true) })
            {
                if (amount > 0)
                {
                    yield return new CopiedReservation(
                        new LedgerReservationId(IdOf(period, isUnconfirmed), 1, "copy"), isUnconfirmed,
                        [new CopiedLine(period.Account, period.Period, period.Period, amount - beyond, amount, IsTaken: true, period.ForgetAfter)]);
                }
            }
        }
    }

    private static Guid IdOf(CopiedPeriod period, bool isUnconfirmed) => new(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"copy|{isUnconfirmed}|{period.Period}|{LedgerAccountName.Escape(period.Account)}"))).AsSpan(0, 16));

    private static async Task CopyAsync(ISpendLedger target, CopiedReservation reservation, CancellationToken cancellationToken)
    {
        await target.ReserveAsync(
            new LedgerReservation
            {
                Id = reservation.Id,
                Lease = TimeSpan.FromHours(1),
                WantsStates = false,
                Lines = [.. reservation.Lines.Select(line => new LedgerLine
                {
                    Account = line.Account,
                    Period = line.Period,
                    FirstPeriod = line.FirstPeriod,
                    ForgetAfter = new DateTimeOffset(line.ForgetAfter, TimeSpan.Zero),
                    Amount = line.Reserved,

                    // A line that was left out stays so: it fits no limit.
                    Limit = line.IsTaken ? null : long.MinValue / 2,
                    Mode = line.IsTaken ? LedgerLineMode.Record : LedgerLineMode.Shadow,
                })],
            },
            cancellationToken);
        await target.SettleAsync(
            new LedgerSettlement
            {
                Id = reservation.Id,
                Amounts = [.. reservation.Lines.Select(line => line.IsTaken ? line.Charged : 0)],
                IsUnconfirmed = reservation.IsUnconfirmed,
                WantsStates = false,
            },
            cancellationToken);
    }

    /// <summary>Copies single attempts. Redis has none; to Redis their sums by the hour are added, which cannot be repeated.</summary>
    private static async Task<long> CopyRecordsAsync(
        ISpendLedger source, ISpendLedger target, bool continues, long done, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (source is RedisSpendLedger || source is not ISpendHistory from || target is not ISpendHistory to || (continues && target is RedisSpendLedger))
        {
            return 0;
        }

        long copied = 0;
        var query = new SpendQuery { Take = PageSize };
        while (true)
        {
            IReadOnlyList<SpendRecord> page = await from.ReadCallsAsync(query, cancellationToken);
            await to.WriteAsync(page, cancellationToken);
            copied += page.Count;
            progress?.Report(done + copied);
            if (page.Count < PageSize)
            {
                return copied;
            }

            query = query with { After = page[^1].Cursor };
        }
    }

    private static Task EachAsync<TItem>(IEnumerable<TItem> items, Func<TItem, Task> copy, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (item, _) => await copy(item));
}
