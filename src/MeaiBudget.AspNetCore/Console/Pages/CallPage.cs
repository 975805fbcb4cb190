using System.Globalization;

namespace MeaiBudget;

/// <summary>The receipt of one call: its attempts, what was reserved and charged, how each figure is known, and what to do next.</summary>
internal static class CallPage
{
    public static async Task<ConsolePage> RenderAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(request.Get("id"), out Guid id) || await data.Calls.FindAsync(id, cancellationToken) is not { } call)
        {
            return BudgetsPage.Missing("No ledger of this application knows the call, and this process has no receipt of it. Receipts are kept for the last 1,000 calls of a process.");
        }

        var facts = new List<(string Name, Html Value)>
        {
            ("Call", Html.Of($"<code>{call.CallId:D}</code>")),
            ("Started", Html.Of($"{ConsoleText.Clock(call.At, data.Zone)} {ConsoleText.ZoneOf(call.At, data.Zone)}")),
            ("Outcome", Html.Of($"{ConsoleParts.Outcome(call)} {call.Detail}")),
            ("Cost", Html.Of($"{ConsoleText.Money(call.Spent)}{(call.Held > 0m ? $", {ConsoleText.Money(call.Held)} held" : "")}{(call.Unconfirmed > 0m ? $", of it {ConsoleText.Money(call.Unconfirmed)} in doubt" : "")}")),
        };
        if (call.RunId is { Length: > 0 } run)
        {
            facts.Add(("Run", ConsoleParts.Link(request.Url("calls", ("run", run)), run)));
        }

        foreach ((string name, string value) in call.Tags)
        {
            facts.Add((name, Html.Of($"<a href=\"{request.Url("calls", ("tag:" + name, value))}\"><bdi>{value}</bdi></a>")));
        }

        if (call.Receipt is { } receipt)
        {
            facts.Add(("Duration", Html.Of($"{ConsoleText.Length(receipt.Duration)}{(receipt.IsStreaming ? ", streamed" : "")}")));
            if (receipt.FinishReason is { } reason)
            {
                facts.Add(("Finish", Html.Of($"{reason}")));
            }
        }

        var parts = new List<PagePart>
        {
            new PageBlock("facts", Html.Of($"<dl class=\"facts\">{facts.Select(fact => Html.Of($"<div><dt>{fact.Name}</dt><dd>{fact.Value}</dd></div>"))}</dl>")),
            new PageBlock("next", Html.Of($"{Next(call).Select(step => Html.Of($"<p class=\"next\">{step}</p>"))}")),
            new PageTable(
                "attempts", "Attempts",
                ConsoleParts.Head(("#", true), ("Route", false), ("Model", false), ("Outcome", false), ("Reserved", true), ("Charged", true), ("How it is known", false), ("Tokens in", true), ("Tokens out", true), ("Budgets", false), ("", false)),
                call.Records.Count > 0 ? [.. Merged(call).Select(pair => Row(request, pair.Number, pair.Record, pair.Attempt))] : [.. call.Receipt!.Attempts.Select(attempt => Row(request, attempt.Number, null, attempt))],
                "No attempt was made.")
            {
                Csv = request.Url("api/call", ("id", call.CallId.ToString("D")), ("format", "csv")),
            },
        };
        if (call.Receipt is { } own)
        {
            parts.Add(new PageBlock("explain", Html.Of($"<h2>Receipt</h2><pre class=\"panel\" tabindex=\"0\">{own.Explain()}</pre>")));
        }
        else
        {
            parts.Add(new PageBlock("explain", Html.Of($"<p class=\"hint\">Another process made this call, or it is too long ago: the full receipt is kept for the last 1,000 calls of the process that made them. The figures above are the ledger's.</p>")));
        }

        return new ConsolePage("Call", "calls", parts) { IsLive = call.Outcome == "Open" };
    }

    /// <summary>Says what to do next about a call that was refused or that is not settled for certain.</summary>
    public static IEnumerable<string> Next(ConsoleCall call)
    {
        SpendRefusal? refusal = call.Receipt?.Attempts.LastOrDefault(attempt => attempt.Refusal is not null)?.Refusal
            ?? call.Records.LastOrDefault(record => record.Refusal is not null)?.Refusal;
        if (refusal is not null)
        {
            yield return Said(refusal);
        }

        if (call.Unconfirmed > 0m)
        {
            yield return "The provider reported no usage for an attempt, so its cost is estimated. Compare it with the provider's bill, and correct it with Adjust.";
        }

        if (call.IsUnpriced)
        {
            yield return $"The model '{call.Model}' has no known price, so its cost counts as zero. Add its price to the catalog.";
        }
    }

    /// <summary>Says why a budget refused, and what helps.</summary>
    public static string Said(SpendRefusal refusal)
    {
        string budget = refusal.Key.Length > 0 ? $"The budget '{refusal.Budget}' of '{refusal.Key}'" : $"The budget '{refusal.Budget}'";
        string figures = refusal.Unit == "USD"
            ? $"wanted {ConsoleText.Money(refusal.Wanted)}, limit {ConsoleText.Money(refusal.Limit)}, spent {ConsoleText.Money(refusal.Spent)}, held {ConsoleText.Money(refusal.Held)}"
            : string.Create(CultureInfo.InvariantCulture, $"wanted {refusal.Wanted:#,##0}, limit {refusal.Limit:#,##0}, spent {refusal.Spent:#,##0}, held {refusal.Held:#,##0} {refusal.Unit}");
        string reset = refusal.ResetsAt is { } at ? $" It resets {at.UtcDateTime.ToString("d MMM HH:mm", CultureInfo.InvariantCulture)} UTC." : "";
        return refusal.Reason switch
        {
            RefusalReason.Spent when refusal.IsBeyondLimit => $"{budget} refused: the call alone needs more than the whole limit ({figures}). Ask for a shorter answer, or raise the limit.",
            RefusalReason.Spent => $"{budget} refused: it is spent ({figures}).{reset} Grant an amount or raise the limit to admit calls before.",
            RefusalReason.Held => $"{budget} refused: open calls hold the rest ({figures}). Their settlement frees what they do not need; repeat the call then.",
            RefusalReason.UnknownPrice => $"{budget} refused: the model has no known price. Add its price to the catalog, or allow unknown prices in this budget.",
            RefusalReason.UnboundedInput => $"{budget} refused: the input has no upper bound, for example because of a file or a server tool. Give it one, or allow it in this budget.",
            RefusalReason.LedgerUnavailable => $"{budget} refused: its ledger did not answer. See the health page and the log.",
            RefusalReason.UnseenRawRequest => $"{budget} refused: the request has a raw part that cannot be read before it is sent. Send the client's requests through ChatWireHandler.",
            RefusalReason.RunEnded => $"{budget} refused: the run has ended.",
            RefusalReason.MissingTag => $"{budget} refused: the call has no tag that this budget requires.",
            RefusalReason.Stopped => $"{budget} refused: an operator stopped it. Resume it to admit calls.",
            _ => $"{budget} refused: {refusal.Reason} ({figures}).{reset}",
        };
    }

    /// <summary>Combines what the ledger and the receipt know of each attempt; skipped candidates are in the receipt only.</summary>
    private static IEnumerable<(int Number, SpendRecord? Record, AttemptReceipt? Attempt)> Merged(ConsoleCall call)
    {
        var receipts = (call.Receipt?.Attempts ?? []).GroupBy(attempt => attempt.Number).ToDictionary(same => same.Key, same => same.First());
        var records = call.Records.ToDictionary(record => record.Id!.Value.Attempt);
        return receipts.Keys.Union(records.Keys).Order().Select(number => (number, records.GetValueOrDefault(number), receipts.GetValueOrDefault(number)));
    }

    private static PageRow Row(ConsoleRequest request, int number, SpendRecord? record, AttemptReceipt? attempt)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"a-{number}");
        string outcome = attempt is not null ? attempt.Outcome == AttemptOutcome.Failed ? attempt.Failure?.Kind.ToString() ?? "Failed" : attempt.Outcome.ToString()
            : record!.Outcome is "ok" ? "Answered" : record.Refusal is not null ? "Refused" : record.Outcome ?? Capital(record.State);
        string? why = attempt?.SkipReason ?? (attempt?.Refusal ?? record?.Refusal) switch
        {
            { } refusal => $"{refusal.Budget}{(refusal.Key.Length > 0 ? $" of {refusal.Key}" : "")}: {refusal.Reason}",
            null => attempt?.Failure is { } failure ? string.Create(CultureInfo.InvariantCulture, $"{failure.Kind}{(failure.StatusCode is { } status ? $" (HTTP {status})" : "")}") : record?.Call?.FallbackFrom is { } from ? $"after {from}: {record.Call.FallbackReason}" : null,
        };
        decimal reserved = outcome == "Refused" ? 0m : record?.Call is { } info ? info.ReservedNanoDollars / 1_000_000_000m : attempt?.Reserved ?? 0m;
        decimal charged = record?.Spent ?? attempt?.Cost.Amount ?? 0m;
        bool isPaid = record is not null ? record.State is "settled" or "unconfirmed" or "expired" : attempt!.Cost.NanoDollars > 0 || attempt.Outcome == AttemptOutcome.Answered;
        string known = !isPaid ? "nothing was billed" : record is not null ? Known(record.CostKind, record.State is "unconfirmed" or "expired", record.PriceId) : Known(attempt!.Cost.Kind, attempt.IsUnconfirmed, null);
        long? output = record?.Call?.ReservedOutputTokens ?? attempt?.ReservedOutputTokens;
        IEnumerable<string> budgets = (attempt?.Refusal ?? record?.Refusal) is { } by ? [by.Budget] : attempt?.Budgets is { Count: > 0 } passed ? passed : record?.Accounts?.Where(account => !account.Key.StartsWith('@')).Select(account => BudgetOf(account.Key)).Distinct() ?? [];
        Html adjust = request.CanAct && record?.State is "settled" or "unconfirmed" or "expired" && request.CanAct
            ? Html.Of($"<a href=\"{request.Url("change", ("do", "adjust"), ("call", record.Id!.Value.CallId.ToString("D")), ("attempt", number.ToString(CultureInfo.InvariantCulture)))}\">Adjust</a>")
            : Html.Empty;
        return new PageRow(id, Html.Of($"""
            <tr id="{id}"><td class="n">{number}</td><td class="long">{attempt?.Route ?? record?.Call?.Route}</td><td class="long">{attempt?.ResponseModelId ?? record?.ResponseModelId ?? attempt?.ModelId ?? record?.Call?.ModelId}</td><td class="long">{ConsoleParts.Badge(outcome, outcome is "Answered" ? "ok" : outcome is "Skipped" or "Cancelled" or "Open" ? "quiet" : "over")} {why}</td>{ConsoleParts.Number(reserved > 0m ? ConsoleText.Money(reserved) + (output > 0 ? $" for {ConsoleText.Count(output.Value)} out" : "") : ConsoleText.None)}{ConsoleParts.Number(isPaid ? ConsoleText.Money(charged) : ConsoleText.None)}<td class="long">{known}</td>{ConsoleParts.Number(ConsoleText.Count(record?.Usage.InputTokens ?? attempt?.Usage.InputTokens ?? 0))}{ConsoleParts.Number(ConsoleText.Count(record?.Usage.OutputTokens ?? attempt?.Usage.OutputTokens ?? 0))}<td class="long">{string.Join(", ", budgets)}</td><td>{adjust}</td></tr>
            """));
    }

    /// <summary>Returns the budget of an account; the names of accounts escape the characters that separate their parts.</summary>
    private static string BudgetOf(string account) => account.Split('/')[0]
        .Replace("%40", "@", StringComparison.Ordinal).Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);

    private static string Known(CostKind kind, bool isUnconfirmed, string? price)
    {
        string how = kind switch
        {
            CostKind.ProviderStated => "stated by the provider",
            CostKind.Computed => "the provider's tokens and a known price",
            CostKind.Estimated => "estimated tokens",
            _ => "price unknown",
        };
        return how + (isUnconfirmed ? ", not confirmed" : "") + (price is null ? "" : $", price {price}");
    }

    private static string Capital(string? text) => string.IsNullOrEmpty(text) ? "None" : char.ToUpperInvariant(text[0]) + text[1..];
}
