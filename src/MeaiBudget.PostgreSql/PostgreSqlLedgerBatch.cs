using Npgsql;

namespace MeaiBudget;

/// <summary>Writes a batch of operations as the parameters of the function <c>apply_2</c>, and reads its answer.</summary>
internal static class PostgreSqlLedgerBatch
{
    /// <summary>The order of the parameters is that of the function.</summary>
    public static string Sql(string schema) => $"SELECT * FROM {schema}.apply_2({string.Join(", ", Enumerable.Range(1, 33).Select(i => $"${i}"))})";

    /// <summary>Adds the parameters.</summary>
    /// <param name="command">The call of the function.</param>
    /// <param name="ledger">The ledger's number.</param>
    /// <param name="now">The time for tests; <see langword="null"/> for the server's.</param>
    /// <param name="since">Applies nothing if a lease has ended after it; <see langword="null"/> not to look.</param>
    /// <param name="instance">The ledger's instance in this process.</param>
    /// <param name="operations">The operations.</param>
    public static void AddParameters(NpgsqlBatchCommand command, int ledger, long? now, long? since, Guid instance, List<PostgreSqlLedgerOperation> operations)
    {
        int count = operations.Count;
        short[] kind = new short[count];
        long[] sequence = new long[count];
        var call = new Guid[count];
        int[] attempt = new int[count];
        string[] owner = new string[count];
        bool[] isUnconfirmed = new bool[count];
        bool[] wants = new bool[count];
        long[] lease = new long[count];
        long?[] at = new long?[count];
        long[] keep = new long[count];
        string?[] text = new string?[count];
        var adjustment = new Guid?[count];
        long?[] settings = new long?[count];
        int[] start = new int[count];
        int[] items = new int[count];
        var lines = new PostgreSqlBatchLines(operations.Sum(operation => operation.Lines.Count));
        long[] amounts = new long[operations.Sum(operation => operation.Amounts.Count)];
        int amountCount = 0;
        for (int i = 0; i < count; i++)
        {
            PostgreSqlLedgerOperation operation = operations[i];
            kind[i] = (short)operation.Kind;
            sequence[i] = operation.Sequence;
            call[i] = operation.Id.CallId;
            attempt[i] = operation.Id.Attempt;
            owner[i] = LedgerAccountName.Escape(operation.Id.Owner);
            isUnconfirmed[i] = operation.IsUnconfirmed;
            wants[i] = operation.WantsStates;
            lease[i] = operation.Lease.Ticks;
            at[i] = operation.At;
            keep[i] = operation.KeepUntil;
            text[i] = operation.Text;
            adjustment[i] = operation.AdjustmentId;
            settings[i] = operation.SettingsVersion;
            bool isReservation = operation.Kind == PostgreSqlOperationKind.Reserve;
            start[i] = (isReservation ? lines.Count : amountCount) + 1;
            items[i] = isReservation ? operation.Lines.Count : operation.Amounts.Count;
            foreach (LedgerLine line in operation.Lines)
            {
                lines.Add(line);
            }

            foreach (long amount in operation.Amounts)
            {
                amounts[amountCount++] = amount;
            }
        }

        command.With(ledger).With(now).With(since).With(instance)
            .With(kind).With(sequence).With(call).With(attempt).With(owner).With(isUnconfirmed).With(wants)
            .With(lease).With(at).With(keep).With(text).With(adjustment).With(settings).With(start).With(items).With(amounts);
        lines.AddParameters(command);
    }

    /// <summary>Reads the answer: the server's time, until when it looked for ended leases, a result for each operation, and the accounts that changed; null if a lease has ended.</summary>
    public static (long Now, long? Looked, IReadOnlyList<PostgreSqlOperationResult> Results, Guid[] Changed)? Read(NpgsqlDataReader row, List<PostgreSqlLedgerOperation> operations)
    {
        if (row.IsDBNull(0))
        {
            return null;
        }

        long[] answer = row.GetFieldValue<long[]>(2);
        var results = new PostgreSqlOperationResult[operations.Count];
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            bool isReservation = operations[i].Kind == PostgreSqlOperationKind.Reserve;
            var status = (PostgreSqlOperationStatus)answer[at];
            int count = (int)answer[at + 1];
            var before = new LedgerLineState[isReservation ? 0 : answer[at + 2]];
            var after = new LedgerLineState[answer[at + 2]];
            at += 3;
            for (int line = 0; line < after.Length; line++)
            {
                int ends = at + (isReservation ? 4 : 8);
                if (!isReservation)
                {
                    before[line] = State(at);
                    at += 4;
                }

                after[line] = State(at);
                at = ends + 2;

                LedgerLineState State(int first) => new(answer[first], answer[first + 1], answer[first + 2], answer[first + 3], answer[ends], answer[ends + 1] == 1);
            }

            results[i] = new PostgreSqlOperationResult(status, count, before, after);
        }

        return (row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1), results, row.GetFieldValue<Guid[]>(3));
    }
}
