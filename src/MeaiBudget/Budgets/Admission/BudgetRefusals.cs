namespace MeaiBudget;

/// <summary>Explains why an attempt does not fit: which budget refuses it, what the budgets could pay, and when it fits at the earliest.</summary>
internal sealed class BudgetRefusals(LedgerAccess access)
{
    /// <summary>The <see cref="SpendRefusal.RetryAfter"/> of a refusal because of other calls' reservations.</summary>
    private static readonly TimeSpan HeldRetryAfter = TimeSpan.FromSeconds(1);

    /// <param name="plan">The plan that does not fit.</param>
    /// <param name="states">The account of each line.</param>
    /// <param name="queued">The account for which another call waits that came first; <see langword="null"/> if there is none.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    public async ValueTask<SpendRefusal> ExplainAsync(
        ReservationPlan plan, IReadOnlyList<LedgerLineState> states, string? queued, CancellationToken cancellationToken)
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
            payable = Math.Min(payable, plan.Meaning[i].PayableOutputTokens(plan.Request, plan.Price, left));
            free = Math.Min(free, plan.Meaning[i].PayableOutputTokens(plan.Request, plan.Price, left - state.Held));
            if (line.Amount > left)
            {
                // If several budgets are spent, the refusal names the one that resets last.
                DateTimeOffset? fits = await FitsAtAsync(line, plan.Meaning[i], state, cancellationToken);
                if (!isSpent || IsLater(fits, resetsAt))
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
        decimal scale = meaning.Unit.Scale();
        return new SpendRefusal
        {
            Budget = meaning.Book.Budget.Name,
            Key = meaning.Key,
            Reason = isSpent ? RefusalReason.Spent : RefusalReason.Held,
            Unit = meaning.Unit.Name(),
            Limit = ((decimal)(refused.Limit ?? 0) + seen.Granted) / scale,
            Spent = seen.Charged / scale,
            Held = seen.Held / scale,
            Wanted = refused.Amount / scale,
            ResetsAt = isSpent ? resetsAt : meaning.Slice.End,
            RetryAfter = !isSpent ? HeldRetryAfter : resetsAt is { } at ? at - plan.Now : null,
            PayableOutputTokens = payable,
            FreeOutputTokens = free,
            Account = refused.Account,
            WantedAmount = refused.Amount,
            Query = new LedgerAccountQuery(refused.Account, refused.FirstPeriod, refused.Period),
            Seen = seen,
            IsQueued = refused.Account == queued,
            MaxWait = meaning.Book.Budget.MaxWait,
        };
    }

    /// <summary>True if the first moment is later; <see langword="null"/> means never.</summary>
    private static bool IsLater(DateTimeOffset? one, DateTimeOffset? other) => other is not null && (one is null || one > other);

    /// <summary>Finds when the line fits at the earliest, if nothing more is spent; <see langword="null"/> if it exceeds the limit alone.</summary>
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
            left = await access.Ledger.ReadAsync(later, cancellationToken);
        }
        catch (SpendLedgerException exception)
        {
            // The refusal stands without the ledger; only its end is less exact.
            access.LogFailure(exception);
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
