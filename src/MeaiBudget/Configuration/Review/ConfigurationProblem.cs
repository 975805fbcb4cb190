namespace MeaiBudget;

/// <summary>One mistake in the configuration. Holds no secret.</summary>
/// <param name="Path">Where it is, for example <c>MeaiBudget:Budgets:day:Limit</c>.</param>
/// <param name="Message">What is wrong, and what to write instead.</param>
internal readonly record struct ConfigurationProblem(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Message}";
}
