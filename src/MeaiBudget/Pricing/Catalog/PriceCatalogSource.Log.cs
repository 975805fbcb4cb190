using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <content>Log messages.</content>
public sealed partial class PriceCatalogSource
{
    [LoggerMessage(2001, LogLevel.Information, "Loaded prices from {Source}: {Count} models, version {Version}.")]
    private static partial void LogReloaded(ILogger logger, string source, int count, string? version);

    [LoggerMessage(2002, LogLevel.Error, "Prices from {Source} were rejected. The previous prices stay in use. {Reason}")]
    private static partial void LogRefused(ILogger logger, string source, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "Prices from {Source} are {Days} days old. Update the MeaiBudget package or load a newer price file.")]
    private static partial void LogStale(ILogger logger, string source, int days);

    [LoggerMessage(2004, LogLevel.Error, "A handler of the Reloaded event threw an exception after prices from {Source} were loaded: {Failure}")]
    private static partial void LogHandlerFailed(ILogger logger, string source, string failure);

    [LoggerMessage(2005, LogLevel.Warning, "The price from {Source} fell to less than half and is not used until its model is confirmed (PriceCatalogSourceOptions.ConfirmedModels): {Change}.")]
    private static partial void LogKept(ILogger logger, string source, string change);

    [LoggerMessage(2006, LogLevel.Information, "The prices in use ({Source}) are of {Date:yyyy-MM-dd}, {Days} days old.")]
    private static partial void LogInUse(ILogger logger, string source, DateOnly date, int days);
}
