namespace MeaiBudget;

/// <summary>The states of an attempt in a history.</summary>
internal enum HistoryState
{
    Open,
    Settled,
    Unconfirmed,
    Released,
    Expired,
    Refused,
}

/// <summary>One attempt of a history in memory.</summary>
internal sealed class HistoryEntry : ISpendValues
{
    private static readonly string[] States = ["open", "settled", "unconfirmed", "released", "expired", "refused"];
    private string[] _accounts = [];
    private long[] _amounts = [];
    private LedgerCallInfo _call;
    private LedgerSettlementInfo? _settlement;
    private string? _priceId;
    private SpendRefusal? _refusal;
    private long _refused;
    private SpendRow? _row;
    private (long Amount, bool IsFirst) _rowIsOf;

    public HistoryEntry(LedgerReservation reservation, LedgerCallInfo call)
        : this(reservation.Id, call) => Reset(reservation, call);

    private HistoryEntry(LedgerReservationId id, LedgerCallInfo call)
    {
        Id = id;
        int number = Id.Owner.IndexOf('#', StringComparison.Ordinal);
        BaseOwner = number > 0 ? Id.Owner[..number] : Id.Owner;
        _call = call;
    }

    public LedgerReservationId Id { get; }

    /// <summary>Gets the owner without the number of a reservation that was added to another.</summary>
    public string BaseOwner { get; }

    public HistoryState State
    {
        get;
        set => (field, _row) = (value, null);
    }

    /// <summary>Gets or sets another record of the same attempt, by a run or a tracker; <see langword="null"/> for none.</summary>
    public HistoryEntry? Sibling { get; set; }

    /// <summary>Gets or sets a value indicating whether another record of the same attempt is in the sums by the hour, so that this one adds no attempt.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Gets or sets the place of this entry among those that were moved to the sums by the hour; zero if it was not.</summary>
    public long Moved { get; set; }

    public IReadOnlyList<long> Reserved { get; private set; } = [];

    public long At => _call.At.UtcTicks;

    /// <summary>Makes the entry of a record that was written.</summary>
    /// <exception cref="ArgumentException">The record has no id, or its state does not exist.</exception>
    public static HistoryEntry Of(SpendRecord record)
    {
        (LedgerReservationId id, LedgerCallInfo call, int state) = HistoryFacts.Of(record, States);
        return new HistoryEntry(id, call)
        {
            State = (HistoryState)state,
            _accounts = [.. (record.Accounts ?? []).Select(account => account.Key)],
            _amounts = [.. (record.Accounts ?? []).Select(account => account.Value)],
            _priceId = record.PriceId,
            _refusal = record.Refusal,
            _refused = record.Refused,
            _settlement = record.SettledAt is not { } at ? null : new LedgerSettlementInfo
            {
                At = at,
                ResponseModelId = record.ResponseModelId,
                Usage = record.Usage,
                Cost = new Cost(HistoryFacts.NanoDollars(record.Spent), record.CostKind, record.PriceMatch, record.CostFlags),
                Outcome = record.Outcome,
            },
        };
    }

    /// <summary>Gets the place in the order of attempts.</summary>
    public HistoryPlace Place => new(At, Id.CallId, Id.Attempt, Id.Owner);

    /// <summary>Gets the held or charged amount, in nano-dollars.</summary>
    public long Amount
    {
        get
        {
            long? amount = null;
            for (int i = 0; i < _accounts.Length; i++)
            {
                if (IsDollars(i))
                {
                    amount = Math.Max(amount ?? 0, AmountOf(i));
                }
            }

            return amount ?? (State == HistoryState.Open ? _call.ReservedNanoDollars : _settlement?.Cost.NanoDollars ?? 0);
        }
    }

    public void Reset(LedgerReservation reservation, LedgerCallInfo call)
    {
        _call = call;
        _settlement = null;
        _priceId = null;
        State = HistoryState.Open;
        _accounts = [.. reservation.Lines.Select(line => line.Account)];
        _amounts = [.. reservation.Lines.Select(line => line.Amount)];
        Reserved = _amounts;
    }

    /// <summary>Takes over what another entry of the same attempt says.</summary>
    public void Replace(HistoryEntry other)
    {
        (_call, _settlement, _priceId, State, _accounts, _amounts) = (other._call, other._settlement, other._priceId, other.State, other._accounts, other._amounts);
        (_refusal, _refused, _row) = (other._refusal, other._refused, null);
    }

    public void Charge(IReadOnlyList<long> amounts, HistoryState state, LedgerSettlementInfo? settlement)
    {
        _amounts = [.. amounts];
        _settlement = settlement ?? _settlement;
        _priceId = _settlement?.Cost.PriceId ?? _priceId;
        State = state;
    }

    public string Value(string name) => name switch
    {
        "run" => _call.RunId ?? "",
        "call" => Id.CallId.ToString("D"),
        "outcome" => _settlement?.Outcome ?? States[(int)State],
        "price" => _priceId ?? "",
        _ => HistoryFacts.Value(name, _call, _settlement, _refusal),
    };

    ReadOnlySpan<char> ISpendValues.Value(string name) => Value(name);

    /// <summary>Gets how many accounts the attempt has.</summary>
    public int Accounts => _accounts.Length;

    /// <summary>Returns the name of an account.</summary>
    public string AccountOf(int number) => _accounts[number];

    /// <summary>Returns what an account holds or was charged.</summary>
    public long AmountOf(int number) => State == HistoryState.Released ? 0 : _amounts[number];

    /// <summary>Returns true if an account is that of a dollar budget.</summary>
    public bool IsDollars(int number)
    {
        int first = _accounts[number].IndexOf('/', StringComparison.Ordinal);
        return first >= 0 && _accounts[number].AsSpan(first + 1).StartsWith("usd/", StringComparison.Ordinal);
    }

    public HistoryKey ToKey(string? account) => new(
        account, HistoryKey.FactsOf(Value), HistoryKey.TagsOf(_call.Tags));

    /// <summary>Returns the attempt as a row. It is kept until the entry changes, so that queries allocate nothing.</summary>
    public SpendRow ToRow(long amount, bool isFirst)
    {
        if (_row is { } known && _rowIsOf == (amount, isFirst))
        {
            return known;
        }

        _rowIsOf = (amount, isFirst);
        return _row = MakeRow(amount, isFirst);
    }

    private SpendRow MakeRow(long amount, bool isFirst)
    {
        long one = isFirst && State != HistoryState.Refused ? 1 : 0;
        long spent = State is HistoryState.Settled or HistoryState.Unconfirmed or HistoryState.Expired ? amount : 0;
        BillableUsage usage = _settlement?.Usage ?? default;
        return new SpendRow
        {
            Slot = At / SpendRow.SlotTicks,
            Values = [],
            Attempts = one,
            Released = State == HistoryState.Released ? one : 0,
            Refused = _refused,
            Open = State == HistoryState.Open ? one : 0,
            Unpriced = State is HistoryState.Settled or HistoryState.Unconfirmed && spent == 0 && (_settlement?.Cost.Kind ?? CostKind.Unknown) == CostKind.Unknown ? one : 0,
            InputTokens = usage.InputTokens,
            CachedInputTokens = usage.CachedInputTokens,
            OutputTokens = usage.OutputTokens,
            ReasoningTokens = usage.ReasoningTokens,
            CacheWriteTokens = usage.CacheWriteTokens,
            CacheWriteOneHourTokens = usage.CacheWriteOneHourTokens,
            Spent = spent,
            Unconfirmed = State is HistoryState.Unconfirmed or HistoryState.Expired ? spent : 0,
            Held = State == HistoryState.Open ? amount : 0,
            First = At,
            Last = At,
        };
    }

    public SpendRecord ToRecord()
    {
        SpendRow row = ToRow(Amount, isFirst: true);
        return new SpendRecord
        {
            Id = Id,
            State = States[(int)State],
            Call = _call,
            Attempts = row.Attempts,
            Released = row.Released,
            Refused = row.Refused,
            Refusal = _refusal,
            PriceId = _priceId,
            Open = row.Open,
            Unpriced = row.Unpriced,
            Usage = _settlement?.Usage ?? default,
            Spent = Money.FromNanoDollars(row.Spent),
            Unconfirmed = Money.FromNanoDollars(row.Unconfirmed),
            Held = Money.FromNanoDollars(row.Held),
            First = _call.At,
            Last = _call.At,
            SettledAt = _settlement?.At,
            ResponseModelId = _settlement?.ResponseModelId,
            Outcome = _settlement?.Outcome,
            CostKind = _settlement?.Cost.Kind ?? default,
            PriceMatch = _settlement?.Cost.Match ?? default,
            CostFlags = _settlement?.Cost.Flags ?? default,
            Accounts = [.. _accounts.Select((account, i) => KeyValuePair.Create(account, State == HistoryState.Released ? 0 : _amounts[i]))],
            Cursor = Place.ToString(),
        };
    }
}
