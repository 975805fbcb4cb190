using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace MeaiBudget.Testing;

/// <summary>Assertions about the cost of a scenario, for any test framework. They throw <see cref="CostAssertException"/>.</summary>
public static class CostAssert
{
    // A message lists no more requests than these, the dearest ones.
    private const int MostRequests = 25;

    /// <summary>Runs a scenario once and asserts that it stays within limits. A limit of <see langword="null"/> is not checked.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="expected">The most that it may cost in US dollars, as a budget charges it.</param>
    /// <param name="worst">The most that its requests could cost in US dollars, as a budget reserves them.</param>
    /// <param name="calls">The most requests that a model may answer. Each round of a tool loop is one.</param>
    /// <param name="attempts">The most HTTP requests, including failed and repeated ones.</param>
    /// <param name="inputTokens">The most billed input tokens.</param>
    /// <param name="outputTokens">The most billed output tokens.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    /// <returns>The cost of the run, for further assertions.</returns>
    /// <exception cref="CostAssertException">A limit is exceeded, or a model has no known price. The message names the request, the part of the prompt and the tool that cost most.</exception>
    public static async Task<CostReport> AtMostAsync(
        CostScenario scenario, decimal? expected = null, decimal? worst = null, int? calls = null, int? attempts = null,
        long? inputTokens = null, long? outputTokens = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        CostReport report = await scenario.RunAsync(cancellationToken);
        AtMost(report, expected, worst, calls, attempts, inputTokens, outputTokens);
        return report;
    }

    /// <summary>Asserts that a measured run, or a part of it, stays within limits. A limit of <see langword="null"/> is not checked.</summary>
    /// <param name="report">The run, or a part of it: <see cref="CostReport.ForModel"/>, <see cref="CostReport.ForTag"/>.</param>
    /// <param name="expected">The most that it may cost in US dollars, as a budget charges it.</param>
    /// <param name="worst">The most that its requests could cost in US dollars, as a budget reserves them.</param>
    /// <param name="calls">The most requests that a model may answer. Each round of a tool loop is one.</param>
    /// <param name="attempts">The most HTTP requests, including failed and repeated ones.</param>
    /// <param name="inputTokens">The most billed input tokens.</param>
    /// <param name="outputTokens">The most billed output tokens.</param>
    /// <exception cref="CostAssertException">
    /// A limit is exceeded, a model has no known price, or a part has no requests although no limit is zero. The message names the request, the
    /// part of the prompt and the tool that cost most.
    /// </exception>
    public static void AtMost(
        CostReport report, decimal? expected = null, decimal? worst = null, int? calls = null, int? attempts = null,
        long? inputTokens = null, long? outputTokens = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        List<string> problems = [];
        if ((expected ?? worst) is not null && report.UnpricedModels is [var model, ..])
        {
            problems.Add($"no price is known for the model '{model}', so its cost cannot be checked. Add it to CostScenario.Prices: PriceCatalog.Default.With(\"{model}\", ModelPrice.PerMillionTokens(input: 0.00m, output: 0.00m))");
        }

        if (report.Requests.Count == 0 && expected != 0m && worst != 0m && calls != 0 && attempts != 0 && inputTokens != 0 && outputTokens != 0)
        {
            problems.Add("there is no such request, so nothing could be checked. Correct the name of the model or the tag, or assert calls: 0");
        }

        Check("expected cost", report.Expected, expected, Dollars, problems);
        Check("worst case", report.Worst, worst, Dollars, problems);
        Check("calls", report.Calls, calls, Count, problems);
        Check("attempts", report.Attempts, attempts, Count, problems);
        Check("input tokens", report.InputTokens, inputTokens, Count, problems);
        Check("output tokens", report.OutputTokens, outputTokens, Count, problems);
        if (problems.Count > 0)
        {
            throw Failure(report, problems);
        }
    }

    /// <summary>Asserts that consecutive requests of the same agent begin in the same way, so that a provider can read the beginning from its cache.</summary>
    /// <param name="report">The run.</param>
    /// <param name="lost">The most that lost prefixes may cost in US dollars; 0 by default. Breaks that cost nothing, because the prefix is too short to be cached, are allowed.</param>
    /// <exception cref="CostAssertException">A prefix is lost. The message says where, why, and what it costs.</exception>
    public static void KeepsPrefix(CostReport report, decimal lost = 0m)
    {
        ArgumentNullException.ThrowIfNull(report);
        PrefixBreak[] breaks = [.. report.PrefixBreaks.Where(found => found.LostTokens > 0)];
        decimal cost = breaks.Sum(found => found.Cost);
        if (cost > lost)
        {
            throw Failure(report, [
                $"lost prefixes cost ${CostExplanation.Text(cost)}, more than ${CostExplanation.Text(lost)}", .. breaks.Select(found => found.ToString())]);
        }
    }

    /// <summary>Asserts that a run is not dearer than the last snapshot of its scenario.</summary>
    /// <remarks>A scenario that the snapshot does not have passes. Save it with <see cref="CostReport.SaveSnapshot"/>.</remarks>
    /// <param name="report">The run.</param>
    /// <param name="maxIncrease">The allowed increase of the expected cost, of the cost with cache and of the worst case, as a share: 0.1 by default, which is 10 %.</param>
    /// <param name="path">The snapshot file, relative to the folder of the calling source file; <see langword="null"/> for <c>cost.snapshot.json</c> in that folder.</param>
    /// <param name="source">The calling source file; set by the compiler.</param>
    /// <exception cref="CostAssertException">The run is dearer. The message says by how much, and why.</exception>
    public static void NotDearer(CostReport report, decimal maxIncrease = 0.1m, string? path = null, [CallerFilePath] string source = "")
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentOutOfRangeException.ThrowIfNegative(maxIncrease);
        string file = SourceFolder.PathOf(path ?? CostSnapshot.FileName, source);
        if (!File.Exists(file) || !CostSnapshot.Load(file).Scenarios.TryGetValue(report.Scenario, out ScenarioSnapshot? before))
        {
            return;
        }

        var comparison = ScenarioComparison.Of(report.Scenario, before, ScenarioSnapshot.Of(report));
        if (comparison.IsAbove(maxIncrease))
        {
            throw Failure(report, [comparison.Summary(), .. comparison.Causes.Select(cause => cause.Text)]);
        }
    }

    private static void Check<T>(string what, T value, T? limit, Func<T, string> text, List<string> problems)
        where T : struct, IComparable<T>
    {
        if (limit is { } most && value.CompareTo(most) > 0)
        {
            problems.Add($"{what} {text(value)}, more than {text(most)}");
        }
    }

    private static string Dollars(decimal value) => "$" + CostExplanation.Text(value);

    private static string Count(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Count(long value) => CostExplanation.Number(value);

    private static CostAssertException Failure(CostReport report, IEnumerable<string> problems)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"The scenario '{report.Scenario}' costs more than allowed:\n");
        foreach (string problem in problems)
        {
            text.Append("  ").Append(problem).Append('\n');
        }

        foreach (string line in CostExplanation.MostExpensive(report))
        {
            text.Append(line).Append('\n');
        }

        CostCall[] dearest = [.. report.Requests.OrderByDescending(request => request.Expected).ThenByDescending(request => request.Worst).Take(MostRequests).OrderBy(request => request.Number)];
        foreach (CostCall request in dearest)
        {
            text.Append("  ").Append(CostExplanation.LineOf(request)).Append('\n');
        }

        if (dearest.Length < report.Requests.Count)
        {
            text.Append(CultureInfo.InvariantCulture, $"  and {report.Requests.Count - dearest.Length} requests that cost less\n");
        }

        return new CostAssertException(text.ToString().TrimEnd('\n'));
    }
}
