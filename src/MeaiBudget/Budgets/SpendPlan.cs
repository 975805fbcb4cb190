namespace MeaiBudget;

/// <summary>What an attempt takes from a gate's budgets: the ledger's lines, and what each stands for.</summary>
/// <param name="capacity">How many lines are expected.</param>
/// <param name="isSpent">Whether it has been spent already, so that nothing can be refused.</param>
internal sealed class SpendPlan(int capacity, bool isSpent = false)
{
    private List<(BudgetBook Book, string Key)>? _unpriced;
    private List<(BudgetBook Book, string Key, RefusalReason Reason)>? _wouldRefuse;

    public List<LedgerLine> Lines { get; } = new(capacity);

    public List<SpendLine> Meaning { get; } = new(capacity);

    /// <summary>Gets the highest amount of money that a line takes.</summary>
    public long NanoDollars { get; private set; }

    public bool IsEnforced { get; private set; }

    /// <summary>Gets a value indicating whether the attempt is refused where the ledger cannot be asked.</summary>
    public bool DeniesWithoutLedger { get; private set; }

    public IReadOnlyList<(BudgetBook Book, string Key)> Unpriced => _unpriced ?? [];

    public IReadOnlyList<(BudgetBook Book, string Key, RefusalReason Reason)> WouldRefuse => _wouldRefuse ?? [];

    /// <summary>Adds what one budget takes; a refusal if it can say so without asking the ledger.</summary>
    public SpendRefusal? Add(in AppliedBudget applied, SpendRequest request, PriceResolution price)
    {
        Budget budget = applied.Book.Budget;
        bool enforces = budget.Enforcement == Enforcement.Enforce && !isSpent;
        bool isKnown = price.Match is not (PriceMatch.Unknown or PriceMatch.Inferred);
        ModelPrice? linePrice = price.Price;
        ModelPrice? assumed = null;
        DeniesWithoutLedger |= budget.DeniesWithoutLedger;

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
                    return Refusal(applied, RefusalReason.UnknownPrice);
                }

                if (budget.Enforcement == Enforcement.Observe && !isSpent)
                {
                    (_wouldRefuse ??= []).Add((applied.Book, applied.Key, RefusalReason.UnknownPrice));
                }
            }

            (_unpriced ??= []).Add((applied.Book, applied.Key));
        }

        bool isFree = isKnown && linePrice is { IsFree: true };
        long input = request.Estimate.InputUpperBound;
        if (request.Estimate.IsUnbounded && ((applied.Limit is not null && !isFree) || budget.TokenLimit is not null))
        {
            long? window = budget.UnboundedInputBehavior == UnboundedInputBehavior.ReserveContextWindow ? price.Limits?.ContextWindow : null;
            if (window is { } bound)
            {
                input = Math.Max(input, bound);
            }
            else if (enforces)
            {
                return Refusal(applied, RefusalReason.UnboundedInput);
            }
            else if (budget.Enforcement == Enforcement.Observe && !isSpent)
            {
                (_wouldRefuse ??= []).Add((applied.Book, applied.Key, RefusalReason.UnboundedInput));
            }
        }

        long tokens = SaturatingAdd(input, request.OutputTokens);
        long dollars = linePrice?.WorstCaseNanoDollars(input, request.OutputTokens, request.ServiceTier) ?? 0;
        long requests = 1;
        if (request.Closing is { } closing)
        {
            long closingInput = closing.InputTokens(input, request.OutputTokens);
            dollars = SaturatingAdd(dollars, linePrice?.WorstCaseNanoDollars(closingInput, closing.OutputTokens, request.ServiceTier) ?? 0);
            tokens = SaturatingAdd(tokens, SaturatingAdd(closingInput, closing.OutputTokens));
            requests++;
        }

        NanoDollars = Math.Max(NanoDollars, dollars);
        AddUnit(applied, SpendUnit.Dollars, dollars, applied.Limit, assumed, input);
        if (budget.TokenLimit is not null || applied.Book.TracksCoverage)
        {
            AddUnit(applied, SpendUnit.Tokens, tokens, budget.TokenLimit, null, input);
        }

        if (budget.RequestLimit is not null)
        {
            AddUnit(applied, SpendUnit.Requests, requests, budget.RequestLimit, null, input);
        }

        if (!isKnown && (applied.Book.TracksCoverage || isSpent))
        {
            AddLine(applied, SpendUnit.UnpricedTokens, tokens, null, null, input, LedgerLineMode.Record, isShadow: false);
        }

        return null;
    }

    public static SpendRefusal Refusal(in AppliedBudget applied, RefusalReason reason) => new()
    {
        Budget = applied.Book.Budget.Name,
        Key = applied.Key,
        Reason = reason,
        Limit = (applied.Limit ?? 0) / 1_000_000_000m,
    };

    private void AddUnit(in AppliedBudget applied, SpendUnit unit, long amount, long? limit, ModelPrice? assumed, long input)
    {
        Enforcement enforcement = applied.Book.Budget.Enforcement;

        // What costs nothing is never refused for want of money, however far beyond its limit a budget is.
        bool isEnforced = enforcement == Enforcement.Enforce && !isSpent && limit is not null && amount > 0;
        IsEnforced |= isEnforced;
        AddLine(applied, unit, amount, limit, assumed, input, isEnforced ? LedgerLineMode.Enforce : LedgerLineMode.Record, isShadow: false);
        if (enforcement == Enforcement.Observe && limit is not null && amount > 0)
        {
            AddLine(applied, unit, amount, limit, assumed, input, isSpent ? LedgerLineMode.Record : LedgerLineMode.Shadow, isShadow: true);
        }
    }

    private void AddLine(
        in AppliedBudget applied, SpendUnit unit, long amount, long? limit, ModelPrice? assumed, long input, LedgerLineMode mode, bool isShadow)
    {
        Lines.Add(new LedgerLine
        {
            Account = applied.Book.Account(unit, applied.Key, isShadow),
            Period = applied.Slice.Index,
            FirstPeriod = applied.Slice.FirstIndex,
            ForgetAfter = applied.Slice.ForgetAfter,
            Amount = amount,
            Limit = limit,
            Mode = mode,
        });
        Meaning.Add(new SpendLine(applied.Book, applied.Key, unit, isShadow, applied.Slice, assumed, input));
    }

    private static long SaturatingAdd(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;
}
