namespace MeaiBudget;

/// <summary>Opens one type of ledger for <c>AddMeaiBudget</c>. Each ledger package has one. Thread-safe.</summary>
public interface ISpendLedgerFactory
{
    /// <summary>Gets the name of the type, as configuration writes it in <c>"Type"</c>.</summary>
    string Type { get; }

    /// <summary>Gets the members of <see cref="LedgerSettings"/> that it uses and that not every type uses.</summary>
    IReadOnlyCollection<string> SpecificSettings { get; }

    /// <summary>Finds mistakes without opening anything.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>For each mistake the member's name, and what is wrong and what to write instead, without any secret.</returns>
    IEnumerable<(string Setting, string Problem)> Check(LedgerSettings settings);

    /// <summary>Opens the ledger. Called once, when a budget is first resolved; may block.</summary>
    /// <param name="settings">The settings, which are validated.</param>
    /// <param name="services">The application's services.</param>
    /// <returns>The ledger; disposed with the service provider.</returns>
    ISpendLedger Open(LedgerSettings settings, IServiceProvider services);
}
