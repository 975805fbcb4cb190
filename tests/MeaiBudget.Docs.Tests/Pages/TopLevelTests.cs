namespace MeaiBudget.Tests;

/// <summary>The repository's top level holds what a .NET repository holds there, and no file that a command left behind.</summary>
public sealed class TopLevelTests
{
    private static readonly string[] Allowed =
    [
        ".ci", ".config", ".editorconfig", ".gitattributes", ".github", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "Directory.Build.props", "Directory.Build.targets",
        "Directory.Packages.props", "LICENSE", "MeaiBudget.sln", "NuGet.config", "README.md", "SECURITY.md", "benchmarks", "docs", "global.json", "samples", "src", "tests",
    ];

    /// <summary>What git, builds and editors put there; .gitignore names it, or git never lists it.</summary>
    private static readonly string[] NotCommitted = [".git", ".idea", ".vs", "BenchmarkDotNet.Artifacts", "Directory.Build.rsp", "TestResults", "artifacts"];

    [Fact]
    public void TheTopLevelHoldsWhatADotNetRepositoryHolds()
    {
        string[] unexpected = [.. Directory.EnumerateFileSystemEntries(RepositoryFolder.PathOf()).Select(path => Path.GetFileName(path)).Except([.. Allowed, .. NotCommitted], StringComparer.Ordinal)];
        Assert.Empty(unexpected);
    }
}
