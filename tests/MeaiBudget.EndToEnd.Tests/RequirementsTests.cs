using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>docs/requirements.md names tests that exist, for every requirement.</summary>
public sealed partial class RequirementsTests
{
    private const int RequirementCount = 22;

    [Fact]
    public void EveryRequirementNamesTestsThatExist()
    {
        string root = FindRoot();
        HashSet<string> existing = TestsIn(Path.Combine(root, "tests"));
        Assert.Contains($"{nameof(RequirementsTests)}.{nameof(EveryRequirementNamesTestsThatExist)}", existing);
        string[] rows = [.. File.ReadLines(Path.Combine(root, "docs", "requirements.md")).Where(line => NumberedRow().IsMatch(line))];

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

    /// <summary>Every test method as <c>Class.Method</c>, read from the sources, so that no test project needs the others.</summary>
    private static HashSet<string> TestsIn(string folder)
    {
        var tests = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            string[] parts = Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar);
            if (parts.Contains("obj") || parts.Contains("bin"))
            {
                continue;
            }

            string? owner = null;
            bool isTest = false;
            foreach (string line in File.ReadLines(file))
            {
                if (ClassDeclaration().Match(line) is { Success: true } declared)
                {
                    owner = declared.Groups[1].Value;
                }
                else if (TestAttribute().IsMatch(line))
                {
                    isTest = true;
                }

                if (isTest && MethodDeclaration().Match(line) is { Success: true } method)
                {
                    tests.Add($"{owner}.{method.Groups[1].Value}");
                    isTest = false;
                }
            }
        }

        return tests;
    }

    internal static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MeaiBudget.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("MeaiBudget.sln is in no folder above the test's own.");
    }

    [GeneratedRegex(@"^\| (\d+) \|")]
    private static partial Regex NumberedRow();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"^(?:public |internal )?(?:abstract |sealed |static )*(?:partial )?class (\w+)")]
    private static partial Regex ClassDeclaration();

    [GeneratedRegex(@"^\s*\[(?:Fact|Theory)\b")]
    private static partial Regex TestAttribute();

    [GeneratedRegex(@"^\s+public (?:async )?(?:Task|void|ValueTask) (\w+)\(")]
    private static partial Regex MethodDeclaration();
}
