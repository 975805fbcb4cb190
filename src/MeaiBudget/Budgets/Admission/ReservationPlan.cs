using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>The reservation of one attempt in the budgets of a tracker or a run: the ledger's lines and the budget behind each. Reused for many attempts.</summary>
/// <param name="shapes">What the lines of other attempts mean.</param>
internal sealed class ReservationPlan(ReservationShapes shapes)
{
    // As long as the lines of the last attempt were, because mostly the same budgets apply. It is handed out.
    private LedgerLine[]? _lines;
    private int _count;
    private int _lastCount;
    private readonly List<BudgetLine> _meaning = [];
    private ReservationShape? _shape;
    private List<(BudgetBook Book, string Key)>? _unpriced;
    private List<(BudgetBook Book, string Key, RefusalReason Reason)>? _wouldRefuse;

    /// <summary>Gets the attempt.</summary>
    public SpendRequest Request { get; private set; } = null!;

    /// <summary>Gets the price of the attempt's model.</summary>
    public PriceResolution Price { get; private set; } = null!;

    /// <summary>Gets the price of what the attempt has reserved before; <see langword="null"/> if this is its first reservation.</summary>
    public PriceResolution? CoveredPrice { get; private set; }

    /// <summary>Gets when the plan began, by the ledger's clock.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>Gets a value indicating whether the money has been spent already, so that nothing can be refused.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Gets or sets the version of the ledger's settings that the limits follow.</summary>
    public long? SettingsVersion { get; set; }

    /// <summary>Gets the budgets that apply.</summary>
    public List<AppliedBudget> Applied { get; } = [];

    /// <summary>Gets the lines. The array is not reused.</summary>
    public LedgerLine[] Lines { get; private set; } = [];

    /// <summary>Gets the budget behind each line. The array is not changed after it was handed out.</summary>
    public BudgetLine[] Meaning { get; private set; } = [];

    /// <summary>Gets the highest amount of money that a line takes.</summary>
    public long NanoDollars { get; private set; }

    /// <summary>Gets a value indicating whether a line can refuse the attempt.</summary>
    public bool IsEnforced { get; private set; }

    /// <summary>Gets a value indicating whether the attempt is refused if the ledger fails.</summary>
    public bool DeniesWithoutLedger { get; private set; }

    /// <summary>Gets the budgets that admit the attempt although its price is not known.</summary>
    public IReadOnlyList<(BudgetBook Book, string Key)> Unpriced => _unpriced ?? [];

    /// <summary>Gets the observing budgets that would refuse the attempt if they enforced.</summary>
    public IReadOnlyList<(BudgetBook Book, string Key, RefusalReason Reason)> WouldRefuse => _wouldRefuse ?? [];

    /// <summary>Clears the plan for another attempt.</summary>
    public void Begin(SpendRequest request, PriceResolution price, PriceResolution? coveredPrice, DateTimeOffset now, bool isSpent)
    {
        Request = request;
        Price = price;
        CoveredPrice = coveredPrice;
        Now = now;
        IsSpent = isSpent;
        Restart();
    }

    /// <summary>Clears the lines, so that the plan can be filled again with other limits.</summary>
    public void Restart()
    {
        SettingsVersion = null;
        _unpriced = null;
        _wouldRefuse = null;
        Applied.Clear();
        _lines = null;
        _count = 0;
        _meaning.Clear();
        Lines = [];
        Meaning = [];
        NanoDollars = 0;
        IsEnforced = false;
        DeniesWithoutLedger = false;
    }

    /// <summary>Adds the lines of every budget that applies. Returns a refusal if one refuses without the ledger.</summary>
    public SpendRefusal? Fill()
    {
        SpendRefusal? refusal = null;
        int? hash = HashOfKeys();
        _shape = hash is null ? null : shapes.Find(hash.Value);
        for (int i = 0; i < Applied.Count; i++)
        {
            refusal ??= Add(Applied[i]);
        }

        if (_wouldRefuse is { Count: > 0 })
        {
            // Enforcing budgets would refuse the attempt, so that none of them would take it.
            LeaveOutShadows();
        }

        Lines = _lines is null ? [] : _count == _lines.Length ? _lines : _lines[.._count];
        (_lines, _lastCount) = (null, _count);

        // Usually the same budgets apply with the same keys as for an attempt before.
        if (_shape is null || !_shape.Lines.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(_meaning)))
        {
            Meaning = [.. _meaning];
            if (hash is { } known)
            {
                shapes.Keep(new ReservationShape(known, Meaning, Array.ConvertAll(Lines, static line => line.Account)));
            }
        }
        else
        {
            Meaning = _shape.Lines;
        }

        return refusal;
    }

    /// <summary>Returns a hash of the budgets' keys; <see langword="null"/> if a key is the call's own, which no other attempt has.</summary>
    private int? HashOfKeys()
    {
        int hash = Applied.Count;
        for (int i = 0; i < Applied.Count; i++)
        {
            AppliedBudget applied = Applied[i];
            if (applied.LimitKey is not null)
            {
                return null;
            }

            hash = applied.Key.Length == 0 ? hash : unchecked((hash * 31) + applied.Key.GetHashCode(StringComparison.Ordinal));
        }

        return hash;
    }

    /// <summary>Returns the name of a line's account, without making it anew if an attempt before had the same line.</summary>
    private string AccountOf(in BudgetLine line) =>
        _shape is { } shape && _count < shape.Lines.Length && shape.Lines[_count].IsOfSameAccount(line)
            ? shape.Accounts[_count]
            : line.Book.Account(line.Unit, line.Key, line.IsShadow);

    /// <summary>Computes the most output tokens that the budgets can pay now; <see langword="null"/> if none of them limits it.</summary>
    /// <param name="states">The account of each line.</param>
    public long? FreeOutputTokens(IReadOnlyList<LedgerLineState> states)
    {
        long? free = null;
        for (int i = 0; i < states.Count; i++)
        {
            LedgerLine line = Lines[i];
            if (line.Mode == LedgerLineMode.Enforce)
            {
                Int128 left = (Int128)line.Limit!.Value + states[i].Granted - states[i].Charged - states[i].Held;
                free = Math.Min(free ?? long.MaxValue, Math.Max(0, Meaning[i].PayableOutputTokens(Request, Price, left)));
            }
        }

        return free;
    }

    private void LeaveOutShadows()
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_lines![i].Mode != LedgerLineMode.Shadow)
            {
                (_lines[kept], _meaning[kept]) = (_lines[i], _meaning[i]);
                kept++;
            }
        }

        _meaning.RemoveRange(kept, _count - kept);
        _count = kept;
    }

    private SpendRefusal? Add(in AppliedBudget applied)
    {
        if (applied.IsStopped && !IsSpent)
        {
            return Refusal(applied, RefusalReason.Stopped) with { Advice = applied.StopReason };
        }

        SpendRequest request = Request;
        PriceResolution price = Price;
        Budget budget = applied.Book.Budget;
        bool enforces = budget.Enforcement == Enforcement.Enforce && !IsSpent;
        bool isKnown = price.Match is not (PriceMatch.Unknown or PriceMatch.Inferred);

        // Without a limit for the key, a model without a price is admitted, so its tokens are counted.
        bool tracksCoverage = applied.Book.TracksCoverage || applied.Limit is null;
        ModelPrice? linePrice = price.ReservationPrice;
        ModelPrice? assumed = null;
        DeniesWithoutLedger |= budget.DeniesWithoutLedger;

        if (applied.Book.MissingTagOf(request, requiredOnly: true) is { } missing)
        {
            if (enforces)
            {
                return Refusal(applied, RefusalReason.MissingTag) with { Advice = $"the call {CallTags.WhyMissing(request.Tags, missing)}" };
            }

            if (budget.Enforcement == Enforcement.Observe && !IsSpent)
            {
                (_wouldRefuse ??= []).Add((applied.Book, applied.Key, RefusalReason.MissingTag));
            }
        }

        if (!isKnown)
        {
            if (budget.UnknownPriceBehavior.AssumedPrice is { } stand)
            {
                linePrice = assumed = stand;
            }
            else if (Equals(budget.UnknownPriceBehavior, UnknownPriceBehavior.Deny) && applied.Limit is not null)
            {
                if (enforces)
                {
                    string model = WrittenText.Of(request.ModelId);
                    return Refusal(applied, RefusalReason.UnknownPrice) with { Advice = price.AdviceFor(model) };
                }

                if (budget.Enforcement == Enforcement.Observe && !IsSpent)
                {
                    (_wouldRefuse ??= []).Add((applied.Book, applied.Key, RefusalReason.UnknownPrice));
                }
            }

            (_unpriced ??= []).Add((applied.Book, applied.Key));
        }

        // On a local server every raw request is free. Elsewhere a raw request may name another model than the free one.
        if (request.IsUnseen && ((applied.Limit is not null && price.Match != PriceMatch.Free) || budget.TokenLimit is not null))
        {
            if (enforces)
            {
                return Refusal(applied, RefusalReason.UnseenRawRequest) with { Advice = request.UnreadableAdvice ?? $"its client is not known to have a ChatWireHandler; {Advice(request)}" };
            }

            if (budget.Enforcement == Enforcement.Observe && !IsSpent)
            {
                (_wouldRefuse ??= []).Add((applied.Book, applied.Key, RefusalReason.UnseenRawRequest));
            }
        }

        bool isFree = isKnown && linePrice is { IsFree: true };
        long window = 0;
        if ((request.Estimate.IsUnbounded || linePrice is { IsPricedByUseOnly: true }) && ((applied.Limit is not null && !isFree) || budget.TokenLimit is not null))
        {
            if (budget.UnboundedInputBehavior == UnboundedInputBehavior.ReserveContextWindow && price.Limits?.ContextWindow is { } bound)
            {
                window = bound;
            }
            else if (enforces)
            {
                return Refusal(applied, RefusalReason.UnboundedInput);
            }
            else if (budget.Enforcement == Enforcement.Observe && !IsSpent)
            {
                (_wouldRefuse ??= []).Add((applied.Book, applied.Key, RefusalReason.UnboundedInput));
            }
        }

        (long dollars, long tokens) = WorstCase(request, linePrice, window);
        if (request.Covered is { } covered)
        {
            (long coveredDollars, long coveredTokens) = WorstCase(covered, assumed ?? CoveredPrice?.ReservationPrice, covered.Estimate.IsUnbounded ? window : 0);
            dollars = Math.Max(0, dollars - coveredDollars);
            tokens = Math.Max(0, tokens - coveredTokens);
        }

        // A request that is sent again, or asks more, belongs to an attempt that was counted.
        long requests = request.Part > 0 ? 0 : request.Closing is null ? 1 : 2;

        NanoDollars = Math.Max(NanoDollars, dollars);
        AddUnit(applied, BudgetUnit.Dollars, dollars, applied.Limit, assumed, window);
        if (budget.TokenLimit is not null || tracksCoverage)
        {
            AddUnit(applied, BudgetUnit.Tokens, tokens, budget.TokenLimit, null, window);
        }

        if (budget.RequestLimit is not null)
        {
            AddUnit(applied, BudgetUnit.Requests, requests, budget.RequestLimit, null, window);
        }

        if (!isKnown && (tracksCoverage || IsSpent))
        {
            AddLine(applied, BudgetUnit.UnpricedTokens, tokens, null, null, window, LedgerLineMode.Record, isShadow: false);
        }

        return null;
    }

    private static (long Dollars, long Tokens) WorstCase(SpendRequest request, ModelPrice? price, long window)
    {
        long input = Math.Max(request.Estimate.InputUpperBound, window);
        long tokens = SaturatingMath.Add(input, request.OutputTokens);
        long dollars = price?.WorstCaseNanoDollars(input, request.OutputTokens, request.ServiceTier) ?? 0;
        if (request.Closing is { } closing)
        {
            long closingInput = closing.InputTokens(input, request.OutputTokens);
            dollars = SaturatingMath.Add(dollars, price?.WorstCaseNanoDollars(closingInput, closing.OutputTokens, request.ServiceTier) ?? 0);
            tokens = SaturatingMath.Add(tokens, SaturatingMath.Add(closingInput, closing.OutputTokens));
        }

        return (dollars, tokens);
    }

    private static SpendRefusal Refusal(in AppliedBudget applied, RefusalReason reason) => new()
    {
        Budget = applied.Book.Budget.Name,
        Key = applied.Key,
        Reason = reason,
        Limit = (applied.Limit ?? 0) / 1_000_000_000m,
    };

    private static string Advice(SpendRequest request)
    {
        string? provider = WrittenText.Of(request.Provider);
        return string.IsNullOrEmpty(provider)
            ? $"the client of route '{WrittenText.Of(request.Route)}' needs the line: {SdkAdvice.ChatWire(null)}"
            : $"the {provider} client of route '{WrittenText.Of(request.Route)}' needs the line: {SdkAdvice.ChatWire(request.Provider)}";
    }

    private void AddUnit(in AppliedBudget applied, BudgetUnit unit, long amount, long? limit, ModelPrice? assumed, long window)
    {
        Enforcement enforcement = applied.Book.Budget.Enforcement;

        // An amount of zero is never refused, however far a budget is beyond its limit.
        bool isEnforced = enforcement == Enforcement.Enforce && !IsSpent && limit is not null && amount > 0;
        IsEnforced |= isEnforced;
        AddLine(applied, unit, amount, limit, assumed, window, isEnforced ? LedgerLineMode.Enforce : LedgerLineMode.Record, isShadow: false);
        if (enforcement == Enforcement.Observe && limit is not null && amount > 0)
        {
            AddLine(applied, unit, amount, limit, assumed, window, IsSpent ? LedgerLineMode.Record : LedgerLineMode.Shadow, isShadow: true);
        }
    }

    private void AddLine(
        in AppliedBudget applied, BudgetUnit unit, long amount, long? limit, ModelPrice? assumed, long window, LedgerLineMode mode, bool isShadow)
    {
        var meaning = new BudgetLine(applied.Book, applied.Key, unit, isShadow, applied.Slice, assumed, window);
        string account = AccountOf(meaning);
        _lines ??= new LedgerLine[Math.Max(1, _lastCount)];
        if (_count == _lines.Length)
        {
            Array.Resize(ref _lines, 2 * _count);
        }

        _lines[_count++] = new LedgerLine
        {
            Account = account,
            Period = applied.Slice.Index,
            FirstPeriod = applied.Slice.FirstIndex,
            ForgetAfter = applied.Slice.ForgetAfter,
            Amount = amount,
            Limit = limit,
            Mode = mode,
        };
        _meaning.Add(meaning);
    }
}
