using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Finds a logger where the application has logging, and a silent one where it has none.</summary>
internal static class Loggers
{
    public static ILogger For<T>(IServiceProvider? services) =>
        (services?.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(typeof(T).FullName!) ?? NullLogger.Instance;
}
