using System.Globalization;

namespace MeaiBudget;

/// <summary>Lists calls, from the history of the ledgers and from the receipts of this process.</summary>
internal sealed class ConsoleCalls(ConsoleCache cache, IReadOnlyList<ConsoleHistory> histories, RecentCalls? recent, TimeZoneInfo zone)
{
    public const int PageSize = 50;

    /// <summary>How many attempts a page reads at once: a call has several.</summary>
    private const int Records = 400;

    /// <summary>How often a page reads attempts at most, to find calls that the history cannot filter.</summary>
    private const int MostReads = 5;

    /// <summary>The same for what is rare: in doubt, without a price, failed.</summary>
    private const int MostReadsOfRare = 50;

    private static readonly TimeSpan TagNamesKeptFor = TimeSpan.FromSeconds(10);

    /// <summary>What a page can be cut down to, with the filter of the history that does it.</summary>
    private static readonly Dictionary<string, (string Name, string Value)> Shows = new(StringComparer.Ordinal)
    {
        ["refused"] = ("outcome", "refused"),
        ["fallback"] = ("fallback", "yes"),
        ["open"] = ("outcome", "open"),
    };

    /// <summary>Gets a value indicating whether a history keeps single calls. Known after the first page of calls was read.</summary>
    public bool HasCalls => histories.Any(history => history.HasCalls);

    /// <summary>Reads a page of calls, the newest first.</summary>
    /// <returns>The calls, and the cursor of the next page; <see langword="null"/> if this is the last one.</returns>
    public Task<(IReadOnlyList<ConsoleCall> Calls, string? Next)> ListAsync(ConsoleCallFilter filter, CancellationToken cancellationToken) =>
        cache.GetAsync($"calls {filter}", token => ReadAsync(filter, token), cancellationToken);

    /// <summary>Finds one call; <see langword="null"/> if neither a ledger nor this process knows it.</summary>
    public Task<ConsoleCall?> FindAsync(Guid callId, CancellationToken cancellationToken) => cache.GetAsync(
        $"call {callId}",
        async token =>
        {
            var where = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["call"] = callId.ToString("D") };
            var records = new List<SpendRecord>();
            foreach (ConsoleHistory history in histories)
            {
                records.AddRange(await history.ReadCallsAsync(new SpendQuery { Where = where, Take = 100 }, token));
            }

            CallReceipt? receipt = recent?.Find(callId);
            return records.Count > 0 ? Of(callId, records, receipt) : receipt is null ? null : Of(receipt);
        },
        cancellationToken);

    /// <summary>Reads the names of the tags of recent calls, to choose from.</summary>
    public Task<IReadOnlyList<string>> TagNamesAsync(CancellationToken cancellationToken) => cache.GetAsync(
        "tags",
        async token =>
        {
            var names = new SortedSet<string>(StringComparer.Ordinal);
            foreach (ConsoleHistory history in histories)
            {
                foreach (SpendRecord record in await history.ReadCallsAsync(new SpendQuery { Take = 100 }, token))
                {
                    names.UnionWith(record.Call?.Tags?.Keys ?? []);
                }
            }

            return (IReadOnlyList<string>)[.. names.Take(8)];
        },
        cancellationToken,
        _ => TagNamesKeptFor);

    /// <summary>Returns the filters that a history applies.</summary>
    public static SortedDictionary<string, string> WhereOf(ConsoleCallFilter filter)
    {
        var where = new SortedDictionary<string, string>(new Dictionary<string, string>(filter.Where), StringComparer.Ordinal);
        if (Shows.TryGetValue(filter.Show, out (string Name, string Value) show))
        {
            where[show.Name] = show.Value;
        }

        return where;
    }

    private async Task<(IReadOnlyList<ConsoleCall> Calls, string? Next)> ReadAsync(ConsoleCallFilter filter, CancellationToken cancellationToken)
    {
        if (!HasCalls)
        {
            return (OwnCalls(filter), null);
        }

        SortedDictionary<string, string> where = WhereOf(filter);
        int most = filter.Show is "doubt" or "unpriced" or "failed" ? MostReadsOfRare : MostReads;

        // Pages of several ledgers are those of the first: a cursor belongs to one of them.
        string[] after = filter.After?.Split(':', 2) ?? [];
        int at = after.Length == 2 && int.TryParse(after[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < histories.Count ? number : 0;
        string? cursor = after.Length == 2 ? after[1] : null;
        var calls = new List<ConsoleCall>();
        string? next = null;
        for (int tries = 0; tries < most && calls.Count < PageSize && at < histories.Count; tries++)
        {
            IReadOnlyList<SpendRecord> records = await histories[at].ReadCallsAsync(
                new SpendQuery { From = filter.From ?? DateTimeOffset.MinValue, To = filter.To ?? DateTimeOffset.MaxValue, Where = where, Take = Records, After = cursor, TimeZone = zone },
                cancellationToken);
            foreach (IGrouping<Guid, SpendRecord> call in records.Where(record => record.Id is not null).GroupBy(record => record.Id!.Value.CallId))
            {
                if (calls.Count == PageSize)
                {
                    break;
                }

                cursor = call.Last().Cursor;
                ConsoleCall found = Of(call.Key, [.. call], recent?.Find(call.Key));
                if (IsShown(found, filter))
                {
                    calls.Add(found);
                }
            }

            if (calls.Count == PageSize || records.Count == Records)
            {
                next = $"{at}:{cursor}";
            }
            else
            {
                (next, cursor, at) = (at + 1 < histories.Count ? $"{at + 1}:" : null, null, at + 1);
            }
        }

        return HasCalls ? (calls, next is { } more && more.EndsWith(':') && at >= histories.Count ? null : next) : (OwnCalls(filter), null);
    }

    /// <summary>Lists the last calls of this process, where no history keeps calls.</summary>
    private IReadOnlyList<ConsoleCall> OwnCalls(ConsoleCallFilter filter) => recent is null
        ? []
        : [.. recent.Receipts().Select(Of).Where(call => IsShown(call, filter) && IsFound(call, filter)).Take(PageSize)];

    /// <summary>Checks the filters that a history would apply.</summary>
    private static bool IsFound(ConsoleCall call, ConsoleCallFilter filter) =>
        (filter.From is not { } from || call.At >= from) && (filter.To is not { } to || call.At < to)
        && filter.Where.All(where => where.Key switch
        {
            "model" => call.Receipt!.RequestedModelId == where.Value || call.Receipt.Attempts.Any(attempt => attempt.ModelId == where.Value),
            "provider" => call.Receipt!.Attempts.Any(attempt => attempt.Provider == where.Value),
            "route" => call.Receipt!.Attempts.Any(attempt => attempt.Route == where.Value),
            "run" => call.RunId == where.Value,
            "budget" => call.Receipt!.Attempts.Any(attempt => attempt.Refusal?.Budget == where.Value || attempt.Budgets.Contains(where.Value)),
            "key" => call.Receipt!.Attempts.Any(attempt => attempt.Refusal?.Key == where.Value),

            // A receipt has no tags.
            _ => false,
        });

    /// <summary>Checks what the history cannot filter by.</summary>
    private static bool IsShown(ConsoleCall call, ConsoleCallFilter filter) => filter.Show switch
    {
        "doubt" => call.Unconfirmed > 0m,
        "unpriced" => call.IsUnpriced,
        "failed" => call.Outcome is not ("Answered" or "Refused" or "Open" or "Fallback"),
        "refused" => call.IsRefused,
        "fallback" => call.Outcome == "Fallback" || call.Records.Any(record => record.Call?.FallbackFrom is not null),
        "open" => call.Outcome == "Open",
        _ => true,
    };

    private static ConsoleCall Of(Guid callId, IReadOnlyList<SpendRecord> found, CallReceipt? receipt)
    {
        // A tracker and a run record the same attempt: the one with the larger charge is shown, of equal ones that with the tags.
        SpendRecord[] records = [.. found.GroupBy(record => record.Id!.Value.Attempt)
            .Select(same => same.MaxBy(record => (record.Spent + record.Held, record.Call?.Tags?.Count ?? 0))!).OrderBy(record => record.Id!.Value.Attempt)];
        SpendRecord last = records[^1];
        SpendRecord? refused = Array.FindLast(records, record => record.Refusal is not null);
        SpendRecord? answer = Array.FindLast(records, record => record.State is "settled" or "unconfirmed" && record.Outcome is "ok" or null);
        (string outcome, string? detail) = receipt is not null ? OutcomeOf(receipt) : OutcomeOf(last, answer, refused);

        // Of a call that nothing answered, what it asked for first.
        SpendRecord shown = answer ?? (refused is null ? last : records[0]);
        return new ConsoleCall
        {
            CallId = callId,
            At = records[0].First ?? default,
            Outcome = outcome,
            Detail = detail,
            Route = shown.Call?.Route,
            Model = shown.ResponseModelId ?? shown.Call?.ModelId,
            Provider = shown.Call?.Provider,
            Tags = shown.Call?.Tags ?? new Dictionary<string, string>(),
            RunId = shown.Call?.RunId,
            Spent = records.Sum(record => record.Spent),
            Held = records.Sum(record => record.Held),
            Unconfirmed = records.Sum(record => record.Unconfirmed),
            IsUnpriced = Array.Exists(records, record => record.Unpriced > 0),
            InputTokens = records.Sum(record => record.Usage.InputTokens),
            OutputTokens = records.Sum(record => record.Usage.OutputTokens),
            Attempts = records.Length,
            Records = records,
            Receipt = receipt,
        };
    }

    private static ConsoleCall Of(CallReceipt receipt)
    {
        (string outcome, string? detail) = OutcomeOf(receipt);
        AttemptReceipt? last = receipt.Answer ?? (receipt.Attempts.Count == 0 ? null : outcome == "Refused" ? receipt.Attempts[0] : receipt.Attempts[^1]);
        return new ConsoleCall
        {
            CallId = receipt.CallId,
            At = receipt.StartedAt,
            Outcome = outcome,
            Detail = detail,
            Route = last?.Route,
            Model = last?.ResponseModelId ?? last?.ModelId ?? receipt.RequestedModelId,
            Provider = last?.Provider,
            RunId = receipt.RunId,
            Spent = receipt.Cost,
            Unconfirmed = receipt.Attempts.Where(attempt => attempt.IsUnconfirmed).Sum(attempt => attempt.Cost.Amount),
            IsUnpriced = receipt.Attempts.Any(attempt => attempt.Outcome == AttemptOutcome.Answered && attempt.Cost.Kind == CostKind.Unknown),
            InputTokens = receipt.Attempts.Sum(attempt => attempt.Usage.InputTokens),
            OutputTokens = receipt.Attempts.Sum(attempt => attempt.Usage.OutputTokens),
            Attempts = receipt.Attempts.Count,
            Receipt = receipt,
        };
    }

    /// <summary>Says how a call ended: of one that no route answered, a refusal by a budget counts more than a candidate that was skipped.</summary>
    private static (string Outcome, string? Detail) OutcomeOf(CallReceipt receipt)
    {
        AttemptReceipt? refused = receipt.Attempts.LastOrDefault(attempt => attempt.Refusal is not null);
        AttemptReceipt? failed = receipt.Attempts.LastOrDefault(attempt => attempt.Outcome is AttemptOutcome.Failed or AttemptOutcome.CircuitOpen);
        string? why = refused?.Refusal is { } refusal ? WhyRefused(refusal)
            : failed?.Failure is { } failure ? $"{failed.Route}: {failure.Kind}"
            : failed is not null ? $"{failed.Route}: circuit open" : null;
        if (receipt.Answer is { } answer)
        {
            return receipt.WasSubstituted ? ("Fallback", why is null ? $"{answer.Route} answered" : $"{answer.Route} answered after {why}") : ("Answered", refused is null ? null : why);
        }

        AttemptReceipt? last = receipt.Attempts.Count > 0 ? receipt.Attempts[^1] : null;
        return refused is not null ? ("Refused", why)
            : last?.Outcome == AttemptOutcome.Cancelled ? ("Cancelled", null)
            : failed is not null ? (failed.Failure?.Kind.ToString() ?? "CircuitOpen", why)
            : (last?.Outcome.ToString() ?? "None", last?.SkipReason);
    }

    private static (string Outcome, string? Detail) OutcomeOf(SpendRecord last, SpendRecord? answer, SpendRecord? refused)
    {
        string? why = refused?.Refusal is { } refusal ? WhyRefused(refusal) : null;
        if (answer?.Call?.FallbackFrom is { } from)
        {
            return ("Fallback", $"{answer.Call.Route} answered after {from}: {answer.Call.FallbackReason ?? "unknown"}");
        }

        return answer is not null ? ("Answered", why)
            : refused is not null ? ("Refused", refused.Refused > 1 ? string.Create(CultureInfo.InvariantCulture, $"{why}, {refused.Refused} times in a minute") : why)
            : last.State == "open" ? ("Open", null)
            : last.State == "expired" ? ("Expired", "not settled before its lease ended; charged in full")
            : last.State == "released" ? (last.Outcome ?? "Released", "nothing was billed")
            : (last.Outcome ?? last.State ?? "None", null);
    }

    private static string WhyRefused(SpendRefusal refusal) => refusal.Key.Length > 0 ? $"{refusal.Budget} of {refusal.Key}: {refusal.Reason}" : $"{refusal.Budget}: {refusal.Reason}";
}
