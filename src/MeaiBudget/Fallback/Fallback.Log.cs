using Microsoft.Extensions.Logging;

namespace MeaiBudget;

internal static partial class FallbackLog
{
    [LoggerMessage(EventId = 301, EventName = "FallbackNoRoutes", Level = LogLevel.Information,
        Message = "UseFallback has no routes and passes everything through; give it clients or routes, or register ChatRoute services.")]
    public static partial void NoRoutes(ILogger logger);

    [LoggerMessage(EventId = 302, EventName = "FallbackAuthentication", Level = LogLevel.Error,
        Message = "Route {Route} rejects its credentials ({ProviderCode}); other routes answer in its place until they are put right.")]
    public static partial void AuthenticationFailed(ILogger logger, string route, string? providerCode);
}
