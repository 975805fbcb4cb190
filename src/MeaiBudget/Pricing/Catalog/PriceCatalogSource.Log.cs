using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <content>Log messages.</content>
public sealed partial class PriceCatalogSource
{
    [LoggerMessage(2001, LogLevel.Information, "Prices from {Source} are in force: {Count} models, version {Version}.")]
    private static partial void LogReloaded(ILogger logger, string source, int count, string? version);

    [LoggerMessage(2002, LogLevel.Error, "Prices from {Source} were refused and the last good ones stay in force: {Reason}")]
    private static partial void LogRefused(ILogger logger, string source, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "Prices from {Source} are {Days} days old. Update the package or load a newer file.")]
    private static partial void LogStale(ILogger logger, string source, int days);

    [LoggerMessage(2004, LogLevel.Error, "A handler of Reloaded failed for prices from {Source}: {Failure}")]
    private static partial void LogHandlerFailed(ILogger logger, string source, string failure);
}
