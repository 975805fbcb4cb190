namespace MeaiBudget;

/// <content>Slices: what a <see cref="LeasedSpendLedger"/> leases.</content>
public sealed partial class PostgreSqlSpendLedger
{
    /// <summary>The shortest retention, less a margin for the difference between the clocks.</summary>
    private static readonly TimeSpan OpensUnknownFor = TimeSpan.FromMinutes(59);

    /// <inheritdoc/>
    /// <remarks>False if the tables of the ledger were made by an older version and <see cref="PostgreSqlSpendLedgerOptions.Migrate"/> is not set.</remarks>
    public bool SupportsExchange { get; }

    /// <summary>Leases slices of busy accounts to this process, so that it admits most calls without asking the server. Such calls leave no records.</summary>
    /// <param name="mostShare">The largest part of a limit that this process may hold in its slice, above 0 and at most 1.</param>
    /// <returns>The ledger to use in place of this one. It disposes this one.</returns>
    public LeasedSpendLedger Leased(double mostShare = 0.01) => new(this, mostShare);

    /// <inheritdoc/>
    public async ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default)
    {
        LedgerSlices.Check(slices);
        if (slices.Count == 0)
        {
            return ((await ReadSettingsAsync(cancellationToken)).Version, []);
        }

        LedgerLine[] lines = [.. slices.Select(slice => slice.Reservation!.Lines[0])];
        string[] names = [.. lines.Select(line => LedgerAccountName.Escape(line.Account))];
        Guid[] accounts = [.. names.Select(PostgreSqlText.Key)];
        (long Version, List<LedgerReservationResult> Slices) answer = await ReadAfterSweepAsync(
            command => command.With(_ledger).With(_connection.Now).With(_instance).With(sequence).With(OpensUnknownFor.Ticks)
                .With([.. slices.Select(slice => slice.Id.CallId)])
                .With([.. slices.Select(slice => slice.Id.Attempt)])
                .With([.. slices.Select(slice => LedgerAccountName.Escape(slice.Id.Owner))])
                .With([.. slices.Select(slice => slice.Amounts[0])])
                .With([.. slices.Select(slice => slice.Reservation!.Lease.Ticks)])
                .With([.. slices.Select(slice => slice.Reservation!.At?.UtcTicks ?? 0)])
                .With(accounts)
                .With(names)
                .With([.. lines.Select(line => line.Period)])
                .With([.. lines.Select(line => line.FirstPeriod)])
                .With([.. lines.Select(line => line.Amount)])
                .With([.. lines.Select(line => line.Limit)])
                .With([.. lines.Select(line => (short)line.Mode)])
                .With([.. lines.Select(line => line.ForgetAfter.UtcTicks)]),
            $"SELECT * FROM {_options.Schema}.exchange_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
            async (row, token) =>
            {
                long version = 0;
                var results = new List<LedgerReservationResult>(slices.Count);
                while (await row.ReadAsync(token))
                {
                    version = row.GetInt64(0);
                    long held = row.GetInt64(3);
                    results.Add(new LedgerReservationResult(row.GetBoolean(1), [
                        new LedgerLineState(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), held >= lines[results.Count].Amount),
                        new LedgerLineState(row.GetInt64(2), held, 0, 0, 0, !row.GetBoolean(4))]));
                }

                return (version, results);
            },
            cancellationToken);
        foreach (Guid account in accounts)
        {
            _changes.Changed(Waiters(account));
        }

        return answer;
    }
}
