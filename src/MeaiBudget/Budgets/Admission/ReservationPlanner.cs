namespace MeaiBudget;

/// <summary>Plans what an attempt reserves: the price, the budgets that apply, their limits, and the reservation in the ledger.</summary>
internal sealed class ReservationPlanner(string owner, LedgerAccess access, IBudgetSelection selection, BudgetEvents events)
{
    private readonly ISpendLedger _ledger = access.Ledger;

    private readonly ReservationShapes _shapes = new();

    /// <summary>A plan for reuse, so that not every attempt allocates one.</summary>
    private ReservationPlan? _spare;

    /// <summary>Begins a plan. <see cref="FillAsync"/> fills it, and <see cref="Return"/> makes it available for reuse.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="isSpent">True if the money has been spent already, so that nothing can be refused.</param>
    public ReservationPlan Begin(SpendRequest request, bool isSpent = false)
    {
        DateTimeOffset now = _ledger.Clock.GetUtcNow();
        PriceResolution price = selection.PriceOf(request);
        ReservationPlan plan = Interlocked.Exchange(ref _spare, null) ?? new ReservationPlan(_shapes);
        plan.Begin(request, price, request.Covered is { } covered ? selection.PriceOf(covered) : null, now, isSpent);
        return plan;
    }

    public void Return(ReservationPlan plan) => Volatile.Write(ref _spare, plan);

    /// <summary>Adds the lines of all budgets that apply. Returns a refusal if the ledger is not needed to refuse.</summary>
    public ValueTask<SpendRefusal?> FillAsync(ReservationPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.IsSpent && selection.RefusalOf(plan.Request) is { } refusal)
        {
            return new(refusal);
        }

        // Read before the limits: if they change meanwhile, the ledger finds the older version.
        plan.SettingsVersion = plan.IsSpent ? null : selection.SettingsVersion;
        selection.Select(plan.Request, plan.Now, plan.Applied);
        ValueTask limiting = selection.LimitAsync(plan.Applied, cancellationToken);
        return limiting.IsCompletedSuccessfully ? new(plan.Fill()) : FillWhenLimitedAsync(limiting, plan);
    }

    /// <summary>Reads the limits that operators set again. Returns true if they changed, or if the ledger says that they did.</summary>
    /// <param name="plan">The plan, which is cleared for another fill.</param>
    /// <param name="age">The age of the known limits that is good enough.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    public async ValueTask<bool> RefreshAsync(ReservationPlan plan, TimeSpan age, CancellationToken cancellationToken)
    {
        if (!await selection.RefreshLimitsAsync(age, cancellationToken) && age > TimeSpan.Zero)
        {
            return false;
        }

        plan.Restart();
        return true;
    }

    /// <summary>Makes the reservation for the ledger.</summary>
    public LedgerReservation ToLedgerReservation(ReservationPlan plan)
    {
        SpendRequest request = plan.Request;
        return new LedgerReservation
        {
            Id = IdOf(request),
            Lines = plan.Lines,
            Lease = request.Lease,
            WantsStates = events.HasListeners,
            At = plan.Now,
            SettingsVersion = plan.SettingsVersion,
            Info = !access.DescribesAttempts ? null : InfoOf(request, plan.Now, plan.Price.Match == PriceMatch.Free, plan.NanoDollars),
        };
    }

    /// <summary>Returns what writes refusals to the history; <see langword="null"/> if there is none.</summary>
    public Action<SpendRequest, SpendRefusal, DateTimeOffset>? RecordsRefusals()
    {
        if (access.Records is not { } queue)
        {
            return null;
        }

        var records = new RefusalRecords(queue, _ledger.Clock);
        return (request, refusal, now) => records.Add(
            IdOf(request), InfoOf(request, now, request.IsFree, refusal.Unit == BudgetUnit.Dollars.Name() ? HistoryFacts.NanoDollars(refusal.Wanted) : 0), refusal);
    }

    private LedgerReservationId IdOf(SpendRequest request) => new(request.CallId, request.Attempt, request.Part == 0 ? owner : $"{owner}#{request.Part}");

    private LedgerCallInfo InfoOf(SpendRequest request, DateTimeOffset now, bool isFree, long nanoDollars) => new()
    {
        At = now,
        Provider = request.Provider,
        ModelId = WrittenText.Of(request.ModelId),
        Route = WrittenText.Of(request.Route),
        ModelClass = request.ModelClass,
        IsFree = isFree,
        FallbackFrom = request.Fallback?.From,
        FallbackReason = request.Fallback?.Reason,
        RunId = (request.Run as BudgetRunGate)?.Run.Id,
        Tags = RecordedTagsOf(request),
        EstimatedInputTokens = request.Estimate.InputTokens,
        ReservedInputTokens = request.Estimate.InputUpperBound,
        ReservedOutputTokens = request.OutputTokens,
        ReservedNanoDollars = nanoDollars,
    };

    /// <summary>Makes the answer for an admitted attempt.</summary>
    public LedgeredReservation Admitted(ReservationPlan plan, LedgerReservation reservation, bool isDegraded) => new()
    {
        Request = plan.Request,
        Price = plan.Price,
        NanoDollars = plan.NanoDollars,
        IsEnforced = plan.IsEnforced && !isDegraded,
        Budgets = selection.Names,
        Entry = reservation,
        Lines = plan.Meaning,
        IsDegraded = isDegraded,
    };

    /// <summary>Makes the answer that <see cref="Admitted"/> or a refusal would give, without a reservation.</summary>
    public SpendReservation Quoted(ReservationPlan plan, SpendRefusal? refusal) => new()
    {
        Request = plan.Request,
        Price = plan.Price,
        Refusal = refusal,
        NanoDollars = plan.NanoDollars,
        IsEnforced = plan.IsEnforced,
        Budgets = selection.Names,
    };

    private static async ValueTask<SpendRefusal?> FillWhenLimitedAsync(ValueTask limiting, ReservationPlan plan)
    {
        await limiting;
        return plan.Fill();
    }

    /// <summary>Only the tags that budgets use or the application names: any other tag of a request may hold a secret.</summary>
    private Dictionary<string, string>? RecordedTagsOf(SpendRequest request)
    {
        Dictionary<string, string>? tags = null;
        if (request.Tags is { } given)
        {
            foreach (string tag in selection.RecordedTags)
            {
                if (CallTags.TryGet(given, tag, out string? value) || CallTags.TryGet((given as CallTags)?.Attribution, tag, out value))
                {
                    (tags ??= new(StringComparer.Ordinal))[tag] = WrittenText.KeyOf(value);
                }
            }
        }

        return tags;
    }
}
