namespace MeaiBudget.Tests;

/// <summary>Tests that take a quarter of a minute of processor time or more, and of which shorter tests cover the main cases.</summary>
internal static class LongTest
{
    private const string Variable = "MEAIBUDGET_LONG";

    /// <summary>True in a long run, as <c>.ci/run</c> makes it.</summary>
    public static bool IsWanted { get; } = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Skips the rest of a test in a short run.</summary>
    public static void SkipUnlessWanted() => Assert.SkipUnless(IsWanted, $"Takes long. Set {Variable}=1 to run it; .ci/run does.");
}
