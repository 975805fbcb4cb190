using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Warns of API keys in the application's settings files, which are checked in and published.</summary>
internal static partial class KeyPlaces
{
    /// <summary>How the platform's sources of application settings describe themselves: <c>JsonConfigurationProvider for 'appsettings.json' (Required)</c>.</summary>
    private const string ApplicationSettings = "'appsettings";

    public static void Warn(IConfiguration? application, string section, MeaiBudgetOptions options, ILogger logger)
    {
        if (application is not IConfigurationRoot root)
        {
            return;
        }

        foreach ((string name, ProviderSettings provider) in options.Providers)
        {
            string path = ConfigurationPath.Combine(section, nameof(options.Providers), name, nameof(provider.ApiKey));
            IConfigurationProvider? source = root.Providers.LastOrDefault(one => one.TryGet(path, out string? key) && !string.IsNullOrEmpty(key));
            if (source?.ToString() is { } description && description.Contains(ApplicationSettings, StringComparison.OrdinalIgnoreCase))
            {
                LogKeyInFile(logger, path, path.Replace(":", "__", StringComparison.Ordinal));
            }
        }
    }

    [LoggerMessage(EventId = 604, EventName = "KeyInFile", Level = LogLevel.Warning,
        Message = "The API key at '{Path}' is stored in the application's settings file. Remove it there, replace it by a new key, and set that as the environment variable {Variable} or in user secrets.")]
    private static partial void LogKeyInFile(ILogger logger, string path, string variable);
}
