using CsCheck;

namespace MeaiBudget.Simulation;

/// <summary>Random exchanges, sent to a ledger and to the one in memory, which must answer the same.</summary>
internal static class SliceHistories
{
    private const int Slices = 4;

    /// <summary>Gets lists of steps: the kind, the slice, and three numbers.</summary>
    public static Gen<(int Kind, int Slice, int Charged, int Wanted, int Limit)[]> Any { get; } =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, Slices - 1], Gen.Int[-30, 60], Gen.Int[0, 300], Gen.Int[0, 5]).Array[20, 60];

    /// <summary>Replays a history; throws where the answers differ.</summary>
    public static async Task CompareAsync(
        ISpendLedger ledger, TimeProvider clock, Action<TimeSpan> advance, (int Kind, int Slice, int Charged, int Wanted, int Limit)[] history)
    {
        InMemorySpendLedger model = new(clock);
        var ids = new LedgerReservationId[Slices];
        long[] charges = new long[Slices];
        long sequence = 0;
        int number = 0;
        LedgerReservationId plain = default;
        HashSet<string> forgotten = [];
        foreach ((int kind, int slice, int charged, int wanted, int limit) in history)
        {
            number++;
            if (ids[slice] == default || kind == 9)
            {
                ids[slice] = new LedgerReservationId(Guid.NewGuid(), 1, "slice");
                charges[slice] = 0;
            }

            if (kind == 8)
            {
                advance(TimeSpan.FromSeconds(wanted % 13));
                continue;
            }

            if (kind == 7)
            {
                // A call beside the slices.
                plain = new LedgerReservationId(Guid.NewGuid(), 1, "call");
                LedgerReservation call = Reservation(plain, 50 + wanted, limit, slice, clock) with { Lease = TimeSpan.FromSeconds(5) };
                bool isAdmitted = (await model.ReserveAsync(call)).IsAdmitted;
                Same(isAdmitted, (await ledger.ReserveAsync(call)).IsAdmitted, number, "Admitted");
                continue;
            }

            charges[slice] = Math.Max(0, charges[slice] + charged);
            long next = kind == 6 ? sequence : ++sequence;
            var exchange = new List<LedgerSettlement>
            {
                Exchange(ids[slice], charges[slice], kind == 5 ? 0 : wanted, limit, slice, clock),
            };
            int other = (slice + 1) % Slices;
            if (kind == 4 && ids[other] != default)
            {
                exchange.Add(Exchange(ids[other], charges[other], wanted / 2, limit, other, clock));
            }

            (long version, IReadOnlyList<LedgerReservationResult> expected) = await model.ExchangeAsync(next, exchange);
            (long foundVersion, IReadOnlyList<LedgerReservationResult> found) = await ledger.ExchangeAsync(next, exchange);
            Same(version, foundVersion, number, "Version");
            for (int i = 0; i < expected.Count; i++)
            {
                Same(expected[i].IsAdmitted, found[i].IsAdmitted, number, "Open");
                LedgerLineState account = expected[i].Lines[0];
                Same(account, found[i].Lines[0], number, "The account");

                // A ledger may forget an account without charges and holds, and with it that others want more.
                string name = exchange[i].Reservation!.Lines[0].Account;
                bool isHint = !expected[i].Lines[1].Fits;
                LedgerLineState state = forgotten.Contains(name) && isHint ? expected[i].Lines[1] with { Fits = found[i].Lines[1].Fits } : expected[i].Lines[1];
                Same(state, found[i].Lines[1], number, "The slice");
                if (account is { Charged: 0, Held: 0 })
                {
                    forgotten.Add(name);
                }
                else if (isHint && !found[i].Lines[1].Fits)
                {
                    forgotten.Remove(name);
                }
            }
        }
    }

    private static LedgerSettlement Exchange(LedgerReservationId id, long charged, long wanted, int limit, int slice, TimeProvider clock) => new()
    {
        Id = id,
        Amounts = [charged],
        Reservation = Reservation(id, wanted, limit, slice, clock),
    };

    private static LedgerReservation Reservation(LedgerReservationId id, long amount, int limit, int slice, TimeProvider clock) => new()
    {
        Id = id,
        Lease = TimeSpan.FromSeconds(10),
        At = clock.GetUtcNow(),
        Lines = [new LedgerLine
        {
            Account = slice % 2 == 0 ? "day" : "rolling of a b",
            Period = 100,
            FirstPeriod = slice % 2 == 0 ? 100 : 90,
            ForgetAfter = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Amount = amount,
            Limit = limit switch { 0 => null, 1 => 100, _ => 250 * limit },
            Mode = limit == 5 ? LedgerLineMode.Record : LedgerLineMode.Enforce,
        }],
    };

    private static void Same<T>(T expected, T found, int step, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new InvalidOperationException($"Step {step}: {what}: expected {expected}, found {found}.");
        }
    }
}
