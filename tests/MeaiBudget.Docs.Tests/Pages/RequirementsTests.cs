using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>docs/requirements.md names tests that exist, for every requirement.</summary>
public sealed partial class RequirementsTests
{
    private const int RequirementCount = 22;

    [Fact]
    public void EveryRequirementNamesTestsThatExist()
    {
        HashSet<string> existing = TestSources.FindTests();
        Assert.Contains($"{nameof(RequirementsTests)}.{nameof(EveryRequirementNamesTestsThatExist)}", existing);
        string[] rows = [.. Page.Of("docs/requirements.md").Lines.Where(line => NumberedRow().IsMatch(line))];

        Assert.Equal(Enumerable.Range(1, RequirementCount), rows.Select(row => int.Parse(NumberedRow().Match(row).Groups[1].ValueSpan, provider: null)));
        var missing = new List<string>();
        foreach (string row in rows)
        {
            string[] named = [.. NamedTest().Matches(row).Select(match => match.Groups[1].Value)];
            if (named.Length == 0)
            {
                missing.Add("no test in: " + row);
            }

            missing.AddRange(named.Where(test => !existing.Contains(test)));
        }

        Assert.Empty(missing);
    }

    [GeneratedRegex(@"^\| (\d+) \|")]
    private static partial Regex NumberedRow();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex NamedTest();
}
