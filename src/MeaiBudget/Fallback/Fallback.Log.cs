using Microsoft.Extensions.Logging;

namespace MeaiBudget;

internal static partial class FallbackLog
{
    [LoggerMessage(EventId = 301, EventName = "FallbackNoRoutes", Level = LogLevel.Information,
        Message = "UseFallback has no routes and forwards every request to its inner client. Pass clients or routes to it, or register ChatRoute services.")]
    public static partial void NoRoutes(ILogger logger);

    [LoggerMessage(EventId = 302, EventName = "FallbackAuthentication", Level = LogLevel.Error,
        Message = "Route {Route} rejected its credentials ({ProviderCode}). Other routes answer instead. Correct the route's API key.")]
    public static partial void AuthenticationFailed(ILogger logger, string route, string? providerCode);
}
