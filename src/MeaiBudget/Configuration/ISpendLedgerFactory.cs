namespace MeaiBudget;

/// <summary>Opens one type of ledger for <c>AddMeaiBudget</c>. The ledger packages bring one each; thread-safe.</summary>
public interface ISpendLedgerFactory
{
    /// <summary>Gets the name of the type, as <c>"Type"</c> in configuration says it.</summary>
    string Type { get; }

    /// <summary>Gets the members of <see cref="LedgerSettings"/> that it takes and not every type does.</summary>
    IReadOnlyCollection<string> SpecificSettings { get; }

    /// <summary>Finds mistakes without opening anything.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>For each mistake the member's name, and what is wrong and what to write instead, without any secret.</returns>
    IEnumerable<ConfigurationProblem> Check(LedgerSettings settings);

    /// <summary>Opens the ledger. Called once, when the first budget is asked for; may block.</summary>
    /// <param name="settings">The settings, checked already.</param>
    /// <param name="services">The application's services.</param>
    /// <returns>The ledger; disposed with the service provider.</returns>
    ISpendLedger Open(LedgerSettings settings, IServiceProvider services);
}
