using System.Globalization;

namespace MeaiBudget.Testing;

/// <summary>Explains the increase of a scenario's cost by what changed in its requests.</summary>
internal sealed class CostCauses
{
    // A prefix that is this much shorter, although the request is as long as before, counts as lost.
    private const decimal LeastLostShare = 0.05m;

    private readonly Dictionary<(CostCauseKind Kind, string Subject), (decimal Expected, decimal Worst, long Before, long After, string? Detail)> _sums = [];

    /// <summary>Returns the causes, the most expensive first.</summary>
    public static IReadOnlyList<CostCause> Of(ScenarioSnapshot before, ScenarioSnapshot after)
    {
        var causes = new CostCauses();
        causes.Read(RequestAlignment.Of(before.Requests, after.Requests));
        bool isDearer = after.Expected > before.Expected || after.WithCache > before.WithCache || after.Worst > before.Worst || after.Counted > before.Counted;
        return isDearer ? causes.Ranked(before, after) : causes.Always();
    }

    // Whether a request stopped to begin as an earlier one, though the prefix may be too short to cost anything.
    private bool _hasNewBreak;

    private void Read(IReadOnlyList<(RequestSnapshot? Before, RequestSnapshot? After)> pairs)
    {
        long longerAnswers = 0;
        string? newRound = null;
        RequestSnapshot? last = null;
        foreach ((RequestSnapshot? before, RequestSnapshot? after) in pairs)
        {
            if (after is null)
            {
                continue;
            }

            if (before is null)
            {
                bool isFailed = after.Outcome is not null;
                string detail = last?.ToolCalls is { Count: > 0 } tools ? $"after the {(tools.Count == 1 ? "tool" : "tools")} {Quoted(tools)}" : $"to {after.Model}";
                Add(isFailed ? CostCauseKind.Attempts : CostCauseKind.Round, after.Model, after.Expected, after.Worst, 0, 1, detail);
                newRound = after.Model;
            }
            else
            {
                Compare(before, after, newRound, ref longerAnswers);
            }

            last = after;
        }
    }

    private void Compare(RequestSnapshot before, RequestSnapshot after, string? newRound, ref long longerAnswers)
    {
        ComparePrices(before, after);
        decimal rate = after.Rates.Input / 1_000_000m;
        AddTokens(CostCauseKind.SystemPrompt, "", before.Tokens.System, after.Tokens.System, rate);
        AddTokens(CostCauseKind.Schema, "", before.Tokens.Schema, after.Tokens.Schema, rate);
        AddTokens(CostCauseKind.Media, "", before.Tokens.Media, after.Tokens.Media, rate);
        CompareTools(before, after, rate);

        long framing = after.Tokens.Framing - before.Tokens.Framing;
        if (after.ReasoningEffort != before.ReasoningEffort)
        {
            Add(CostCauseKind.ReasoningEffort, after.ReasoningEffort ?? "default", framing * rate, framing * rate, 0, 1, before.ReasoningEffort ?? "default");
            framing = 0;
        }

        long history = after.Tokens.History - before.Tokens.History + framing;
        long results = after.Tokens.Results - before.Tokens.Results;
        if (newRound is not null)
        {
            // The further round is sent again with every later request.
            Add(CostCauseKind.Round, newRound, Math.Max(0, history + results) * rate, Math.Max(0, history + results) * rate, 0, 0, null);
        }
        else
        {
            long fromAnswers = Math.Clamp(history, 0, Math.Max(0, longerAnswers));
            Add(CostCauseKind.Output, "", fromAnswers * rate, fromAnswers * rate, 0, 0, null);
            bool isEmbedding = before.OutputLimit == 0 && after is { OutputLimit: 0, CountedOutput: 0 };
            AddTokens(CostCauseKind.History, isEmbedding ? after.Model : "", before.Tokens.History, after.Tokens.History - fromAnswers, rate, history - fromAnswers);
            AddByTool(CostCauseKind.ToolResults, before.Results, after.Results, results, rate);
        }

        // A double that always reports the same usage shows a longer answer in its counted text only.
        (long was, long now) = after.Tokens.Output == before.Tokens.Output ? (before.CountedOutput, after.CountedOutput) : (before.Tokens.Output, after.Tokens.Output);
        longerAnswers += now - was;
        AddTokens(CostCauseKind.Output, "", was, now, after.Rates.Output / 1_000_000m, isInWorst: false, detail: ReasonOfOutput(before, after, now - was));
        Add(CostCauseKind.ServerTools, "", after.ServerToolFees - before.ServerToolFees, 0m, 0, 0, null);
        Add(CostCauseKind.CacheWrites, "", after.CacheWriteSurcharge - before.CacheWriteSurcharge, 0m, 0, 0, null);
        if (after.OutputLimit > before.OutputLimit)
        {
            Add(CostCauseKind.OutputLimit, "", 0m, (after.OutputLimit - before.OutputLimit) * after.Rates.Output / 1_000_000m, before.OutputLimit, after.OutputLimit, null);
        }

        ComparePrefix(before, after);
    }

    private void ComparePrices(RequestSnapshot before, RequestSnapshot after)
    {
        if (after.Price is null && before.Price is not null)
        {
            Add(CostCauseKind.UnknownPrice, after.AnsweredBy ?? after.Model, 0m, 0m, 0, 0, null);
            return;
        }

        // What the old request costs at the new prices.
        decimal difference = ((before.InputTokens - before.CachedTokens) * (after.Rates.Input - before.Rates.Input))
            + (before.CachedTokens * (after.Rates.Cached - before.Rates.Cached))
            + (before.Tokens.Output * (after.Rates.Output - before.Rates.Output));
        decimal worst = (before.Tokens.Input * (after.Rates.Input - before.Rates.Input)) + (before.OutputLimit * (after.Rates.Output - before.Rates.Output));
        string rates = string.Create(CultureInfo.InvariantCulture, $"${before.Rates.Input}/${before.Rates.Output} → ${after.Rates.Input}/${after.Rates.Output} for a million tokens of input/output");
        if (before.Model != after.Model)
        {
            Add(CostCauseKind.Model, after.Model, difference / 1_000_000m, worst / 1_000_000m, 0, 0, $"'{after.Model}' instead of '{before.Model}', {rates}");
        }
        else if (before.AnsweredBy != after.AnsweredBy || ModelOf(before.Price) != ModelOf(after.Price))
        {
            Add(CostCauseKind.Alias, after.Model, difference / 1_000_000m, worst / 1_000_000m, 0, 0,
                $"'{after.Model}' is {after.AnsweredBy ?? after.Price} instead of {before.AnsweredBy ?? before.Price}, {rates}");
        }
        else if (before.Rates != after.Rates)
        {
            Add(CostCauseKind.Price, ModelOf(after.Price) ?? after.Model, difference / 1_000_000m, worst / 1_000_000m, 0, 0, rates);
        }
        else if (before.ServiceTier != after.ServiceTier)
        {
            decimal more = Math.Max(0m, after.Expected - before.Expected);
            Add(CostCauseKind.ServiceTier, after.ServiceTier ?? "standard", more, Math.Max(0m, after.Worst - before.Worst), 0, 0, before.ServiceTier ?? "standard");
        }
    }

    /// <summary>Returns the model of a catalog's entry, without its provider and the start and region of the price.</summary>
    private static string? ModelOf(string? entry)
    {
        if (entry is null)
        {
            return null;
        }

        int end = entry.IndexOfAny(['@', '#']);
        string model = end < 0 ? entry : entry[..end];
        return model[(model.IndexOf('/', StringComparison.Ordinal) + 1)..];
    }

    private void CompareTools(RequestSnapshot before, RequestSnapshot after, decimal rate)
    {
        long grown = after.Tokens.Tools - before.Tokens.Tools;
        string[] added = [.. after.Definitions.Keys.Where(tool => !before.Definitions.ContainsKey(tool))];
        long weights = added.Sum(tool => after.Definitions[tool]);
        long addedTokens = added.Length == 0 ? 0 : Math.Min(grown, Math.Max(weights, 0));
        foreach (string tool in added)
        {
            long tokens = weights == 0 ? 0 : addedTokens * after.Definitions[tool] / weights;
            Add(CostCauseKind.NewTool, tool, tokens * rate, tokens * rate, 0, after.Definitions[tool], tokens == 0 ? "its definition is not billed, but the provider may bill its calls" : null);
        }

        var common = after.Definitions.Where(tool => before.Definitions.ContainsKey(tool.Key)).ToDictionary(StringComparer.Ordinal);
        AddByTool(CostCauseKind.ToolDefinition, before.Definitions, common, grown - addedTokens, rate);
    }

    private void ComparePrefix(RequestSnapshot before, RequestSnapshot after)
    {
        decimal rate = Math.Max(0m, after.Rates.Input - after.Rates.Cached) / 1_000_000m;
        long reported = before.CachedTokens - after.CachedTokens;
        bool isNewBreak = after.PrefixBreak is not null && before.PrefixBreak is null;
        if (reported > 0 && after.InputTokens >= before.InputTokens)
        {
            AddPrefix(reported, before.CachedTokens, after.CachedTokens, rate, after.PrefixBreak, isNewBreak);
        }
        else if (before.Tokens == after.Tokens)
        {
            // Of concurrent requests, the first one finds no prefix, and it may be another one in each run. Then another request gains what this one loses.
            AddPrefix(Cached(before.SharedTokens) - Cached(after.SharedTokens), before.SharedTokens, after.SharedTokens, rate, after.PrefixBreak, isNewBreak);
        }
        else
        {
            decimal share = before.Tokens.Input == 0 ? 0m : (decimal)before.SharedTokens / before.Tokens.Input;
            long expected = Math.Min(before.SharedTokens, (long)(share * after.Tokens.Input));
            if (expected - after.SharedTokens > (isNewBreak ? 0m : expected * LeastLostShare))
            {
                AddPrefix(Math.Max(0, Cached(expected) - Cached(after.SharedTokens)), before.SharedTokens, after.SharedTokens, rate, after.PrefixBreak, isNewBreak);
            }
        }
    }

    private static long Cached(long shared) => shared >= PrefixCheck.LeastCachedTokens ? shared : 0;

    private void AddPrefix(long lost, long before, long after, decimal rate, string? detail, bool isNewBreak)
    {
        _hasNewBreak |= isNewBreak;
        Add(CostCauseKind.Prefix, "", lost * rate, 0m, before, after, before > after ? detail : null);
    }

    private void AddByTool(CostCauseKind kind, IReadOnlyDictionary<string, long> before, IReadOnlyDictionary<string, long> after, long grown, decimal rate)
    {
        (string Tool, long Before, long After)[] larger = [.. after.Select(tool => (tool.Key, before.GetValueOrDefault(tool.Key), tool.Value)).Where(tool => tool.Value > tool.Item2)];
        long weights = larger.Sum(tool => tool.After - tool.Before);
        foreach ((string tool, long was, long now) in larger)
        {
            AddTokens(kind, tool, was, now, rate, grown * (now - was) / weights);
        }

        if (larger.Length == 0)
        {
            AddTokens(kind, "", 0, grown, rate, grown);
        }
    }

    /// <summary>Says that reasoning or more tool calls are what made answers longer; null if neither did.</summary>
    private static string? ReasonOfOutput(RequestSnapshot before, RequestSnapshot after, long longer)
    {
        long reasoning = after.ReasoningTokens - before.ReasoningTokens;
        return longer <= 0 ? null
            : reasoning * 2 >= longer ? "most of it is reasoning"
            : after.ToolCalls.Count > before.ToolCalls.Count && before.ToolCalls.Count > 0
                ? string.Create(CultureInfo.InvariantCulture, $"an answer calls {after.ToolCalls.Count} tools instead of {before.ToolCalls.Count}: {Quoted(after.ToolCalls)}")
            : null;
    }

    private void AddTokens(
        CostCauseKind kind, string subject, long before, long after, decimal rate, long? grown = null, bool isInWorst = true, string? detail = null)
    {
        decimal cost = (grown ?? (after - before)) * rate;
        if (cost != 0m)
        {
            Add(kind, subject, cost, isInWorst ? cost : 0m, before, after, detail);
        }
    }

    private void Add(CostCauseKind kind, string subject, decimal expected, decimal worst, long before, long after, string? detail)
    {
        (decimal Expected, decimal Worst, long Before, long After, string? Detail) sum = _sums.GetValueOrDefault((kind, subject));
        _sums[(kind, subject)] = (sum.Expected + expected, sum.Worst + worst, sum.Before + before, sum.After + after, sum.Detail ?? detail);
    }

    /// <summary>
    /// Returns causes to show although no amount increased: prices that became unknown, prefixes that are lost but too short to cost anything,
    /// and what a test double does not price: tools of the provider, and more reasoning.
    /// </summary>
    private IReadOnlyList<CostCause> Always() => [.. Causes(IsAlwaysShown)];

    private static bool IsAlwaysShown(CostCause cause) => cause.Kind is CostCauseKind.UnknownPrice or CostCauseKind.Prefix or CostCauseKind.ReasoningEffort
        || cause is { Kind: CostCauseKind.NewTool, Expected: 0m };

    private IEnumerable<CostCause> Causes(Func<CostCause, bool> predicate) => _sums
        .Select(sum => new CostCause(
            sum.Key.Kind, sum.Key.Subject, sum.Value.Expected, sum.Value.Worst, TextOf(sum.Key.Kind, sum.Key.Subject, sum.Value.Before, sum.Value.After, sum.Value.Detail)))
        .Where(cause => predicate(cause) && (cause.Kind != CostCauseKind.Prefix || IsLost(cause)));

    private bool IsLost(CostCause prefix)
    {
        (_, _, long before, long after, _) = _sums[(CostCauseKind.Prefix, "")];
        return before > after && (prefix.Expected > 0m || _hasNewBreak);
    }

    private List<CostCause> Ranked(ScenarioSnapshot before, ScenarioSnapshot after)
    {
        List<CostCause> causes = [.. Causes(static cause => cause.Expected > 0m || (cause.Worst > 0m && cause.Kind != CostCauseKind.Output) || IsAlwaysShown(cause))
            .OrderByDescending(cause => cause.Kind == CostCauseKind.UnknownPrice).ThenByDescending(cause => cause.Expected).ThenByDescending(cause => cause.Worst)];
        if (causes.All(static cause => cause is { Expected: 0m, Worst: 0m, Kind: not (CostCauseKind.UnknownPrice or CostCauseKind.ReasoningEffort) }))
        {
            decimal expected = Math.Max(Math.Max(after.Expected - before.Expected, after.WithCache - before.WithCache), after.Counted - before.Counted);
            causes.Insert(0, new CostCause(CostCauseKind.Other, "", expected, after.Worst - before.Worst, "fees or other figures that the snapshot does not divide"));
        }

        return causes;
    }

    private static string TextOf(CostCauseKind kind, string subject, long before, long after, string? detail)
    {
        string numbers = $"{CostExplanation.Number(before)} → {CostExplanation.Number(after)} tokens";
        return kind switch
        {
            CostCauseKind.SystemPrompt => $"the system prompt grew: {numbers}, sum of all requests",
            CostCauseKind.History when subject.Length > 0 => $"the texts for the embeddings of {subject} grew: {numbers}, sum of all requests",
            CostCauseKind.History => $"the conversation grew: {numbers}, sum of all requests",
            CostCauseKind.NewTool => $"the tool '{subject}' is new: {CostExplanation.Number(after)} tokens of definition, sum of all requests{(detail is null ? "" : $"; {detail}")}",
            CostCauseKind.ToolDefinition => subject.Length == 0 ? "tool definitions grew" : $"the definition of the tool '{subject}' grew: {numbers}, sum of all requests",
            CostCauseKind.ToolResults => subject.Length == 0 ? "tool results grew" : $"the results of the tool '{subject}' grew: {numbers}, sum of all requests",
            CostCauseKind.Schema => $"the response schema grew: {numbers}, sum of all requests",
            CostCauseKind.Media => $"images, documents or audio grew: {numbers}, sum of all requests",
            CostCauseKind.Output => $"the answers are longer: {numbers}{(detail is null ? "" : $"; {detail}")}",
            CostCauseKind.OutputLimit => $"the output limit is larger: {numbers}, sum of all requests; this raises the worst case",
            CostCauseKind.Round => $"{after} more {(after == 1 ? "request" : "requests")} {detail}",
            CostCauseKind.Attempts => $"{after} more failed {(after == 1 ? "attempt" : "attempts")} {detail}",
            CostCauseKind.Prefix => $"a cached prefix is lost: {numbers} that repeat an earlier request{(detail is null ? "" : $"; {detail}")}",
            CostCauseKind.Model => $"another model: {detail}",
            CostCauseKind.Alias => $"the alias means another model: {detail}",
            CostCauseKind.Price => $"the price of {subject} rose: {detail}",
            CostCauseKind.ServiceTier => $"the service tier '{subject}' instead of '{detail}'",
            CostCauseKind.ServerTools => "searches or other tools that the provider runs cost more",
            CostCauseKind.CacheWrites => "writing to the provider's cache costs more",
            CostCauseKind.ReasoningEffort => $"the reasoning effort is '{subject}' instead of '{detail}'; a script's answers do not show what it costs",
            CostCauseKind.UnknownPrice => $"no price is known for the model '{subject}', so its cost is missing",
            _ => "other",
        };
    }

    private static string Quoted(IReadOnlyList<string> tools) => string.Join(", ", tools.Distinct(StringComparer.Ordinal).Select(tool => $"'{tool}'"));
}
