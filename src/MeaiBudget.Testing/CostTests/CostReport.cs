using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace MeaiBudget.Testing;

/// <summary>The cost of one run of a <see cref="CostScenario"/>. Immutable and thread-safe. It has no message content, except excerpts in <see cref="PrefixBreaks"/>.</summary>
public sealed class CostReport
{
    private readonly ScenarioPrices _prices;
    private IReadOnlyList<PrefixBreak>? _breaks;

    private CostReport(string scenario, IReadOnlyList<CostCall> requests, ScenarioPrices prices)
    {
        Scenario = scenario;
        Requests = requests;
        _prices = prices;
    }

    /// <summary>Gets the name of the scenario.</summary>
    public string Scenario { get; }

    /// <summary>Gets the requests that were sent, in the order in which they were sent, including failed ones.</summary>
    public IReadOnlyList<CostCall> Requests { get; }

    /// <summary>Gets the number of requests that a model answered. Each round of a tool loop is one.</summary>
    public int Calls => Requests.Count(request => request.Outcome == AttemptOutcome.Answered);

    /// <summary>Gets the number of HTTP requests that were sent, including failed and repeated ones.</summary>
    public int Attempts => Requests.Sum(request => Math.Max(1, request.Source.Receipt.RequestCount));

    /// <summary>Gets the cost in US dollars, as a budget charges it.</summary>
    public decimal Expected => Requests.Sum(request => request.Expected);

    /// <summary>Gets the cost in US dollars if the provider reads every repeated prefix of at least 1,024 tokens from its cache.</summary>
    public decimal WithCache => Requests.Sum(request => request.WithCache);

    /// <summary>The cost if providers report the tokens that we count.</summary>
    internal decimal Counted => Requests.Sum(request => request.Counted);

    /// <summary>Gets the most that these requests could cost in US dollars, as a budget reserves it.</summary>
    public decimal Worst => Requests.Sum(request => request.Worst);

    /// <summary>Gets the tokens by part.</summary>
    public CostTokens Tokens => Requests.Aggregate(default(CostTokens), (sum, request) => sum.Plus(request.Tokens));

    /// <summary>Gets the billed input tokens, including cached ones.</summary>
    public long InputTokens => Requests.Sum(request => request.InputTokens);

    /// <summary>Gets the input tokens that the provider reported as read from its cache.</summary>
    public long CachedTokens => Requests.Sum(request => request.CachedTokens);

    /// <summary>Gets the billed output tokens.</summary>
    public long OutputTokens => Requests.Sum(request => request.Tokens.Output);

    /// <summary>Gets the share of the counted input that repeats the beginning of an earlier request, from 0 to 1. A provider can read it from its cache.</summary>
    public decimal SharedShare => Tokens.Input == 0 ? 0m : Math.Min(1m, decimal.Round((decimal)Requests.Sum(request => request.SharedTokens) / Tokens.Input, 4));

    /// <summary>Gets the models without a known price. Their requests count as zero in all amounts.</summary>
    public IReadOnlyList<string> UnpricedModels => [.. Requests.Where(request => !request.IsPriceKnown).Select(request => request.Model).Distinct(StringComparer.Ordinal)];

    /// <summary>Gets where consecutive requests of the same agent stop sharing a prefix that a provider could have read from its cache.</summary>
    public IReadOnlyList<PrefixBreak> PrefixBreaks => _breaks ??= PrefixCheck.Breaks(Requests);

    /// <summary>Returns the run whose expected cost a percentage of the runs do not exceed: the nearest rank.</summary>
    /// <param name="reports">The runs.</param>
    /// <param name="percentile">The percentage, from 1 to 100; 50 for the median.</param>
    /// <returns>The run.</returns>
    public static CostReport Percentile(IEnumerable<CostReport> reports, int percentile)
    {
        ArgumentNullException.ThrowIfNull(reports);
        ArgumentOutOfRangeException.ThrowIfLessThan(percentile, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percentile, 100);
        CostReport[] sorted = [.. reports.OrderBy(report => report.Expected)];
        return sorted.Length > 0 ? sorted[(((sorted.Length * percentile) + 99) / 100) - 1] : throw new ArgumentException("There are no runs.", nameof(reports));
    }

    /// <summary>Joins runs to one report, in which their requests follow each other. So prefixes are compared between runs, too: run twice with different times to find a date in a prompt.</summary>
    /// <param name="reports">The runs, at least one.</param>
    /// <returns>The joined report, with the name and the prices of the first run.</returns>
    public static CostReport Join(IEnumerable<CostReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        CostReport[] runs = [.. reports];
        return runs.Length > 0
            ? Of(runs[0].Scenario, [.. runs.SelectMany(run => run.Requests).Select(request => request.Source)], runs[0]._prices)
            : throw new ArgumentException("There are no runs.", nameof(reports));
    }

    /// <summary>Returns the part of this report for one model.</summary>
    /// <param name="model">The requested model, as the provider names it; case is ignored.</param>
    /// <returns>The requests to that model; none if there were none.</returns>
    public CostReport ForModel(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new($"{Scenario}, model {model}", [.. Requests.Where(request => string.Equals(request.Model, model, StringComparison.OrdinalIgnoreCase))], _prices);
    }

    /// <summary>Returns the part of this report for one value of a tag.</summary>
    /// <param name="name">The tag's name.</param>
    /// <param name="value">The tag's value.</param>
    /// <returns>The requests with that tag; none if there were none.</returns>
    public CostReport ForTag(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        return new($"{Scenario}, {name}={value}", [.. Requests.Where(request => request.Tags.GetValueOrDefault(name) == value)], _prices);
    }

    /// <summary>Returns the same requests with other prices.</summary>
    /// <param name="prices">The prices.</param>
    /// <returns>The report.</returns>
    public CostReport PricedWith(PriceCatalog prices)
    {
        ArgumentNullException.ThrowIfNull(prices);
        return Of(Scenario, [.. Requests.Select(request => request.Source with { Reserved = null })], ScenarioPrices.Of(prices));
    }

    /// <summary>Returns what the same conversation would cost on another model: the tokens are counted again with its tokenizer and rules.</summary>
    /// <remarks>Requests for embeddings stay on their model. The answers are assumed to be the same texts. Reported usage is scaled by the ratio of both counts, and so are cached tokens.</remarks>
    /// <param name="model">The model, as its provider names it.</param>
    /// <param name="provider">The provider's name, if the model's id needs it.</param>
    /// <param name="prices">The prices; <see langword="null"/> for those of this report.</param>
    /// <returns>The report.</returns>
    public CostReport OnModel(string model, string? provider = null, PriceCatalog? prices = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ScenarioPrices catalog = prices is null ? _prices : ScenarioPrices.Of(prices);
        return Of(Scenario, [.. Requests.Select(request => request.Source.Contents is { IsPrompt: false } ? request.Source : OtherModel.Of(request.Source, model, provider, catalog.Catalog))], catalog);
    }

    /// <summary>Writes this report into a snapshot file, in which it replaces an earlier report of the same scenario.</summary>
    /// <remarks>The file has no content of messages. Compare two versions of it with <c>meaibudget cost diff</c>. Safe for tests that run in parallel.</remarks>
    /// <param name="path">The file, relative to the folder of the calling source file; <see langword="null"/> for <c>cost.snapshot.json</c> in that folder.</param>
    /// <param name="source">The calling source file; set by the compiler.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist, because the test runs on another machine than it was compiled on.</exception>
    public void SaveSnapshot(string? path = null, [CallerFilePath] string source = "") => CostSnapshot.Save(this, SourceFolder.PathOf(path ?? CostSnapshot.FileName, source));

    /// <summary>Returns a readable description: totals, and a line for each request.</summary>
    /// <returns>The text; lines end with a line feed.</returns>
    public string Explain()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Scenario}: expected ${Expected}, with cache ${WithCache}, worst ${Worst}, {Calls} calls, {Attempts} attempts\n");
        foreach (CostCall request in Requests)
        {
            text.Append("  ").Append(CostExplanation.LineOf(request)).Append('\n');
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Explain();

    internal static CostReport Of(string scenario, IReadOnlyList<MeasuredRequest> requests, ScenarioPrices prices)
    {
        PartTokens[] tokens = [.. requests.Select(PartTokens.Of)];
        long[] shared = PrefixCheck.SharedTokens(requests, tokens);
        return new CostReport(scenario, [.. requests.Select((request, index) => prices.Price(request, index + 1, tokens[index].Tokens, shared[index]))], prices);
    }
}
