using System.Globalization;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Benchmarks;

/// <summary>Measures the overhead of the factory and the layers over the provider's SDK, with canned answers instead of a network.</summary>
/// <remarks>
/// <para><c>sdk [PROVIDER] [ROUNDS] [CLIENT,CLIENT...] [http]</c>; the provider "all" measures all of them. With <c>http</c>, the answers come over
/// HTTP on connections in memory (<see cref="CannedConnection"/>), otherwise from a handler instead of HTTP. Every round measures some calls of
/// each client in turn, and starts with another client each time, so that other work on the machine affects all of them. Times are the
/// processor time of the whole process (including garbage collection), as the median of the rounds. A ratio is the median of the rounds'
/// ratios.</para>
/// <para>Clients of one process share its heap. To compare garbage collection, measure one client and <c>bare</c> only.</para>
/// </remarks>
internal static class SdkOverhead
{
    private const int WarmUps = 8;

    private static readonly Uri Host = new("http://provider.test/");

    private static readonly ChatMessage[] Messages =
    [
        new(ChatRole.System, "You are a helpful assistant that answers briefly."),
        new(ChatRole.User, "Say hello to the people of the town, please, and ask how they are."),
    ];

    private static readonly ChatOptions Plain = new() { MaxOutputTokens = 500 };
    private static readonly ChatOptions Tagged = new() { MaxOutputTokens = 500, AdditionalProperties = new() { ["tenant"] = "acme" } };

    public static async Task RunAsync(string[] arguments)
    {
        string name = arguments.Length > 0 ? arguments[0] : "all";
        int rounds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 41;
        string[]? only = arguments.Length > 2 ? arguments[2].Split(',') : null;
        bool overHttp = arguments.Length > 3 && arguments[3] == "http";
        SdkProvider[] providers = [.. SdkProvider.All.Where(provider => name == "all" ? !overHttp || provider.Name != "null" : provider.Name == name)];
        if (providers.Length == 0)
        {
            Console.Error.WriteLine($"Unknown provider '{name}'. Use all, openai, responses, anthropic, ollama or null.");
            return;
        }

        foreach (SdkProvider provider in providers)
        {
            await MeasureAsync(provider, isStreaming: false, overHttp, rounds, only);
            await MeasureAsync(provider, isStreaming: true, overHttp, rounds, only);
        }
    }

    private static async Task MeasureAsync(SdkProvider provider, bool isStreaming, bool overHttp, int rounds, string[]? only)
    {
        Subject[] subjects = [.. Subjects(provider, isStreaming ? provider.Stream : provider.Answer, overHttp)
            .Where(subject => only is null || subject.Name == "bare" || only.Contains(subject.Name))];
        int calls = isStreaming ? 50 : 1_000;
        for (int i = 0; i < WarmUps; i++)
        {
            foreach (Subject subject in subjects)
            {
                subject.Measure(calls, isStreaming, isKept: false);
            }

            // The runtime compiles optimised code in the background after some time without calls to new methods.
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
        }

        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < subjects.Length; i++)
            {
                subjects[(i + round) % subjects.Length].Measure(calls, isStreaming, isKept: true);
            }
        }

        Console.WriteLine();
        Console.WriteLine($"| {provider.Name}{(overHttp ? " over HTTP" : "")}, {(isStreaming ? $"a stream of {SdkProvider.Words} updates" : "a call")} | processor time | over bare | ratio | GC pauses | allocated |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        Slice[] bare = [.. subjects[0].Slices];
        foreach (Subject subject in subjects)
        {
            double time = Median(subject.Slices.Select(slice => slice.Microseconds));
            double over = Median(subject.Slices.Zip(bare, (slice, bareSlice) => slice.Microseconds - bareSlice.Microseconds));
            double ratio = Median(subject.Slices.Zip(bare, (slice, bareSlice) => slice.Microseconds / bareSlice.Microseconds));
            double paused = subject.Slices.Average(slice => slice.Paused);
            double allocated = Median(subject.Slices.Select(slice => slice.Bytes)) / 1024;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {subject.Name} | {time:0.0} us | {over:0.0} us | {ratio:0.00} | {paused:0.0} us | {allocated:0.0} KB |"));
            subject.Client.Dispose();
        }
    }

    /// <summary>The clients: the SDK's own, then the factory's, then that with each single layer, then with all layers.</summary>
    private static IEnumerable<Subject> Subjects(SdkProvider provider, CannedHandler handler, bool overHttp)
    {
        var tracker = new CostTracker(
            [Budget.Daily("day", 1_000_000m), Budget.Monthly("month", 1_000_000m), Budget.Daily("tenants", 1_000_000m).PerTag("tenant")],
            PriceCatalog.Empty.With(provider.ModelId, ModelPrice.PerMillionTokens(0.4m, 1.6m)));

        yield return new("bare", provider.Bare(overHttp ? handler.OverHttp() : handler, overHttp ? Host : null), Plain);
        yield return new("factory", Client(), Plain);
        yield return new("logging", new ChatClientBuilder(Client()).UseRedactedLogging().Build(), Plain);
        yield return new("estimation", new ChatClientBuilder(Client()).UseTokenEstimation().Build(), Plain);
        yield return new("budget", new ChatClientBuilder(Client()).UseBudget(tracker).Build(), Tagged);
        yield return new("retry", new ChatClientBuilder(Client()).UseRetry().Build(), Plain);
        yield return new("fallback", new ChatClientBuilder(Client()).UseFallback(Client()).Build(), Plain);
        yield return new(
            "pipeline",
            new ChatClientBuilder(Client()).UseRedactedLogging().UseTokenEstimation().UseBudget(tracker).UseRetry().UseFallback(Client()).Build(),
            Tagged);

        IChatClient Client() => provider.Factory(overHttp ? handler.OverHttp() : handler, overHttp ? Host : null);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed record Subject(string Name, IChatClient Client, ChatOptions Options)
    {
        public List<Slice> Slices { get; } = [];

        public void Measure(int calls, bool isStreaming, bool isKept)
        {
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan paused = GC.GetTotalPauseDuration();
            TimeSpan used = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < calls; i++)
            {
                CannedConnection.Run(isStreaming ? ReadAsync() : Client.GetResponseAsync(Messages, Options));
            }

            used = Environment.CpuUsage.TotalTime - used;
            paused = GC.GetTotalPauseDuration() - paused;
            bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            if (isKept)
            {
                Slices.Add(new Slice(used.TotalMicroseconds / calls, paused.TotalMicroseconds / calls, (double)bytes / calls));
            }
        }

        private async Task ReadAsync()
        {
            await foreach (ChatResponseUpdate _ in Client.GetStreamingResponseAsync(Messages, Options))
            {
            }
        }
    }

    private readonly record struct Slice(double Microseconds, double Paused, double Bytes);
}
