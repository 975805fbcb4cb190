using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Text;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Secrets planted everywhere in a call through the whole pipeline, every option switched on, and looked for in everything that is written.</summary>
public class CanaryTests
{
    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public async Task I1_I4_NoSecretReachesAnythingThatIsWritten(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        foreach (bool streaming in (bool[])[false, true])
        {
            using var written = new Written();
            await RunAsync(shape, streaming, written);
            string everything = written.ToString();
            Assert.Contains("CallCompleted", everything, StringComparison.Ordinal);
            Assert.Contains("[REDACTED]", everything, StringComparison.Ordinal);
            SecretRedactorTests.AssertNoLongPiece(shape.Secret, everything);
        }
    }

    private static async Task RunAsync(SecretShape shape, bool streaming, Written written)
    {
        var provider = new ScriptedChatClient("gpt-4o-mini", "openai");
        ChatResponseUpdate[] pieces = [.. shape.Text.Chunk(5).Select(piece => new ChatResponseUpdate(ChatRole.Assistant, new string(piece)))];
        ScriptedReply failure = ScriptedReply.Throw(new HttpRequestException($"429 for {shape.Text}", new InvalidOperationException(shape.Text), System.Net.HttpStatusCode.TooManyRequests));
        ScriptedReply answer = streaming ? ScriptedReply.Stream([.. pieces, new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop }]) : ScriptedReply.Text(shape.Text);
        provider.Enqueue(failure, ScriptedReply.ToolCall("look", new Dictionary<string, object?> { ["where"] = shape.Text }));
        provider.Default = answer;
        var alternate = new ScriptedChatClient("claude-sonnet-4-5", "anthropic");
        alternate.Enqueue(ScriptedReply.ToolCall("look", new Dictionary<string, object?> { ["where"] = shape.Text }));
        alternate.Default = answer;
        var tracker = new CostTracker([Budget.Daily("day", 10m), Budget.Daily("tenant", 10m).PerTag("tenant")], configure: options => options.Observers.Add(written));
        using IChatClient client = Build(provider, alternate);
        AIFunction tool = AIFunctionFactory.Create((string where) => "found " + where, "look");
        ChatOptions options = new()
        {
            Tools = [tool],
            Instructions = shape.Text,
            AdditionalProperties = new AdditionalPropertiesDictionary { ["extra"] = shape.Text, ["tenant"] = shape.Secret, ["other"] = new object() },
        };

        await client.AskAsync(streaming, shape.Text, options);

        var failing = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = failure };
        using IChatClient hopeless = Build(failing, failing);
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => hopeless.AskAsync(streaming, shape.Text, new ChatOptions { Instructions = shape.Text }));
        if (exception.GetType().Assembly == typeof(CostTracker).Assembly)
        {
            written.Add("exception", exception.Message);
            written.Add("exception", exception.ToString());
        }

        IChatClient Build(IChatClient primary, IChatClient other) => new ChatClientBuilder(primary)
            .UseFunctionInvocation()
            .UseRedactedLogging(configure: logging => (logging.Content, logging.AddCostToActivity) = (LoggedContent.Redacted, true))
            .UseTokenEstimation()
            .UseBudget(tracker)
            .UseRetry(configure: retry => (retry.BaseDelay, retry.MaxDelay) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)))
            .UseFallback(other)
            .Build(written.Services);
    }

    /// <summary>Everything that the library writes: log records, activities, metrics, events, receipts.</summary>
    private sealed class Written : EventListener, ICallObserver
    {
        private readonly ConcurrentQueue<string> _lines = new();
        private readonly MeterListener _meters = new();
        private readonly ActivityListener _activities;
        private readonly FakeLogCollector _logs = new();

        public Written()
        {
            Services = new ServiceCollection()
                .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(_logs)))
                .AddSingleton<ICallObserver>(this)
                .BuildServiceProvider();
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == MeaiBudgetDiagnostics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<double>((_, _, tags, _) => Add("metric", Join(tags)));
            _meters.SetMeasurementEventCallback<long>((_, _, tags, _) => Add("metric", Join(tags)));
            _meters.Start();
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == MeaiBudgetDiagnostics.ActivitySourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity => Add("activity", activity.DisplayName + string.Join(',', activity.TagObjects) + string.Join(',', activity.Events)),
            };
            ActivitySource.AddActivityListener(_activities);
        }

        public ServiceProvider Services { get; }

        public void Add(string kind, string line) => _lines.Enqueue(kind + ": " + line);

        public void OnAttempt(AttemptReceipt attempt) => Add("attempt", attempt.ToString());

        public void OnCall(CallReceipt receipt) => Add("call", receipt + receipt.Explain());

        public void OnBudget(BudgetEvent budgetEvent) => Add("budget", budgetEvent.ToString());

        public override string ToString()
        {
            var text = new StringBuilder();
            foreach (FakeLogRecord record in _logs.GetSnapshot().Where(record => record.Category?.StartsWith("MeaiBudget", StringComparison.Ordinal) == true))
            {
                text.AppendLine(record.Id.Name).AppendLine(record.Message).AppendLine(record.Exception?.ToString()).AppendJoin('\n', record.StructuredState!.Select(pair => pair.Value));
            }

            return text.AppendJoin('\n', _lines).ToString();
        }

        public override void Dispose()
        {
            base.Dispose();
            _meters.Dispose();
            _activities.Dispose();
            Services.Dispose();
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "MeaiBudget")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => _lines?.Enqueue("event: " + string.Join(',', eventData.Payload ?? new([])));

        private static string Join(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(',', tags.ToArray());
    }
}
