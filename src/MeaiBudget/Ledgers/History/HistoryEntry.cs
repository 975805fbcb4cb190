using System.Globalization;

namespace MeaiBudget;

/// <summary>The states of an attempt in a history.</summary>
internal enum HistoryState
{
    Open,
    Settled,
    Unconfirmed,
    Released,
    Expired,
}

/// <summary>What an hour's attempts are grouped by. Runs are not kept.</summary>
internal sealed record HistoryKey(string? Account, string Model, string Provider, string Route, string ModelClass, string Outcome, string Tags)
{
    private const char Separator = '\u001f';

    /// <summary>Writes tags as one text, in the order of their names.</summary>
    public static string TagsOf(IReadOnlyDictionary<string, string>? tags) =>
        tags is null ? "" : string.Join(Separator, tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).SelectMany(tag => new[] { tag.Key, tag.Value }));

    public string Value(string name) => name switch
    {
        "model" => Model,
        "provider" => Provider,
        "route" => Route,
        "class" => ModelClass,
        "outcome" => Outcome,
        "run" => "",
        _ => Tag(name[4..]),
    };

    private string Tag(string name)
    {
        string[] parts = Tags.Split(Separator);
        for (int i = 0; i + 1 < parts.Length; i += 2)
        {
            if (parts[i] == name)
            {
                return parts[i + 1];
            }
        }

        return "";
    }
}

/// <summary>One attempt of a history in memory.</summary>
internal sealed class HistoryEntry
{
    private static readonly string[] States = ["open", "settled", "unconfirmed", "released", "expired"];
    private string[] _accounts = [];
    private long[] _amounts = [];
    private LedgerCallInfo _call;
    private LedgerSettlementInfo? _settlement;

    public HistoryEntry(LedgerReservation reservation, LedgerCallInfo call)
    {
        Id = reservation.Id;
        int number = Id.Owner.IndexOf('#', StringComparison.Ordinal);
        BaseOwner = number > 0 ? Id.Owner[..number] : Id.Owner;
        _call = call;
        Reset(reservation, call);
    }

    public LedgerReservationId Id { get; }

    /// <summary>Gets the owner without the number of a reservation that was added to another.</summary>
    public string BaseOwner { get; }

    public HistoryState State { get; set; }

    public IReadOnlyList<long> Reserved { get; private set; } = [];

    public long At => _call.At.UtcTicks;

    /// <summary>Gets the place in the order of attempts.</summary>
    public (long At, string Call, int Attempt, string Owner) Place => (At, Id.CallId.ToString("D"), Id.Attempt, Id.Owner);

    /// <summary>Gets the held or charged amount, in nano-dollars.</summary>
    public long Amount
    {
        get
        {
            long? amount = null;
            foreach ((_, long one) in DollarAccounts())
            {
                amount = Math.Max(amount ?? 0, one);
            }

            return amount ?? (State == HistoryState.Open ? _call.ReservedNanoDollars : _settlement?.Cost.NanoDollars ?? 0);
        }
    }

    public void Reset(LedgerReservation reservation, LedgerCallInfo call)
    {
        _call = call;
        _settlement = null;
        State = HistoryState.Open;
        _accounts = [.. reservation.Lines.Select(line => line.Account)];
        _amounts = [.. reservation.Lines.Select(line => line.Amount)];
        Reserved = _amounts;
    }

    public void Charge(IReadOnlyList<long> amounts, HistoryState state, LedgerSettlementInfo? settlement)
    {
        _amounts = [.. amounts];
        _settlement = settlement ?? _settlement;
        State = state;
    }

    public string Value(string name) => name switch
    {
        "model" => _call.ModelId ?? "",
        "provider" => _call.Provider ?? "",
        "route" => _call.Route ?? "",
        "class" => _call.ModelClass ?? "",
        "run" => _call.RunId ?? "",
        "outcome" => _settlement?.Outcome ?? States[(int)State],
        _ => _call.Tags?.GetValueOrDefault(name[4..]) ?? "",
    };

    /// <summary>Gets what each dollar budget holds or was charged.</summary>
    public IEnumerable<KeyValuePair<string, long>> DollarAccounts()
    {
        for (int i = 0; i < _accounts.Length; i++)
        {
            int first = _accounts[i].IndexOf('/', StringComparison.Ordinal);
            if (first >= 0 && _accounts[i].AsSpan(first + 1).StartsWith("usd/", StringComparison.Ordinal))
            {
                yield return KeyValuePair.Create(_accounts[i], State == HistoryState.Released ? 0 : _amounts[i]);
            }
        }
    }

    public HistoryKey ToKey(string? account) => new(
        account, Value("model"), Value("provider"), Value("route"), Value("class"), Value("outcome"), HistoryKey.TagsOf(_call.Tags));

    public SpendRow ToRow(long amount, bool isFirst)
    {
        long one = isFirst ? 1 : 0;
        long spent = State is HistoryState.Settled or HistoryState.Unconfirmed or HistoryState.Expired ? amount : 0;
        BillableUsage usage = _settlement?.Usage ?? default;
        return new SpendRow
        {
            Slot = At / SpendRow.SlotTicks,
            Values = [],
            Attempts = one,
            Released = State == HistoryState.Released ? one : 0,
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
        (long at, string call, int attempt, string owner) = Place;
        return new SpendRecord
        {
            Id = Id,
            State = States[(int)State],
            Call = _call,
            Attempts = 1,
            Released = row.Released,
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
            Cursor = string.Create(CultureInfo.InvariantCulture, $"{at} {call} {attempt} {owner}"),
        };
    }
}
