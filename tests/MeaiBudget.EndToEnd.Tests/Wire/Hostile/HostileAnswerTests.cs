using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Answers that would fill the memory: each is given up with a typed failure, and a call takes less than 64 MB. Run in a process of their own, as memory is measured for a whole process.</summary>
public sealed class HostileAnswerTests
{
    private const string InOwnProcess = "MEAIBUDGET_HOSTILE_ANSWERS";
    private const long Most = 64 * 1024 * 1024;

    /// <summary>Answers that end, or that the caller's limit of output ends: no failure is expected, only little memory.</summary>
    private static readonly string[] Ending = ["tiny texts", "endless line after the end"];

    /// <summary>What is asked of those that share an SDK with another one, and of all in a short run.</summary>
    private static readonly string[] Few = ["endless line", "endless page", "gzip bomb", "encoded without end", "endless error 500", "endless pings", "tiny events", "endless tool arguments", "nested 100,000 levels"];

    /// <summary>One process for each provider, all at a time.</summary>
    [Fact]
    public Task Q3_NoAnswerFillsTheMemory() =>
        Task.WhenAll((LongTest.IsWanted ? ["openai", "responses", "anthropic", "ollama", "litellm"] : new[] { "openai", "anthropic", "ollama" }).Select(RunAsync));

    private static async Task RunAsync(string provider)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HostileAnswerTests).Assembly.Location);
        }

        start.ArgumentList.Add("--filter-method");
        start.ArgumentList.Add("*" + nameof(AnswersAreGivenUpInLittleMemory));
        start.Environment[InOwnProcess] = provider;

        // Collected often, so that the working set shows what is in use. The limit turns what grows without end into an exception; one
        // near the 64 MB fails allocations of other code, because pools keep buffers until the next full collection.
        start.Environment["DOTNET_GCgen0size"] = "0x400000";
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x20000000";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("succeeded: 1", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersAreGivenUpInLittleMemory()
    {
        string? provider = Environment.GetEnvironmentVariable(InOwnProcess);
        Assert.SkipWhen(provider is null, $"Runs in a process that {nameof(Q3_NoAnswerFillsTheMemory)} starts.");
        await using var server = new HostileServer();
        await AskAsync(server, provider!, streaming: false, "endless error 500");
        List<string> failures = [];
        foreach (bool streaming in new[] { false, true })
        {
            foreach (string name in (!LongTest.IsWanted || provider is "responses" or "litellm" ? Few : HostileAnswer.Names).Where(name => streaming || !HostileAnswer.StreamedOnly.Contains(name)))
            {
                // Garbage that is not collected yet counts too, so a second and a third try may do. What is really needed is needed each time.
                string? failure = null;
                for (int tries = 0; tries < 3 && (tries == 0 || failure is not null); tries++)
                {
                    failure = await FailureOfAsync(server, provider!, streaming, name);
                }

                if (failure is not null)
                {
                    failures.Add(failure);
                }
            }
        }

        // A hundred more leave nothing. What pools hold after the first ones stays.
        await AskManyAsync(server, provider!);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await AskManyAsync(server, provider!);
        long left = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.True(left < Most / 4, $"{left >> 20} MB were left.");
    }

    private static async Task AskManyAsync(HostileServer server, string provider)
    {
        for (int count = 0; count < 100; count++)
        {
            await AskAsync(server, provider, count % 2 == 0, count % 4 < 2 ? "endless error 429 in chunks" : "nested 100,000 levels");
        }
    }

    /// <summary>What is wrong with how an answer was given up; <see langword="null"/> for nothing.</summary>
    private static async Task<string?> FailureOfAsync(HostileServer server, string provider, bool streaming, string name)
    {
        (Exception? exception, AttemptReceipt? attempt, long peak) = await AskAsync(server, provider, streaming, name);
        bool isTyped = exception is not null and not OutOfMemoryException && attempt?.Failure is { Kind: not ChatFailureKind.Unknown };
        return peak <= Most && (isTyped || (exception is null && streaming && Ending.Contains(name)))
            ? null
            : $"{name}, streaming {streaming}: {peak >> 20} MB, {exception?.GetType().Name} ({exception?.InnerException}), {attempt?.Failure?.Kind}";
    }

    private static async Task<(Exception? Exception, AttemptReceipt? Attempt, long Peak)> AskAsync(HostileServer server, string provider, bool streaming, string name)
    {
        var clock = new FakeTimeProvider();
        // Little time passes with each piece of an answer that its length ends, and much where time has to end it.
        TimeSpan pace = HostileAnswer.Lasting.Contains(name) ? TimeSpan.FromSeconds(20) : TimeSpan.FromMilliseconds(50);
        var answer = new HostileAnswer(provider, streaming, () => clock.Advance(pace));
        server.Answer = stream => answer.WriteAsync(name, stream);
        var tracker = new CostTracker([Budget.Daily("day", 1_000m)], PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));
        await using ServiceProvider services = new ServiceCollection().AddSingleton<TimeProvider>(clock).AddLogging(logging => logging.AddProvider(new WritingLoggers())).BuildServiceProvider();
        using var handler = new RedactedHttpLoggingHandler(new WritingLogger<RedactedHttpLoggingHandler>(), new() { Bodies = LoggedContent.Redacted })
        {
            InnerHandler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Brotli },
        };
        using IChatClient client = new ChatClientBuilder(Create(provider, server.Address, handler))
            .UseRedactedLogging(configure: options => options.Content = LoggedContent.Redacted).UseTokenEstimation().UseBudget(tracker)
            .UseRetry(new RetryOptions { MaxRetries = 0, AttemptTimeout = TimeSpan.FromMinutes(30), TotalTimeout = TimeSpan.FromMinutes(30) })
            .Build(services);
        using ReceiptCapture capture = CallReceipts.Capture();
        long idle = BeginPeak();

        Exception? exception = await Record.ExceptionAsync(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        AttemptReceipt? attempt = capture.Receipts is [{ Attempts: [AttemptReceipt first, ..] }, ..] ? first : null;
        return (exception, attempt, Peak() - idle);
    }

    /// <summary>Resets the peak of the working set, where the system can do that, and returns the working set.</summary>
    private static long BeginPeak()
    {
        GC.Collect();
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }

        return Environment.WorkingSet;
    }

    private static long Peak()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Environment.WorkingSet;
        }

        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }

    private static IChatClient Create(string provider, string address, HttpMessageHandler handler) => provider switch
    {
        "openai" => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", BaseUrl = address + "/v1", HttpMessageHandler = handler }),
        "responses" => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, BaseUrl = address + "/v1", HttpMessageHandler = handler }),
        "anthropic" => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", BaseUrl = address, HttpMessageHandler = handler }),
        "litellm" => LiteLLMChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", BaseUrl = address, HttpMessageHandler = handler }),
        _ => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", BaseUrl = address, HttpMessageHandler = handler }),
    };

    /// <summary>Makes the text of each record, as a logger that writes does, and forgets it.</summary>
    private sealed class WritingLogger<T> : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => formatter(state, exception);
    }

    private sealed class WritingLoggers : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new WritingLogger<HostileAnswerTests>();

        public void Dispose()
        {
        }
    }
}
