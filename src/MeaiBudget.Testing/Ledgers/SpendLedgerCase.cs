namespace MeaiBudget.Testing;

/// <summary>The ledger of one case, with shorthand methods.</summary>
internal sealed class SpendLedgerCase : IAsyncDisposable
{
    public const long Day = 20_000;
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private readonly List<ISpendLedger> _opened;

    public SpendLedgerCase(ISpendLedgerStore store, ISpendLedger ledger)
    {
        Store = store;
        Ledger = ledger;
        _opened = [ledger];
    }

    public ISpendLedgerStore Store { get; }

    public ISpendLedger Ledger { get; private set; }

    public static LedgerReservationId NewId() => new(Guid.NewGuid(), 1, "suite");

    public static void Equal<T>(T expected, T found, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new SpendLedgerSuiteException($"{what}: expected {expected}, found {found}.");
        }
    }

    public static void True(bool condition, string what)
    {
        if (!condition)
        {
            throw new SpendLedgerSuiteException($"Expected: {what}.");
        }
    }

    public static async Task Throws<TException>(Func<Task> action, string what)
        where TException : Exception
    {
        try
        {
            await action();
        }
        catch (TException)
        {
            return;
        }

        throw new SpendLedgerSuiteException($"{what}: expected {typeof(TException).Name}.");
    }

    /// <summary>Opens another ledger on the same store, as another process would.</summary>
    public async Task<ISpendLedger> OpenAnotherAsync()
    {
        ISpendLedger ledger = await Store.OpenAsync();
        _opened.Add(ledger);
        return ledger;
    }

    /// <summary>Disposes the ledger and opens it again.</summary>
    public async Task RestartAsync()
    {
        await DisposeAsync(Ledger);
        _opened.Remove(Ledger);
        Ledger = await OpenAnotherAsync();
    }

    public LedgerLine Line(
        string account, long amount, long? limit = null, LedgerLineMode mode = LedgerLineMode.Enforce, long period = Day, long? first = null, TimeSpan? forget = null) => new()
        {
            Account = account,
            Period = period,
            FirstPeriod = first ?? period,
            ForgetAfter = Ledger.Clock.GetUtcNow() + (forget ?? TimeSpan.FromDays(2)),
            Amount = amount,
            Limit = limit,
            Mode = mode,
        };

    public async Task<LedgerReservationResult> ReserveAsync(LedgerReservationId id, params LedgerLine[] lines) =>
        await Ledger.ReserveAsync(new LedgerReservation { Id = id, Lines = lines, Lease = Lease });

    public async Task<LedgerReservationId> AdmitAsync(params LedgerLine[] lines)
    {
        LedgerReservationId id = NewId();
        True((await ReserveAsync(id, lines)).IsAdmitted, $"'{lines[0].Account}' admits {lines[0].Amount}");
        return id;
    }

    public async Task<LedgerReservationResult> RefuseAsync(params LedgerLine[] lines)
    {
        LedgerReservationResult result = await ReserveAsync(NewId(), lines);
        True(!result.IsAdmitted, $"'{lines[0].Account}' refuses {lines[0].Amount}");
        return result;
    }

    public async Task<bool> SettleAsync(LedgerReservationId id, params long[] amounts) =>
        (await Ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = amounts })).IsApplied;

    public async Task<bool> SettleUnconfirmedAsync(LedgerReservationId id, params long[] amounts) =>
        (await Ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = amounts, IsUnconfirmed = true })).IsApplied;

    public async Task<bool> AdjustAsync(Guid adjustment, LedgerReservationId id, params long[] amounts) =>
        (await Ledger.AdjustAsync(new LedgerAdjustment { Id = adjustment, Reservation = id, Amounts = amounts, Reason = "suite" })).IsApplied;

    /// <summary>Takes an amount from what an account was charged.</summary>
    public async Task LowerAsync(string account, long amount)
    {
        var lower = LedgerAdjustment.OfAccount(Guid.NewGuid(), account, Day, -amount, "suite");
        Equal(true, (await Ledger.AdjustAsync(lower)).IsApplied, $"Lowering '{account}' by {amount}");
    }

    public async Task<LedgerLineState> ReadAsync(string account, long period = Day, long? first = null) =>
        (await Ledger.ReadAsync([new LedgerAccountQuery(account, first ?? period, period)]))[0];

    /// <summary>Compares an account with the expected state. Omitted values are zero.</summary>
    public async Task ExpectAsync(
        string account, long charged = 0, long held = 0, long unconfirmed = 0, long overrun = 0, long granted = 0, long period = Day, long? first = null)
    {
        LedgerLineState found = await ReadAsync(account, period, first) with { Fits = true };
        Equal(new LedgerLineState(charged, held, unconfirmed, overrun, granted, true), found, $"The account '{account}', period {period}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ISpendLedger ledger in _opened)
        {
            await DisposeAsync(ledger);
        }
    }

    private static async ValueTask DisposeAsync(ISpendLedger ledger)
    {
        if (ledger is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            (ledger as IDisposable)?.Dispose();
        }
    }
}
