using Microsoft.Extensions.Configuration;

namespace MeaiBudget.Tool;

/// <summary>Checks the settings themselves, and the keys of providers.</summary>
internal static class ConfigurationDiagnosis
{
    public static void Check(AppConfiguration app, DoctorFindings findings)
    {
        ConfigurationProblem[] problems = [.. app.Problems()];
        string[] foreign = [.. app.Options.Providers.Where(entry => IsForeign(app, entry.Value)).Select(entry => $"{AppConfiguration.Section}:Providers:{entry.Key}:Type")];
        foreach (ConfigurationProblem problem in problems)
        {
            if (!foreign.Contains(problem.Path, StringComparer.OrdinalIgnoreCase) && !IsCheckedElsewhere(problem.Path) && !(problem.Path.EndsWith(":Ledger:Type", StringComparison.OrdinalIgnoreCase) && IsForeignLedger(app)))
            {
                findings.Add(FindingState.Fail, "settings", $"{AppConfiguration.OriginOf(app.Root, problem.Path, app.File)}: {problem}");
            }
        }

        if (findings.Failed == 0)
        {
            findings.Ok("settings", $"{app.File}: {Count(app.Options.Providers.Count, "provider")}, {Count(app.Options.Routes.Count, "route")}, {Count(app.Options.Models.Count, "model")}, {Count(app.Options.Budgets.Count, "budget")}.");
        }

        if (app.Options.Models.Count == 0)
        {
            findings.Warn("settings", "There is no model, so the app has no IChatClient from AddMeaiBudget.", "Add Providers, Routes and Models, unless the app builds its clients itself.");
        }

        foreach ((string name, ProviderSettings provider) in app.Options.Providers)
        {
            CheckKey(app, name, provider, findings);
        }
    }

    /// <summary>True for a provider of a type that only the application knows.</summary>
    public static bool IsForeign(AppConfiguration app, ProviderSettings provider) =>
        !string.IsNullOrWhiteSpace(provider.Type) && app.Facts.FactoryOf(provider) is null
        && NearestName.Of(provider.Type, app.Facts.ProviderFactories.Select(factory => factory.Type)) is null;

    /// <summary>True for a ledger of a type that only the application knows.</summary>
    public static bool IsForeignLedger(AppConfiguration app) =>
        app.Options.Ledger.Type is { Length: > 0 } type && app.Facts.LedgerFactory is null && !type.Equals(LedgerSettings.InMemory, StringComparison.OrdinalIgnoreCase)
        && NearestName.Of(type, app.Facts.LedgerFactories.Select(factory => factory.Type).Append(LedgerSettings.InMemory)) is null;

    public static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>Keys and prices of routes have checks of their own.</summary>
    private static bool IsCheckedElsewhere(string path) =>
        path.EndsWith(":ApiKey", StringComparison.OrdinalIgnoreCase)
        || (path.StartsWith($"{AppConfiguration.Section}:Routes:", StringComparison.OrdinalIgnoreCase) && path.EndsWith(":Model", StringComparison.OrdinalIgnoreCase));

    private static void CheckKey(AppConfiguration app, string name, ProviderSettings provider, DoctorFindings findings)
    {
        string check = $"key of {name}";
        if (app.Facts.FactoryOf(provider) is not { } factory)
        {
            if (IsForeign(app, provider))
            {
                findings.Warn($"provider {name}", $"The type '{provider.Type}' is not one of the packages'.", "If the app registers it with AddProvider(...), nothing is wrong; its key, prices and address are not checked here.");
            }

            return;
        }

        string path = ConfigurationPath.Combine(AppConfiguration.Section, "Providers", name, nameof(provider.ApiKey));
        string variable = path.Replace(":", "__", StringComparison.Ordinal);
        string? key = app.Facts.ApiKeyOf(provider);
        if (key is null)
        {
            if (factory.RequiresApiKey)
            {
                findings.Fail(check, "No key is set.", $"Set the environment variable {(factory.ApiKeyName is { } usual ? $"{usual} or " : "")}{variable}.");
            }
            else
            {
                findings.Ok(check, $"Providers of the type {factory.Type} need none, and none is set.");
            }

            return;
        }

        bool isOwn = !string.IsNullOrWhiteSpace(provider.ApiKey);
        string named = isOwn ? path : factory.ApiKeyName!;
        string origin = AppConfiguration.OriginOf(app.Root, named, app.File);
        if (key.Any(letter => letter is <= ' ' or > '~'))
        {
            findings.Fail(check, $"The key in {origin} contains a space, a line break or a character outside ASCII.", "Remove that character; it often comes from copying.");
        }
        else if (origin == app.File)
        {
            findings.Warn(check, $"The key is in the file {app.File}, at {named}.", $"Files of settings are checked in and published. Replace the key by a new one, and set that as {variable} or in user secrets.");
        }
        else
        {
            findings.Ok(check, $"Set by the {origin}.");
        }
    }
}
