using Npgsql;

namespace MeaiBudget;

/// <summary>Does the same as <see cref="PostgreSqlLedgerBatch"/> with <c>apply_1</c>, for tables that an older version made.</summary>
internal static class PostgreSqlEarlierBatch
{
    /// <summary>The order of the parameters is that of the function.</summary>
    public static string Sql(string schema) => $"SELECT * FROM {schema}.apply_1({string.Join(", ", Enumerable.Range(1, 26).Select(i => $"${i}"))})";

    public static void AddParameters(NpgsqlBatchCommand command, int ledger, long? now, Guid instance, List<PostgreSqlLedgerOperation> operations)
    {
        int lines = operations.Sum(operation => Math.Max(operation.Lines.Count, operation.Amounts.Count));
        int[] starts = new int[operations.Count];
        int[] counts = new int[operations.Count];
        var account = new Guid?[lines];
        string?[] name = new string?[lines];
        long[] period = new long[lines];
        long[] first = new long[lines];
        long[] amount = new long[lines];
        long?[] limit = new long?[lines];
        short[] mode = new short[lines];
        long[] forget = new long[lines];
        int at = 0;
        for (int i = 0; i < operations.Count; i++)
        {
            PostgreSqlLedgerOperation operation = operations[i];
            starts[i] = at + 1;
            counts[i] = Math.Max(operation.Lines.Count, operation.Amounts.Count);
            foreach (long value in operation.Amounts)
            {
                amount[at++] = value;
            }

            foreach (LedgerLine line in operation.Lines)
            {
                name[at] = LedgerAccountName.Escape(line.Account);
                account[at] = PostgreSqlText.Key(name[at]!);
                period[at] = line.Period;
                first[at] = line.FirstPeriod;
                amount[at] = line.Amount;
                limit[at] = line.Limit;
                mode[at] = PostgreSqlBatchLines.ModeOf(line);
                forget[at++] = line.ForgetAfter.UtcTicks;
            }
        }

        command.With(ledger).With(now).With(instance)
            .With([.. operations.Select(operation => (short)operation.Kind)])
            .With([.. operations.Select(operation => operation.Sequence)])
            .With([.. operations.Select(operation => operation.Id.CallId)])
            .With([.. operations.Select(operation => operation.Id.Attempt)])
            .With([.. operations.Select(operation => LedgerAccountName.Escape(operation.Id.Owner))])
            .With([.. operations.Select(operation => operation.IsUnconfirmed)])
            .With([.. operations.Select(operation => operation.WantsStates)])
            .With([.. operations.Select(operation => operation.Lease.Ticks)])
            .With([.. operations.Select(operation => operation.At)])
            .With([.. operations.Select(operation => operation.KeepUntil)])
            .With([.. operations.Select(operation => operation.Text)])
            .With([.. operations.Select(operation => operation.AdjustmentId)])
            .With([.. operations.Select(operation => operation.SettingsVersion)])
            .With(starts).With(counts)
            .With(account).With(name).With(period).With(first).With(amount).With(limit).With(mode).With(forget);
    }

    /// <summary>Reads the answer: the server's time, a result for each operation, and the accounts that changed.</summary>
    public static (long Now, IReadOnlyList<PostgreSqlOperationResult> Results, Guid[] Changed) Read(NpgsqlDataReader row, List<PostgreSqlLedgerOperation> operations)
    {
        short[] status = row.GetFieldValue<short[]>(1);
        int[] counts = row.GetFieldValue<int[]>(2);
        bool[] fits = Array<bool>(row, 3);
        long[] granted = Array<long>(row, 8);
        long[][] before = [Array<long>(row, 4), Array<long>(row, 5), Array<long>(row, 6), Array<long>(row, 7)];
        long[][] after = [Array<long>(row, 9), Array<long>(row, 10), Array<long>(row, 11), Array<long>(row, 12)];
        var results = new PostgreSqlOperationResult[operations.Count];
        int start = 0;
        for (int i = 0; i < results.Length; i++)
        {
            bool isReservation = operations[i].Kind == PostgreSqlOperationKind.Reserve;
            bool hasStates = operations[i].WantsStates || (isReservation && (PostgreSqlOperationStatus)status[i] != PostgreSqlOperationStatus.Applied);
            LedgerLineState[] States(long[][] sums)
            {
                var states = new LedgerLineState[hasStates ? counts[i] : 0];
                for (int line = 0; line < states.Length; line++)
                {
                    int x = start + line;
                    states[line] = new LedgerLineState(sums[0][x], sums[1][x], sums[2][x], sums[3][x], granted[x], fits[x]);
                }

                return states;
            }

            results[i] = new PostgreSqlOperationResult((PostgreSqlOperationStatus)status[i], counts[i], isReservation ? [] : States(before), States(after));
            start += counts[i];
        }

        return (row.GetInt64(0), results, Array<Guid>(row, 13));
    }

    private static TItem[] Array<TItem>(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? [] : row.GetFieldValue<TItem[]>(column);
}
