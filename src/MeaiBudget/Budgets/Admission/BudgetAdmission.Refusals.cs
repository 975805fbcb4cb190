namespace MeaiBudget;

/// <content>What is said to an attempt that does not fit.</content>
internal sealed partial class BudgetAdmission
{
    /// <summary>What is suggested to a call that waited for others' money in vain.</summary>
    private static readonly TimeSpan HeldRetryAfter = TimeSpan.FromSeconds(1);

    private async ValueTask<SpendRefusal> RefusalOfAsync(
        SpendRequest request,
        PriceResolution price,
        ReservationPlan plan,
        IReadOnlyList<LedgerLineState> states,
        string? queued,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        long payable = long.MaxValue;
        long free = long.MaxValue;
        int refusing = -1;
        bool isSpent = false;
        DateTimeOffset? resetsAt = null;
        for (int i = 0; i < states.Count; i++)
        {
            LedgerLine line = plan.Lines[i];
            if (line.Mode != LedgerLineMode.Enforce)
            {
                continue;
            }

            LedgerLineState state = states[i];
            Int128 left = (Int128)line.Limit!.Value + state.Granted - state.Charged;
            payable = Math.Min(payable, PayableOutputTokens(request, price, plan.Meaning[i], left));
            free = Math.Min(free, PayableOutputTokens(request, price, plan.Meaning[i], left - state.Held));
            if (line.Amount > left)
            {
                // Of several that are spent, the one that takes longest says when to come back.
                DateTimeOffset? fits = await FitsAtAsync(line, plan.Meaning[i], state, cancellationToken);
                if (!isSpent || Later(fits, resetsAt))
                {
                    (refusing, isSpent, resetsAt) = (i, true, fits);
                }
            }
            else if (!isSpent && (refusing < 0 || line.Account == queued) && (!state.Fits || line.Account == queued))
            {
                refusing = i;
            }
        }

        refusing = Math.Max(refusing, 0);
        LedgerLine refused = plan.Lines[refusing];
        BudgetLine meaning = plan.Meaning[refusing];
        LedgerLineState seen = states[refusing];
        decimal unit = meaning.Unit == BudgetUnit.Dollars ? 1_000_000_000m : 1m;
        return new SpendRefusal
        {
            Budget = meaning.Book.Budget.Name,
            Key = meaning.Key,
            Reason = isSpent ? RefusalReason.Spent : RefusalReason.Held,
            Unit = NameOf(meaning.Unit),
            Limit = ((decimal)(refused.Limit ?? 0) + seen.Granted) / unit,
            Spent = seen.Charged / unit,
            Held = seen.Held / unit,
            Wanted = refused.Amount / unit,
            ResetsAt = isSpent ? resetsAt : meaning.Slice.End,
            RetryAfter = !isSpent ? HeldRetryAfter : resetsAt is { } at ? at - now : null,
            PayableOutputTokens = payable,
            FreeOutputTokens = free,
            Account = refused.Account,
            Query = new LedgerAccountQuery(refused.Account, refused.FirstPeriod, refused.Period),
            Seen = seen,
            IsQueued = refused.Account == queued,
            MaxWait = meaning.Book.Budget.MaxWait,
        };
    }

    /// <summary>The most output tokens that the budgets could pay now; <see langword="null"/> if none of them limits it.</summary>
    internal static long? FreeOutputTokens(SpendRequest request, PriceResolution price, ReservationPlan plan, IReadOnlyList<LedgerLineState> states)
    {
        long? free = null;
        for (int i = 0; i < states.Count; i++)
        {
            LedgerLine line = plan.Lines[i];
            if (line.Mode == LedgerLineMode.Enforce)
            {
                Int128 left = (Int128)line.Limit!.Value + states[i].Granted - states[i].Charged - states[i].Held;
                free = Math.Min(free ?? long.MaxValue, Math.Max(0, PayableOutputTokens(request, price, plan.Meaning[i], left)));
            }
        }

        return free;
    }

    internal static string NameOf(BudgetUnit unit) => unit switch
    {
        BudgetUnit.Dollars => "USD",
        BudgetUnit.Requests => "requests",
        _ => "tokens",
    };

    private static bool Later(DateTimeOffset? one, DateTimeOffset? other) => other is not null && (one is null || one > other);

    private static long PayableOutputTokens(SpendRequest request, PriceResolution price, BudgetLine line, Int128 left)
    {
        if (left < 0)
        {
            return -1;
        }

        long input = line.InputTokens(request);
        ModelPrice? linePrice = line.Assumed ?? price.Price;
        if (request.Closing is { } closing)
        {
            // The closing answer's share falls with the bound; taking it at the bound that was asked for errs on the safe side.
            long closingInput = closing.InputTokens(input, request.OutputTokens);
            left -= line.Unit switch
            {
                BudgetUnit.Dollars => linePrice?.WorstCaseNanoDollars(closingInput, closing.OutputTokens, request.ServiceTier) ?? 0,
                BudgetUnit.Tokens => closingInput + closing.OutputTokens,
                _ => 1,
            };
            if (left < 0)
            {
                return -1;
            }
        }

        long amount = left > long.MaxValue ? long.MaxValue : (long)left;
        return line.Unit switch
        {
            BudgetUnit.Dollars => linePrice?.PayableOutputTokens(amount, input, request.ServiceTier) ?? long.MaxValue,
            BudgetUnit.Tokens => amount < input ? -1 : amount - input,
            _ => amount < 1 ? -1 : long.MaxValue,
        };
    }

    /// <summary>When what is wanted fits at the earliest, if nothing more is spent.</summary>
    private async ValueTask<DateTimeOffset?> FitsAtAsync(
        LedgerLine line, BudgetLine meaning, LedgerLineState state, CancellationToken cancellationToken)
    {
        Int128 limit = (Int128)line.Limit!.Value + state.Granted;
        if (line.Amount > limit)
        {
            return null;
        }

        BudgetPeriod period = meaning.Book.Budget.Period;
        if (period.Kind != BudgetPeriodKind.Rolling)
        {
            return meaning.Slice.End;
        }

        var later = new LedgerAccountQuery[(int)Math.Min(line.Period - line.FirstPeriod, 4 * BudgetPeriod.BucketsPerSpan)];
        for (int i = 0; i < later.Length; i++)
        {
            later[i] = new LedgerAccountQuery(line.Account, line.FirstPeriod + i + 1, line.Period);
        }

        IReadOnlyList<LedgerLineState> left;
        try
        {
            left = await _ledger.ReadAsync(later, cancellationToken);
        }
        catch (SpendLedgerException exception)
        {
            // The refusal stands; only when it ends is not known better than this.
            WhenLedgerUnavailable(exception);
            return period.OutsideAt(line.Period);
        }

        for (int i = 0; i < later.Length; i++)
        {
            if (left[i].Charged + (Int128)line.Amount <= limit)
            {
                return period.OutsideAt(line.FirstPeriod + i);
            }
        }

        return period.OutsideAt(line.Period);
    }
}
