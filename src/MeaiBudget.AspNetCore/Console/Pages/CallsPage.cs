using System.Globalization;

namespace MeaiBudget;

/// <summary>The calls, with filters.</summary>
internal static class CallsPage
{
    private static readonly (string Name, string Text)[] Shows =
        [("all", "All"), ("refused", "Refused"), ("fallback", "Fell back"), ("failed", "Failed"), ("open", "Open"), ("doubt", "In doubt"), ("unpriced", "No price")];

    public static readonly string[] ShowNames = [.. Shows.Select(one => one.Name)];

    private static readonly string[] Filters = ["budget", "key", "model", "provider", "route", "class", "run"];

    public static async Task<ConsolePage> RenderAsync(ConsoleRequest request, ConsoleData data, CancellationToken cancellationToken)
    {
        ConsoleCallFilter filter = FilterOf(request, data);
        (IReadOnlyList<ConsoleCall> calls, string? next) = await data.Calls.ListAsync(filter, cancellationToken);
        IReadOnlyList<string> tags = await data.Calls.TagNamesAsync(cancellationToken);
        string show = filter.Show;
        string[] fields = [.. Filters, .. tags.Select(tag => "tag:" + tag), .. filter.Where.Keys];
        IEnumerable<Html> inputs = fields.Distinct().Select(name => Html.Of(
            $"<label>{(name.StartsWith("tag:", StringComparison.Ordinal) ? name[4..] : name)} <input name=\"{name}\" value=\"{filter.Where.GetValueOrDefault(name)}\" maxlength=\"300\"></label>"));
        Html set = filter.Where.Count == 0 ? Html.Empty : Html.Of(
            $"<p class=\"hint\">Only {Html.Join(filter.Where.Select((pair, i) => Html.Of($"{(i > 0 ? ", " : "")}{(pair.Key.StartsWith("tag:", StringComparison.Ordinal) ? pair.Key[4..] : pair.Key)} <bdi>{(pair.Value.Length > 0 ? pair.Value : "(none)")}</bdi>")))}. <a href=\"{request.Url("calls", ("show", request.Get("show")), ("range", request.Get("range")))}\">Show all</a></p>");
        Html lost = request.Get("key") is { } key && !filter.Where.ContainsKey("key")
            ? Html.Of($"<p class=\"alert\">The key <bdi>{key}</bdi> is not applied, because a key belongs to a budget. Name the budget, too.</p>")
            : Html.Empty;
        Html note = data.Calls.HasCalls ? Html.Empty : Html.Of($"<p class=\"hint\">{(data.HasHistory ? ConsoleText.NoCalls : ConsoleText.NoHistory)}</p>");
        Html sum = await SumAsync(data, filter, cancellationToken);
        return new ConsolePage("Calls", "calls", [
            new PageBlock("filters", Html.Of($"""
                <div class="toolbar">{ConsoleParts.Choices("Show", Shows.Select(one => (one.Text, request.With("show", one.Name == "all" ? null : one.Name, "after"), one.Name == show)))}
                {ConsoleParts.Choices("Time", [("Any", request.With("range", null, "from", "to", "after"), request.Get("range") is null && filter.From is null), .. ConsoleRange.Names.Select(name => (ConsoleRange.LabelOf(name), request.With("range", name, "from", "to", "after"), request.Get("range") == name))])}</div>{note}{lost}{set}
                <details class="filters"><summary>Filter</summary><form method="get" action="{request.Url("calls")}"><input type="hidden" name="show" value="{show}"><label>From ({ConsoleText.ZoneOf(data.Now, data.Zone)}) <input type="datetime-local" name="from" value="{Local(filter.From, data.Zone)}"></label><label>To <input type="datetime-local" name="to" value="{Local(filter.To, data.Zone)}"></label>{inputs}<button>Filter</button></form></details>
                """)),
            new PageBlock("sum", sum),
            Table(request, data, "calls", calls, next is null ? "No call matches." : "No newer call matches. Older calls were not searched yet."),
            new PageBlock("pages", Html.Of($"<nav class=\"pages\" aria-label=\"Pages\">{(filter.After is null ? Html.Empty : ConsoleParts.Link(request.With("after", null), "Newest"))} {(next is null ? Html.Empty : ConsoleParts.Link(request.With("after", next), "Older"))}</nav>"))])
        {
            // An older page does not change.
            IsLive = filter.After is null,
            Csv = "api/calls" + request.With("format", "csv")[(request.Base.Length + "/calls".Length)..],
        };
    }

    /// <summary>Writes what the listed calls are in total. Without a time or a filter it would be everything that the history has.</summary>
    private static async Task<Html> SumAsync(ConsoleData data, ConsoleCallFilter filter, CancellationToken cancellationToken)
    {
        if ((filter.From is null && filter.Where.Count == 0) || !data.Calls.HasCalls || await data.SumAsync(filter, cancellationToken) is not { } sum)
        {
            return Html.Empty;
        }

        string text = filter.Show switch
        {
            "doubt" => $"{ConsoleText.Money(sum.Unconfirmed)} in doubt",
            "unpriced" => $"{ConsoleText.Count(sum.Unpriced)} attempts without a price",
            "refused" => $"{ConsoleText.Count(sum.Refused)} refused attempts",
            "open" => $"{ConsoleText.Count(sum.Open)} open attempts, {ConsoleText.Money(sum.Held)} held",
            "failed" => "",
            _ => $"{ConsoleText.Money(sum.Spent)} spent in {ConsoleText.Count(sum.Attempts)} attempts"
                + (sum.Unconfirmed > 0m ? $", {ConsoleText.Money(sum.Unconfirmed)} of it in doubt" : "") + (sum.Held > 0m ? $", {ConsoleText.Money(sum.Held)} held" : "") + (sum.Refused > 0 ? $", {ConsoleText.Count(sum.Refused)} refused" : ""),
        };
        return text.Length == 0 ? Html.Empty : Html.Of($"<p class=\"sum\">In total {text}.</p>");
    }

    /// <summary>Reads a filter from the query of a page or of the JSON API.</summary>
    public static ConsoleCallFilter FilterOf(ConsoleRequest request, ConsoleData data)
    {
        var where = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in request.Query)
        {
            if (value.Length > 0 && (Filters.Contains(name) || (name.StartsWith("tag:", StringComparison.Ordinal) && name.Length is > 4 and < 200)))
            {
                where[name] = value;
            }
        }

        if (where.ContainsKey("key") && !where.ContainsKey("budget"))
        {
            // A key belongs to a budget. Where one budget is divided, it can only be that one.
            string[] divided = [.. data.Trackers.SelectMany(tracker => tracker.Budgets).Where(budget => budget.IsDivided).Select(budget => budget.Name).Distinct()];
            if (divided.Length == 1)
            {
                where["budget"] = divided[0];
            }
            else
            {
                where.Remove("key");
            }
        }

        ConsoleRange? range = request.Get("range") is { } named && ConsoleRange.Names.Contains(named) ? data.Range(named) : null;
        return new ConsoleCallFilter
        {
            From = MomentOf(request.Get("from"), data.Zone) ?? range?.From,
            To = MomentOf(request.Get("to"), data.Zone) ?? range?.To,
            Where = where,
            Show = Array.Exists(Shows, one => one.Name == request.Get("show")) ? request.Get("show")! : "all",
            After = request.Get("after"),
        };
    }

    public static PageTable Table(ConsoleRequest request, ConsoleData data, string id, IReadOnlyList<ConsoleCall> calls, string empty) => new(
        id,
        "Calls",
        ConsoleParts.Head(($"Time ({ConsoleText.ZoneOf(data.Now, data.Zone)})", false), ("Outcome", false), ("Why", false), ("Tags", false), ("Route", false), ("Model", false), ("Tokens in", true), ("Tokens out", true), ("Attempts", true), ("Cost", true)),
        [.. calls.Select(call => new PageRow(ConsoleParts.RowId(id, call.CallId.ToString("N")), Html.Of($"""
            <tr id="{ConsoleParts.RowId(id, call.CallId.ToString("N"))}"><td><a href="{request.Url("call", ("id", call.CallId.ToString("D")))}">{ConsoleText.Clock(call.At, data.Zone)}</a></td><td>{ConsoleParts.Outcome(call)}</td><td class="long why">{call.Detail}</td><td class="long"><bdi>{string.Join(", ", call.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}: {tag.Value}"))}</bdi></td><td class="long">{call.Route}</td><td class="long">{call.Model}</td>{ConsoleParts.Number(ConsoleText.Count(call.InputTokens))}{ConsoleParts.Number(ConsoleText.Count(call.OutputTokens))}{ConsoleParts.Number(ConsoleText.Count(call.Attempts))}<td class="n">{Cost(call)}</td></tr>
            """)))],
        empty);

    private static Html Cost(ConsoleCall call) => call.Outcome == "Open" ? Html.Of($"<span class=\"quiet\">{ConsoleText.Money(call.Held)} held</span>")
        : call.IsUnpriced && call.Spent == 0m ? Html.Of($"<span class=\"bad\">no price</span>")
        : call.Unconfirmed > 0m ? Html.Of($"{ConsoleText.Money(call.Spent)} <span class=\"quiet\">in doubt</span>")
        : Html.Of($"{ConsoleText.Money(call.Spent)}");

    private static string Local(DateTimeOffset? at, TimeZoneInfo zone) => at is { } moment ? TimeZoneInfo.ConvertTime(moment, zone).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture) : "";

    /// <summary>Parses a time; without an offset it is in the console's zone.</summary>
    private static DateTimeOffset? MomentOf(string? text, TimeZoneInfo zone)
    {
        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time))
        {
            return null;
        }

        return time.Kind == DateTimeKind.Unspecified && !zone.IsInvalidTime(time) && time.Year is > 1 and < 9999 ? new DateTimeOffset(time, zone.GetUtcOffset(time)) : new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc));
    }
}
