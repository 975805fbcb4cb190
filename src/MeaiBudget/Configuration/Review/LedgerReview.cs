using Microsoft.Extensions.Configuration;

namespace MeaiBudget;

/// <summary>Checks the ledger settings.</summary>
internal static class LedgerReview
{
    private static readonly string[] OurTypes = ["Sqlite", "Redis", "PostgreSql"];

    public static void Check(ConfigurationReview review)
    {
        LedgerSettings ledger = review.Options.Ledger;
        string[] registered = [LedgerSettings.InMemory, .. review.Facts.LedgerFactories.Select(one => one.Type)];
        if (ledger.Type is null && registered.Length > 1)
        {
            // Without a type, spend would be kept in memory and lost at the next restart.
            review.Report("Ledger:Type", $"a ledger package is registered, but no ledger type is set. Write one of {string.Join(", ", registered.Select(one => $"\"{one}\""))}.");
            return;
        }

        ISpendLedgerFactory? factory = review.Facts.LedgerFactory;
        bool isInMemory = ledger.Type is null || ledger.Type.Equals(LedgerSettings.InMemory, StringComparison.OrdinalIgnoreCase);
        if (factory is null && !isInMemory)
        {
            review.Report("Ledger:Type", OurTypes.FirstOrDefault(one => one.Equals(ledger.Type, StringComparison.OrdinalIgnoreCase)) is { } ours
                ? $"the type '{ours}' is not registered. Install the package MeaiBudget.{ours} and add .Add{ours}Ledger() after AddMeaiBudget(...)."
                : $"there is no ledger type '{SecretRedactor.Default.Redact(ledger.Type!)}'.{NearestName.Suggest(ledger.Type!, registered.Union(OurTypes))}");
            return;
        }

        foreach (string setting in ledger.SpecificSettings())
        {
            if (factory?.SpecificSettings.Contains(setting) != true)
            {
                review.Report($"Ledger:{setting}", $"the ledger type {factory?.Type ?? LedgerSettings.InMemory} does not use this setting. Remove it, or change \"Type\".");
            }
        }

        foreach ((string setting, string problem) in factory?.Check(ledger) ?? [])
        {
            review.Report(ConfigurationPath.Combine("Ledger", setting), problem);
        }
    }
}
