using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>The tests of the project, read from the sources, so that no test project needs the others.</summary>
internal static partial class TestSources
{
    /// <summary>Every test method as <c>Class.Method</c>.</summary>
    public static HashSet<string> FindTests()
    {
        string folder = RepositoryFolder.PathOf("tests");
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

    [GeneratedRegex(@"^(?:public |internal )?(?:abstract |sealed |static )*(?:partial )?class (\w+)")]
    private static partial Regex ClassDeclaration();

    [GeneratedRegex(@"^\s*\[(?:Fact|Theory)\b")]
    private static partial Regex TestAttribute();

    [GeneratedRegex(@"^\s+public (?:async )?(?:Task|void|ValueTask) (\w+)\(")]
    private static partial Regex MethodDeclaration();
}
