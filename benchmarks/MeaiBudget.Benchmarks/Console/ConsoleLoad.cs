using System.Diagnostics;
using System.Globalization;
using MeaiBudget.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Benchmarks;

/// <summary>Measures the console in one run: 10,000 tenants, 100 calls a second, without viewers and with three.</summary>
internal static class ConsoleLoad
{
    private const int Tenants = 10_000;
    private const int CallsASecond = 100;
    private const int WarmSeconds = 20;

    public static async Task RunAsync(string[] arguments)
    {
        int seconds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 30;
        var tracker = new CostTracker([Budget.Daily("all", 1_000_000m), Budget.Monthly("tenant", 10m).PerTag("tenant")], ledger: new InMemorySpendLedger { KeepsRecords = true });
        var random = new Random(1);
        for (int i = 0; i < Tenants; i++)
        {
            await tracker.SpendAsync("gpt-4o-mini", random.Next(1, 60_000_000), 1_000, Tags(i));
        }

        await using WebApplication application = Make(tracker);
        await application.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        foreach (string page in (string[])["", "/budgets", "/keys?budget=tenant", "/calls", "/health"])
        {
            long began = Stopwatch.GetTimestamp();
            byte[] first = await http.GetByteArrayAsync(new Uri("/console" + page, UriKind.Relative));
            TimeSpan cold = Stopwatch.GetElapsedTime(began);
            began = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync(new Uri("/console" + page, UriKind.Relative));
            System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(page.Length == 0 ? "/" : page),-24}{first.Length / 1024.0,8:0.0} KB{cold.TotalMilliseconds,9:0.0} ms first{Stopwatch.GetElapsedTime(began).TotalMilliseconds,9:0.0} ms again"));
        }

        // The runtime compiles what runs often once more, with all optimisations. What that takes is not measured: viewers of a console
        // that refreshes ten times a second, and calls, run until it is done.
        long[] bytes = new long[3];
        using (var warm = new CancellationTokenSource())
        {
            Task[] first = WatchAll("/warm", warm.Token);
            await CallAsync(tracker, WarmSeconds);
            await warm.CancelAsync();
            await Task.WhenAll(first);
        }

        await CallAsync(tracker, seconds / 3);
        Result without = await CallAsync(tracker, seconds);
        using var stop = new CancellationTokenSource();
        Task[] viewers = WatchAll("/console", stop.Token);
        await CallAsync(tracker, seconds / 3);
        Array.Clear(bytes);
        Result with = await CallAsync(tracker, seconds);
        await stop.CancelAsync();
        await Task.WhenAll(viewers);
        System.Console.WriteLine(without.Describe("no viewer"));
        System.Console.WriteLine(with.Describe("three viewers"));
        System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the console takes {(with.Core - without.Core) * 100:0.0} % of a core; {bytes.Sum() / 1024.0 / seconds:0.0} KB a second for three viewers"));

        Task[] WatchAll(string console, CancellationToken until) => [Watch(console, "", 0, until), Watch(console, "keys&budget=tenant", 1, until), Watch(console, "calls", 2, until)];

        Task Watch(string console, string page, int viewer, CancellationToken until) => Task.Run(async () =>
        {
            try
            {
                using Stream events = await http.GetStreamAsync(new Uri($"{console}/events?view={page}", UriKind.Relative), until);
                byte[] buffer = new byte[64 * 1024];
                while (true)
                {
                    int read = await events.ReadAsync(buffer, until);
                    if (read == 0)
                    {
                        return;
                    }

                    bytes[viewer] += read;
                }
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested)
            {
                // The end of the run.
            }
        }, CancellationToken.None);
    }

    private static WebApplication Make(CostTracker tracker)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(tracker);
        builder.Services.AddBudgetConsole();
        builder.Services.AddAuthorizationBuilder().AddPolicy("all", policy => policy.RequireAssertion(static _ => true));
        WebApplication application = builder.Build();
        application.UseAuthorization();
        application.MapBudgetConsole("/console", options => options.AuthorizationPolicy = "all");
        application.MapBudgetConsole("/warm", options => (options.AuthorizationPolicy, options.RefreshInterval) = ("all", TimeSpan.FromMilliseconds(100)));
        return application;
    }

    /// <summary>Makes calls at a fixed rate, and measures what they take and what the process uses.</summary>
    private static async Task<Result> CallAsync(CostTracker tracker, int seconds)
    {
        var provider = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = ScriptedReply.Text("answer").WithUsage(1_000, 100) };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        var random = new Random(2);
        var times = new List<double>(seconds * CallsASecond);
        using var process = Process.GetCurrentProcess();
        TimeSpan cpu = process.TotalProcessorTime;
        (TimeSpan pause, int collections, long waits, long bytes) = (GC.GetTotalPauseDuration(), GC.CollectionCount(0), Monitor.LockContentionCount, GC.GetTotalAllocatedBytes());
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < seconds * CallsASecond; i++)
        {
            TimeSpan wait = TimeSpan.FromSeconds((double)i / CallsASecond) - Stopwatch.GetElapsedTime(began);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, TimeProvider.System);
            }

            long start = Stopwatch.GetTimestamp();
            await client.GetResponseAsync("question", new ChatOptions { MaxOutputTokens = 100, AdditionalProperties = new() { ["tenant"] = Name(random.Next(Tenants)) } });
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        TimeSpan took = Stopwatch.GetElapsedTime(began);
        process.Refresh();
        times.Sort();
        return new Result((process.TotalProcessorTime - cpu) / took, times[times.Count / 2], times[times.Count * 99 / 100])
        {
            Causes = string.Create(CultureInfo.InvariantCulture, $"{(GC.GetTotalAllocatedBytes() - bytes) / took.TotalSeconds / 1e6:0.0} MB a second, {GC.CollectionCount(0) - collections} collections that paused {(GC.GetTotalPauseDuration() - pause).TotalMilliseconds:0.0} ms, {Monitor.LockContentionCount - waits} waits for locks"),
        };
    }

    private static Dictionary<string, string> Tags(int tenant) => new() { ["tenant"] = Name(tenant) };

    private static string Name(int tenant) => string.Create(CultureInfo.InvariantCulture, $"tenant-{tenant:00000}");

    private sealed record Result(double Core, double Median, double Late)
    {
        public required string Causes { get; init; }

        public string Describe(string name) => string.Create(CultureInfo.InvariantCulture, $"{name,-16}{Core * 100,6:0.0} % of a core, a call takes {Median:0.000} ms (median), {Late:0.000} ms (99 of 100); {Causes}");
    }
}
