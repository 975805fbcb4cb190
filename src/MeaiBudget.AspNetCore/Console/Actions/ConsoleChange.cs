using System.Globalization;

namespace MeaiBudget;

/// <summary>A change that a form asks for: stop, resume, grant, limit or adjust.</summary>
internal sealed record ConsoleChange
{
    /// <summary>The names of all changes.</summary>
    public static readonly string[] Names = ["stop", "resume", "grant", "limit", "adjust"];

    private const int LongestKey = 500;
    private const decimal Most = 9_000_000_000m;
    private static readonly string[] Moments = ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK"];
    private const int LongestReason = 300;

    public required string What { get; init; }

    public int Tracker { get; init; }

    public string Budget { get; init; } = "";

    public string Key { get; init; } = "";

    public string Amount { get; init; } = "";

    public string Until { get; init; } = "";

    public string Reason { get; init; } = "";

    public Guid Call { get; init; }

    public int Attempt { get; init; }

    /// <summary>Gets the id of the form, by which a grant or a correction that is sent twice is applied once.</summary>
    public Guid Id { get; init; }

    /// <summary>Reads a change from a link or a form. Without a tracker, it is the first that has the budget.</summary>
    public static ConsoleChange Of(Func<string, string?> field, ConsoleData data) => new()
    {
        What = field("do") ?? "",
        Tracker = string.IsNullOrEmpty(field("tracker")) ? data.TrackerOf(field("budget"))
            : int.TryParse(field("tracker"), NumberStyles.None, CultureInfo.InvariantCulture, out int tracker) ? tracker : -1,
        Budget = field("budget") ?? "",
        Key = field("key") ?? "",
        Amount = field("amount")?.Trim() ?? "",
        Until = field("until")?.Trim() ?? "",
        Reason = field("reason")?.Trim() ?? "",
        Call = Guid.TryParse(field("call"), out Guid call) ? call : Guid.Empty,
        Attempt = int.TryParse(field("attempt"), NumberStyles.None, CultureInfo.InvariantCulture, out int attempt) ? attempt : 0,
        Id = Guid.TryParse(field("id"), out Guid id) ? id : Guid.NewGuid(),
    };

    /// <summary>Checks what a change is about, before its form is shown and before it is applied.</summary>
    /// <returns>What is wrong; <see langword="null"/> for nothing.</returns>
    public string? TargetProblem(ConsoleData data)
    {
        if (!Names.Contains(What))
        {
            return $"Unknown change '{Shorten(What)}'. Use stop, resume, grant, limit or adjust.";
        }

        if (What == "adjust")
        {
            return null;
        }

        if (data.Find(Tracker, Budget) is not { } found)
        {
            return $"No budget is named '{Shorten(Budget)}'.";
        }

        // A browser removes line ends from a field: the form would change another key than the one that was asked for.
        return Key.Length > LongestKey ? $"The key is longer than {LongestKey} characters."
            : Key.Any(char.IsControl) ? "The key has line ends or other control characters, which a form cannot send. Change it in code or with the command line."
            : Key.Length > 0 && !found.Budget.IsDivided && found.Budget.Period.Kind != BudgetPeriodKind.Run ? $"The budget '{Budget}' is not divided, so it has no key '{Shorten(Key)}'."
            : null;
    }

    /// <summary>Applies the change in the ledger, so that every service obeys, and writes it to the audit trail.</summary>
    /// <returns>What is wrong with the change; <see langword="null"/> if it was applied.</returns>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public async Task<string?> ApplyAsync(ConsoleData data, string user, CancellationToken cancellationToken)
    {
        if (Reason.Length is 0 or > LongestReason)
        {
            return $"State a reason, of at most {LongestReason} characters.";
        }

        if (TargetProblem(data) is { } problem)
        {
            return problem;
        }

        string why = $"{user}: {Reason}";
        if (What == "adjust")
        {
            return await AdjustAsync(data, user, why, cancellationToken);
        }

        (CostTracker Tracker, Budget Budget) found = data.Find(Tracker, Budget)!.Value;
        string target = Key.Length > 0 ? $"{Budget} of {Key}" : found.Budget.IsDivided ? $"{Budget} (all keys)" : Budget;
        string what;
        try
        {
            switch (What)
            {
                case "stop":
                    await found.Tracker.StopAsync(Budget, Key, why, cancellationToken);
                    what = $"stopped {target}";
                    break;
                case "resume":
                    await found.Tracker.ResumeAsync(Budget, Key, cancellationToken);
                    what = $"resumed {target}";
                    break;
                case "limit":
                    if (Amount.Length > 0 && Dollars(Amount) is null)
                    {
                        return "The limit is not an amount in US dollars from 0 to 9 billion. Write it with a point and without separators, as 12.50, or leave it empty for the limit of the code.";
                    }

                    await found.Tracker.SetLimitAsync(Budget, Key, Amount.Length == 0 ? null : Dollars(Amount), why, cancellationToken);
                    what = Amount.Length == 0 ? $"removed the ledger's limit of {target}" : $"set the limit of {target} to {ConsoleText.Money(Dollars(Amount))}";
                    break;
                case "grant":
                    decimal amount = Dollars(Amount) ?? 0m;
                    if (amount <= 0m)
                    {
                        return "The grant is not an amount in US dollars above zero and up to 9 billion. Write it with a point and without separators, as 5 or 12.50.";
                    }

                    if (found.Budget.IsDivided && Key.Length == 0)
                    {
                        return $"The budget '{Budget}' is divided. Say which key is granted the amount.";
                    }

                    if (MomentOf(Until, data.Zone) is not { } until || until <= data.Now)
                    {
                        return "Say until when the grant holds, at a moment that is not past.";
                    }

                    if (!await found.Tracker.GrantAsync(Budget, Key, amount, until, why, Id, cancellationToken))
                    {
                        // The form was sent before: the grant and its entry in the audit trail exist.
                        data.Refresh();
                        return null;
                    }

                    what = $"granted {ConsoleText.Money(amount)} to {target} until {ConsoleText.Moment(until, data.Zone)}";
                    break;
                default:
                    throw new InvalidOperationException($"The change '{What}' has a name and no effect.");
            }
        }
        catch (NotSupportedException)
        {
            return $"The ledger '{found.Tracker.Ledger.Name}' stores no settings, so it cannot be changed here. Set limits in code or configuration.";
        }

        catch (ArgumentException exception)
        {
            return exception.Message;
        }

        await AuditAsync(data, found.Tracker.Ledger, user, what, cancellationToken);
        return null;
    }

    /// <summary>Returns the end of today in a zone, for the form.</summary>
    public static string Midnight(DateTimeOffset now, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(ConsoleRange.Of("today", now, zone).To, zone).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);

    private async Task<string?> AdjustAsync(ConsoleData data, string user, string why, CancellationToken cancellationToken)
    {
        if (Dollars(Amount) is not { } cost)
        {
            return "The cost is not an amount in US dollars from 0 to 9 billion. Write it as 0.0125.";
        }

        foreach (CostTracker tracker in data.Trackers)
        {
            if (Attempt > 0 && await AppliesAsync(tracker, cost, why, cancellationToken))
            {
                await AuditAsync(data, tracker.Ledger, user, $"set the cost of attempt {Attempt.ToString(CultureInfo.InvariantCulture)} of call {Call:D} to {ConsoleText.Money(cost)}", cancellationToken);
                return null;
            }
        }

        return $"Nothing was changed: no ledger knows attempt {Attempt.ToString(CultureInfo.InvariantCulture)} of call {Call:D} as settled, or this correction was applied before.";
    }

    private async Task<bool> AppliesAsync(CostTracker tracker, decimal cost, string why, CancellationToken cancellationToken)
    {
        try
        {
            return await tracker.AdjustAsync(Call, Attempt, cost, why, Id, cancellationToken);
        }
        catch (NotSupportedException)
        {
            // The ledger corrects nothing, so it does not know the attempt either.
            return false;
        }
    }

    private async Task AuditAsync(ConsoleData data, ISpendLedger ledger, string user, string what, CancellationToken cancellationToken)
    {
        try
        {
            await AuditEntry.Of(data.Now, user, what, Reason).WriteAsync(ledger, cancellationToken);
        }
        catch (NotSupportedException)
        {
            // A ledger without settings still has grants and corrections, which it keeps with their reasons.
        }
        finally
        {
            data.Refresh();
        }
    }

    /// <summary>Parses an amount. A comma is not accepted: in half of the world it separates cents, in the other half thousands.</summary>
    private static decimal? Dollars(string text) =>
        decimal.TryParse(text.StartsWith('$') ? text[1..] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)
        && amount is >= 0m and <= Most && decimal.Round(amount, 9) == amount ? amount : null;

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "\u2026";

    /// <summary>Parses the end of a grant, in the console's zone unless it has an offset.</summary>
    private static DateTimeOffset? MomentOf(string text, TimeZoneInfo zone) =>
        !DateTime.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time) || time.Year is < 2 or > 9998 ? null
        : time.Kind != DateTimeKind.Unspecified ? new DateTimeOffset(time)
        : zone.IsInvalidTime(time) ? null : new DateTimeOffset(time, zone.GetUtcOffset(time));
}
