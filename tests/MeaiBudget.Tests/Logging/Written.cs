using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Everything that the library writes: log records, activities, metrics, events, receipts.</summary>
internal sealed class Written : EventListener, ICallObserver
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

    public ILoggerFactory Loggers => Services.GetRequiredService<ILoggerFactory>();

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
