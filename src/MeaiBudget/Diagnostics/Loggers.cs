using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Creates loggers from the application's logger factory, or a null logger if there is no factory.</summary>
internal static class Loggers
{
    public static ILogger For<T>(IServiceProvider? services) =>
        (services?.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(typeof(T).FullName!) ?? NullLogger.Instance;
}
