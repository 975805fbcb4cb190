using Npgsql;

namespace MeaiBudget;

/// <content>The history.</content>
public sealed partial class PostgreSqlSpendLedger
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        var sql = new SpendHistorySql(query, _options.Schema, _ledger);
        string text = sql.Sums();
        List<SpendRow> rows = await ReadAfterSweepAsync(
            command => command.With(sql.Parameters),
            text,
            async (row, token) =>
            {
                var found = new List<SpendRow>();
                while (await row.ReadAsync(token))
                {
                    found.Add(sql.Row(row.GetString, i => row.IsDBNull(i) ? 0 : row.GetInt64(i)));
                }

                return found;
            },
            cancellationToken);
        return SpendSums.Of(query, rows);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        var sql = new SpendHistorySql(query, _options.Schema, _ledger);
        string text = sql.Calls("r.names, r.reserved, r.charged, r.taken");
        return await ReadAfterSweepAsync<IReadOnlyList<SpendRecord>>(
            command => command.With(sql.Parameters),
            text,
            async (row, token) =>
            {
                var records = new List<SpendRecord>();
                while (await row.ReadAsync(token))
                {
                    int state = row.GetInt16(3);
                    string[] names = row.GetFieldValue<string[]>(7);
                    long[] amounts = row.GetFieldValue<long[]>(state == 0 ? 8 : 9);
                    short[] taken = row.GetFieldValue<short[]>(10);
                    var accounts = new List<KeyValuePair<string, long>>();
                    for (int i = 0; i < names.Length; i++)
                    {
                        if (taken[i] != 0)
                        {
                            accounts.Add(KeyValuePair.Create(LedgerAccountName.Unescape(names[i]), amounts[i]));
                        }
                    }

                    records.Add(SpendHistorySql.Record(
                        row.GetString(0), row.GetInt32(1), row.GetString(2), LedgerAccountName.Unescape(row.GetString(2)), state, row.GetInt64(4), row.GetString(5),
                        row.IsDBNull(6) ? null : row.GetString(6), accounts));
                }

                return records;
            },
            cancellationToken);
    }
}
