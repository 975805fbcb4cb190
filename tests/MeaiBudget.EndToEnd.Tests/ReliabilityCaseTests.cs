using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>
/// What went wrong in the field in systems that do this job, each case with an id: a test's name begins with the ids that it covers.
/// </summary>
public sealed partial class ReliabilityCaseTests
{
    /// <summary>The groups of cases, and how many each has.</summary>
    private static readonly (char Group, int Count, string About)[] Groups =
    [
        ('A', 14, "admission races and bypasses"),
        ('B', 8, "leaks and false refusals"),
        ('C', 11, "windows and time"),
        ('D', 24, "pricing"),
        ('E', 12, "streaming"),
        ('F', 14, "retries"),
        ('G', 12, "fallback"),
        ('H', 2, "local models"),
        ('I', 7, "logging"),
        ('J', 2, "token counting"),
    ];

    private static IEnumerable<string> Cases => Groups.SelectMany(group => Enumerable.Range(1, group.Count).Select(number => $"{group.Group}{number}"));

    /// <summary>A dump for debugging before the call, and keys of AWS: places and shapes among those of the canary tests.</summary>
    private static readonly string[] PartsOfI1 = ["I2", "I3"];

    private static HashSet<string> Named => [.. TestSources.FindTests().SelectMany(test => IdsOf(test.Split('.')[^1]))];

    [Fact]
    public void EveryCaseHasATestOrStandsInTheLimitsWithItsReason()
    {
        HashSet<string> tested = Named;
        HashSet<string> excused = [.. LimitOfCase().Matches(File.ReadAllText(RepositoryFolder.PathOf("docs", "limits.md"))).Select(match => match.Groups[1].Value)];

        Assert.Contains("I1", tested);
        string[] without = [.. Cases.Except(PartsOfI1).Except(tested).Except(excused)];
        Assert.Empty(without);
    }

    [Fact]
    public void NoTestNamesACaseThatThereIsNot()
    {
        string[] unknown = [.. Named.Except(Cases)];

        Assert.Empty(unknown);
    }

    /// <summary>The ids that a test's name begins with: <c>I1_I5_NoSecret...</c> covers two; <c>D12b</c> is a part of D12.</summary>
    private static IEnumerable<string> IdsOf(string test) => test.Split('_').Select(part => Id().Match(part)).TakeWhile(match => match.Success).Select(match => match.Groups[1].Value);

    [GeneratedRegex("^([A-J][0-9]+)[a-z]?$")]
    private static partial Regex Id();

    [GeneratedRegex(@"\(case ([A-J][0-9]+)\)")]
    private static partial Regex LimitOfCase();
}
