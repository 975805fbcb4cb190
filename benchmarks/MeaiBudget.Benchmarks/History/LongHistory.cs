using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Benchmarks;

/// <summary>
/// Measures an agent's conversation of 200 messages and a million characters to which each call adds one new message: what the estimate,
/// the redacted log and the whole pipeline take, beside the same call with the new message alone.
/// </summary>
/// <remarks><c>history [ROUNDS]</c>. Times are the processor time of the process, as the median of the rounds.</remarks>
internal static class LongHistory
{
    private const int MessageCount = 200;
    private const int MessageLength = 5_000;
    private const int Calls = 20;
    private const int WarmUps = 12;

    private static readonly ChatOptions Options = new() { MaxOutputTokens = 500, AdditionalProperties = new() { ["tenant"] = "acme" } };
    private static int s_number;

    public static async Task RunAsync(string[] arguments)
    {
        int rounds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 15;
        ChatMessage[] history =
        [
            .. Enumerable.Range(0, MessageCount).Select(index => new ChatMessage(index % 2 == 0 ? ChatRole.User : ChatRole.Assistant, NewText())),
        ];
        SdkProvider provider = SdkProvider.All[0];
        var estimator = new TokenEstimator();
        using var logs = new DiscardingLoggerFactory();
        var target = new TokenEstimationTarget(provider.ModelId, null, null);
        IChatClient logging = new ChatClientBuilder(new NullChatClient()).UseRedactedLogging(logs, options => options.Content = LoggedContent.Redacted).Build();
        IChatClient bare = provider.Bare(provider.Answer, null);
        var tracker = new CostTracker(
            [Budget.Daily("day", 1_000_000m), Budget.Monthly("month", 1_000_000m), Budget.Daily("tenants", 1_000_000m).PerTag("tenant")],
            PriceCatalog.Empty.With(provider.ModelId, ModelPrice.PerMillionTokens(0.4m, 1.6m)));
        IChatClient pipeline = new ChatClientBuilder(provider.Factory(provider.Answer, null))
            .UseRedactedLogging(logs, options => options.Content = LoggedContent.Redacted).UseTokenEstimation().UseBudget(tracker).UseRetry().UseFallback().Build();
        (string Name, Func<IReadOnlyList<ChatMessage>, Task> Call)[] subjects =
        [
            ("estimate", messages => estimator.EstimateAsync(messages, Options, target).AsTask()),
            ("call with a redacted log", messages => logging.GetResponseAsync(messages, Options)),
            ("OpenAI's SDK alone", messages => bare.GetResponseAsync(messages, Options)),
            ("the whole pipeline on it", messages => pipeline.GetResponseAsync(messages, Options)),
        ];

        Console.WriteLine($"| {MessageCount} messages, {MessageCount * MessageLength:N0} characters, and a new one of {MessageLength:N0} | whole history | the new message alone |");
        Console.WriteLine("| --- | ---: | ---: |");
        foreach ((string name, Func<IReadOnlyList<ChatMessage>, Task> call) in subjects)
        {
            double whole = await MeasureAsync(call, history, rounds);
            double alone = await MeasureAsync(call, [], rounds);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {whole:0} us | {alone:0} us |"));
        }
    }

    private static async Task<double> MeasureAsync(Func<IReadOnlyList<ChatMessage>, Task> call, ChatMessage[] history, int rounds)
    {
        var times = new List<double>();
        for (int round = -WarmUps; round < rounds; round++)
        {
            if (round < 0)
            {
                // The runtime compiles optimised code in the background after some time without calls to new methods.
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }

            List<ChatMessage>[] requests = [.. Enumerable.Range(0, Calls).Select(_ => (List<ChatMessage>)[.. history, new ChatMessage(ChatRole.User, NewText())])];
            TimeSpan used = Environment.CpuUsage.TotalTime;
            foreach (List<ChatMessage> messages in requests)
            {
                await call(messages);
            }

            used = Environment.CpuUsage.TotalTime - used;
            if (round >= 0)
            {
                times.Add(used.TotalMicroseconds / Calls);
            }
        }

        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>Prose of the length of a message, which no earlier message has.</summary>
    private static string NewText()
    {
        int number = ++s_number;
        string sentence = $"Step {number} of the work reads the file, changes line {number * 7} of it, and runs the tests again to see what they say. ";
        return string.Concat(Enumerable.Repeat(sentence, (MessageLength / sentence.Length) + 1))[..MessageLength];
    }

    /// <summary>Accepts every log record and keeps none.</summary>
    private sealed class DiscardingLoggerFactory : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            formatter(state, exception);

        public void Dispose()
        {
        }
    }
}
