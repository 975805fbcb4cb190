using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>docs/incidents.md names existing tests for every incident, and every test that is named after an incident is on the page.</summary>
public sealed partial class IncidentTests
{
    private static readonly string[] Rows = [.. Page.Of("docs/incidents.md").Lines.Where(line => Row().IsMatch(line))];

    [Fact]
    public void EveryIncidentNamesTestsThatExist()
    {
        HashSet<string> existing = TestSources.FindTests();
        var wrong = new List<string>();
        foreach (string row in Rows)
        {
            MatchCollection named = NamedTest().Matches(row);
            wrong.AddRange(named.Count == 0 ? [row] : named.Where(match => !existing.Contains(match.Groups[1].Value)).Select(match => match.Value));
            wrong.AddRange(named.Where(match => !DeclaresClass(match.Groups[2].Value, match.Groups[1].Value.Split('.')[0])).Select(match => match.Value));
        }

        Assert.NotEmpty(Rows);
        Assert.Empty(wrong);
    }

    [Fact]
    public void NoTestIsNamedAfterAnIncidentThatIsLeftOut()
    {
        HashSet<string> listed = [.. Rows.Select(row => Row().Match(row).Groups[1].Value)];
        string[] missing = [.. TestSources.FindTests()
            .SelectMany(test => IncidentOfATest().Matches(test.Split('.')[1]).Select(match => match.Groups[1].Value))
            .Where(incident => !listed.Contains(incident))
            .Distinct()];

        Assert.Empty(missing);
    }

    private static bool DeclaresClass(string link, string type) =>
        Path.Combine(RepositoryFolder.PathOf("docs"), link) is { } path && File.Exists(path)
        && File.ReadAllText(path).Contains($"class {type}", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| ([A-J]\d+b?) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"\[`(\w+\.\w+)`\]\(([^)]+)\)")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"(?<=^|_)([A-J]\d+b?)(?=_)")]
    private static partial Regex IncidentOfATest();
}
