using Microsoft.Extensions.Logging;

namespace MeaiBudget.AotSmoke;

/// <summary>Keeps every record as text, with nothing but the logging abstractions.</summary>
internal sealed class RecordingLoggerFactory : ILoggerFactory, ILogger
{
    public List<(int Id, string Text)> Records { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Records.Add((eventId.Id, formatter(state, exception)));

    public void Dispose()
    {
    }
}
