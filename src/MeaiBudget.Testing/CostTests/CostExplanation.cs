using System.Globalization;
using System.Text;

namespace MeaiBudget.Testing;

/// <summary>Says in words what is expensive in a scenario.</summary>
internal static class CostExplanation
{
    /// <summary>Describes one request in a line.</summary>
    public static string LineOf(CostCall call)
    {
        string parts = string.Join(", ", call.Tokens.Parts.Where(part => part.Tokens > 0).Select(part => $"{part.Name} {Number(part.Tokens)}"));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[{call.Number}] {call.Model}: {Number(call.InputTokens)} in ({parts}), {Number(call.Tokens.Output)} out of at most {Number(call.OutputLimit)}");
        text.Append(call.CachedTokens > 0 ? $", {Number(call.CachedTokens)} cached" : "");
        text.Append(call.IsPriceKnown ? string.Create(CultureInfo.InvariantCulture, $", ${call.Expected}, worst ${call.Worst}") : ", no known price");
        text.Append(call.ToolCalls.Count > 0 ? $", calls {string.Join(", ", call.ToolCalls)}" : "");
        text.Append(call.Outcome == AttemptOutcome.Answered ? "" : $", {call.Outcome}");
        return text.ToString();
    }

    /// <summary>Names the request, the part of the prompt and the tool that cost most.</summary>
    public static IEnumerable<string> MostExpensive(CostReport report)
    {
        if (report.Requests.Count == 0)
        {
            yield break;
        }

        CostCall dearest = report.Requests.MaxBy(request => request.Expected)!;
        yield return $"Most expensive request: {dearest.Number} of {report.Requests.Count}, {dearest.Model}, ${Text(dearest.Expected)} of ${Text(report.Expected)}{AfterTool(report, dearest)}.";
        (string name, long tokens, decimal cost) = Parts(report).MaxBy(part => part.Cost);
        yield return $"Most expensive part: {name}, {Number(tokens)} tokens in {report.Requests.Count} {(report.Requests.Count == 1 ? "request" : "requests")}, ${Text(cost)}.";
        if (Tools(report).OrderByDescending(tool => tool.Tokens).FirstOrDefault() is { Name: not null } tool)
        {
            yield return $"Most expensive tool: {tool.Name}, {Number(tool.Definition)} tokens of definition and {Number(tool.Results)} tokens of results, sent in all requests together.";
        }

        CostCall worst = report.Requests.MaxBy(request => request.Worst)!;
        yield return $"Highest worst case: request {worst.Number}, ${Text(worst.Worst)}, with up to {Number(worst.OutputLimit)} output tokens.";
    }

    /// <summary>Returns the tokens and the cost of each part; the input's cost is distributed by counted tokens.</summary>
    private static IEnumerable<(string Name, long Tokens, decimal Cost)> Parts(CostReport report)
    {
        var sums = new Dictionary<string, (long Tokens, decimal Cost)>(StringComparer.Ordinal);
        foreach (CostCall request in report.Requests)
        {
            decimal output = request.Tokens.Output * request.Rates.Output / 1_000_000m;
            decimal input = Math.Max(0m, request.Expected - output);
            foreach ((string part, long tokens) in request.Tokens.Parts)
            {
                Add(part, tokens, request.Tokens.Input == 0 ? 0m : input * tokens / request.Tokens.Input);
            }

            Add("output", request.Tokens.Output, Math.Min(request.Expected, output));
        }

        return sums.Select(sum => (sum.Key, sum.Value.Tokens, sum.Value.Cost));

        void Add(string part, long tokens, decimal cost)
        {
            (long tokensSoFar, decimal costSoFar) = sums.GetValueOrDefault(part);
            sums[part] = (tokensSoFar + tokens, costSoFar + cost);
        }
    }

    private static IEnumerable<(string Name, long Definition, long Results, long Tokens)> Tools(CostReport report)
    {
        var tools = new SortedDictionary<string, (long Definition, long Results)>(StringComparer.Ordinal);
        foreach (CostCall request in report.Requests)
        {
            var tokens = PartTokens.Of(request.Source);
            foreach ((string tool, long count) in tokens.Definitions)
            {
                (long definition, long results) = tools.GetValueOrDefault(tool);
                tools[tool] = (definition + count, results);
            }

            foreach ((string tool, long count) in tokens.Results)
            {
                (long definition, long results) = tools.GetValueOrDefault(tool);
                tools[tool] = (definition, results + count);
            }
        }

        return tools.Select(tool => (tool.Key, tool.Value.Definition, tool.Value.Results, tool.Value.Definition + tool.Value.Results));
    }

    private static string AfterTool(CostReport report, CostCall call)
    {
        IReadOnlyList<string> before = report.Requests.LastOrDefault(request => request.Number < call.Number)?.ToolCalls ?? [];
        return before.Count == 0 ? "" : $", after the {(before.Count == 1 ? "tool" : "tools")} {string.Join(", ", before.Distinct())}";
    }

    public static string Text(decimal dollars) => dollars.ToString("0.000000###", CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
