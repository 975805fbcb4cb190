namespace MeaiBudget.Tool;

/// <summary>What a bill and a ledger are compared by. Parts that one of them does not know are empty.</summary>
/// <param name="Day">The UTC day, or the first day of the month.</param>
/// <param name="Provider">The provider, by this library's name.</param>
/// <param name="Model">The model; empty for a line without one.</param>
/// <param name="Item">What a line without a model is for.</param>
/// <param name="Tier">The service tier; empty for the standard one.</param>
/// <param name="Project">The project or workspace.</param>
/// <param name="Key">The API key.</param>
internal readonly record struct ReconciledKey(DateOnly Day, string Provider, string Model, string Item, string Tier, string Project, string Key)
{
    /// <summary>Returns the key as one text, for example as the id of a bill's line in a correction.</summary>
    public override string ToString() => FormattableString.Invariant($"{Day:yyyy-MM-dd} {Provider} {(Model.Length > 0 ? Model : Item)}{Part(Tier)}{Part(Project)}{Part(Key)}");

    private static string Part(string value) => value.Length == 0 ? "" : " " + value;
}
