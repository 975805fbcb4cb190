using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Benchmarks;

/// <summary>
/// Measures one process with more and more calls in flight: calls per second, the processor time of a call, and the longest answers, of
/// OpenAI's SDK alone and of the whole pipeline above it on each ledger. The provider is the simulator in a process of its own.
/// </summary>
/// <remarks>
/// <c>scale [SECONDS] [IN FLIGHT,IN FLIGHT...] [memory] [sqlite=FILE] [redis=CONNECTION] [postgresql=CONNECTION]</c>. Processor time is that of
/// this process: the simulator's is not in it, and neither is that of a ledger's server.
/// </remarks>
internal static class ScaleCurve
{
    private const string Model = "gpt-4.1-mini";
    private const int Tenants = 100;
    private const int WarmUpCallers = 16;

    private static readonly ChatMessage[] Messages =
    [
        new(ChatRole.System, "You are a helpful assistant that answers briefly."),
        new(ChatRole.User, "Say hello to the people of the town, please, and ask how they are."),
    ];

    public static async Task RunAsync(string[] arguments)
    {
        double seconds = arguments.Length > 0 ? double.Parse(arguments[0], CultureInfo.InvariantCulture) : 4;
        int[] levels = arguments.Length > 1 ? [.. arguments[1].Split(',').Select(level => int.Parse(level, CultureInfo.InvariantCulture))] : [1, 16, 256, 4_096];
        using var simulator = SimulatorProcess.Start();
        var address = new Uri(await simulator.ReadAddressAsync());
        List<Subject> subjects = [new("bare SDK", Client(address, null), null)];
        foreach (string argument in arguments.Length > 2 ? arguments[2..] : ["memory"])
        {
            string[] parts = argument.Split('=', 2);
            ISpendLedger ledger = await LedgerThroughput.OpenAsync(parts[0], parts.Length > 1 ? parts[1] : "");
            subjects.Add(new(parts[0], Client(address, ledger), ledger));
        }

        foreach (Subject subject in subjects)
        {
            // The runtime compiles code at its first call and optimises it some seconds later. Neither is to be measured.
            await MeasureAsync(subject.Client, WarmUpCallers, TimeSpan.FromSeconds(seconds));
        }

        Console.WriteLine("| in flight | pipeline on | calls per second | processor time of a call | over bare | median | p99 |");
        Console.WriteLine("| ---: | --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (int inFlight in levels)
        {
            double bare = 0;
            foreach (Subject subject in subjects)
            {
                await MeasureAsync(subject.Client, inFlight, TimeSpan.FromSeconds(seconds / 2));
                Result result = await MeasureAsync(subject.Client, inFlight, TimeSpan.FromSeconds(seconds));
                bare = subject.Ledger is null ? result.Microseconds : bare;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {inFlight:N0} | {subject.Name} | {result.CallsPerSecond:N0} | {result.Microseconds:0} us | {result.Microseconds - bare:0} us | {result.Median:0.0} ms | {result.P99:0.0} ms |"));
            }
        }

        foreach (Subject subject in subjects)
        {
            subject.Client.Dispose();
            await LedgerThroughput.CloseAsync(subject.Ledger);
        }
    }

    private static IChatClient Client(Uri address, ISpendLedger? ledger)
    {
        if (ledger is null)
        {
            return SdkProvider.BareOpenAI(Model, new SocketsHttpHandler(), address);
        }

        var tracker = new CostTracker(
            [Budget.Daily("day", 1_000_000m), Budget.Monthly("month", 1_000_000m), Budget.Daily("tenants", 1_000_000m).PerTag("tenant")],
            PriceCatalog.Empty.With(Model, ModelPrice.PerMillionTokens(0.4m, 1.6m)),
            ledger);
        return new ChatClientBuilder(OpenAIChatClientFactory.Create(new() { ApiKey = "key", ModelId = Model, BaseUrl = address.ToString(), HttpMessageHandler = new SocketsHttpHandler() }))
            .UseRedactedLogging().UseTokenEstimation().UseBudget(tracker).UseRetry().UseFallback().Build();
    }

    private static async Task<Result> MeasureAsync(IChatClient client, int inFlight, TimeSpan time)
    {
        var latencies = new LatencyCounts();
        long started = Stopwatch.GetTimestamp();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        long[] calls = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(caller => Task.Run(() => CallAsync(client, caller, started, time, latencies))));
        used = Environment.CpuUsage.TotalTime - used;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        long all = calls.Sum();
        return new Result(all / elapsed.TotalSeconds, used.TotalMicroseconds / all, latencies.Milliseconds(0.5), latencies.Milliseconds(0.99));
    }

    private static async Task<long> CallAsync(IChatClient client, int caller, long started, TimeSpan time, LatencyCounts latencies)
    {
        var options = new ChatOptions { MaxOutputTokens = 500, AdditionalProperties = new() { ["tenant"] = $"tenant-{caller % Tenants}" } };
        long calls = 0;
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            long began = Stopwatch.GetTimestamp();
            await client.GetResponseAsync(Messages, options);
            latencies.Add(Stopwatch.GetElapsedTime(began));
            calls++;
        }

        return calls;
    }

    private sealed record Subject(string Name, IChatClient Client, ISpendLedger? Ledger);

    private readonly record struct Result(double CallsPerSecond, double Microseconds, double Median, double P99);
}
